"""Functions: chat's own kind of tools."""

from __future__ import annotations

from typing import Any

from .kind import ToolKind, content

JSON = dict[str, Any]


def _offer(tool: JSON) -> JSON:
    function: JSON = {key: tool[key] for key in ("description", "parameters", "strict") if key in tool}
    parameters = function.get("parameters")
    if parameters is not None and "type" not in parameters:
        # several upstreams reject a schema that does not say it is an object
        function["parameters"] = {"type": "object", **parameters}
    return function


def _arguments(call: JSON) -> str:
    return call["arguments"] or "{}"


FUNCTION = ToolKind(
    type="function",
    call="function_call",
    output="function_call_output",
    prefix="fc",
    offer=_offer,
    arguments=_arguments,
    streams=True,
    result=content,
)

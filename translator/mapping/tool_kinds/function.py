"""Functions: chat's own kind of tools."""

from __future__ import annotations

from typing import Any

from .kind import ToolKind, content, object_schema

JSON = dict[str, Any]


def _offer(tool: JSON) -> JSON:
    function: JSON = {key: tool[key] for key in ("description", "parameters", "strict") if key in tool}
    if "parameters" in function:
        function["parameters"] = object_schema(function["parameters"])
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

"""The search for more tools, where the client runs it."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from ..namespaces import members
from ..tool_names import ToolNames
from .kind import ToolKind, object_schema

JSON = dict[str, Any]

_CALLABLE = ("function", "custom")
_DESCRIPTION = "Searches for tools that are not listed yet. The tools it finds can be called from then on."
_PARAMETERS: JSON = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What the tool should be able to do."}},
    "required": ["query"],
    "additionalProperties": False,
}


def _offer(tool: JSON) -> JSON:
    return {
        "description": tool.get("description", _DESCRIPTION),
        "parameters": object_schema(tool.get("parameters", _PARAMETERS)),
    }


def _arguments(call: JSON) -> str:
    arguments = call["arguments"]
    return arguments if isinstance(arguments, str) else to_json(arguments).decode()


def _fields(arguments: JSON) -> JSON:
    return {"execution": "client", "arguments": arguments}


def _result(output: JSON, names: ToolNames) -> str:
    tools = [tool for _, tool, _ in members(output["tools"], "tools") if tool.kind in _CALLABLE]
    if not tools:
        return "No tools were found."
    return "These tools were found and can be called now: " + ", ".join(map(names.upstream, tools))


TOOL_SEARCH = ToolKind(
    type="tool_search",
    call="tool_search_call",
    output="tool_search_output",
    prefix="tsc",
    offer=_offer,
    arguments=_arguments,
    fields=_fields,
    result=_result,
)

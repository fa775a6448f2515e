"""Freeform tools: their input is text, often in a grammar, where a function's arguments are JSON."""

from __future__ import annotations

from typing import Any

from ..freeform import PARAMETER, wrap
from .kind import ToolKind, content

JSON = dict[str, Any]

_LANGUAGES = {"lark": "this Lark grammar", "regex": "this regular expression"}


def has_grammar(tool: JSON) -> bool:
    """Whether the input is to follow a grammar."""
    return bool(tool.get("format", {}).get("type") == "grammar")


def _offer(tool: JSON) -> JSON:
    words = [tool["description"]] if tool.get("description") else []
    about = "The input of the tool, as plain text."
    if has_grammar(tool):
        format = tool["format"]
        language = _LANGUAGES.get(format.get("syntax", ""), "this grammar")
        words.append(f"The whole input must match {language}, with nothing around it:")
        words.append(format.get("definition", ""))
        about = "The input of the tool: text that matches the grammar in the tool's description."
    function: JSON = {"description": "\n\n".join(words)} if words else {}
    function["parameters"] = {
        "type": "object",
        "properties": {PARAMETER: {"type": "string", "description": about}},
        "required": [PARAMETER],
        "additionalProperties": False,
    }
    return function


def _arguments(call: JSON) -> str:
    return wrap(call["input"])


CUSTOM = ToolKind(
    type="custom",
    call="custom_tool_call",
    output="custom_tool_call_output",
    prefix="ctc",
    offer=_offer,
    arguments=_arguments,
    streams=True,
    result=content,
)

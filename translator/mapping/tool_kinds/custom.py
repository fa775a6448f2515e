"""Freeform tools: their input is text, often in a grammar, where a function's arguments are JSON."""

from __future__ import annotations

from typing import Any

from ..freeform import PARAMETER, wrap
from .kind import ToolKind, content

JSON = dict[str, Any]

_LANGUAGES = {"lark": "this Lark grammar", "regex": "this regular expression"}


def has_grammar(tool: JSON) -> bool:
    """Whether the input is to follow a grammar."""
    return "format" in tool and bool(tool["format"].get("type") == "grammar")


def _offer(tool: JSON) -> JSON:
    # descriptions of freeform tools often forbid JSON, which a function's arguments are
    words = [f"Give the whole input as the one argument `{PARAMETER}`, a string."]
    if tool.get("description"):
        words.insert(0, tool["description"])
    if has_grammar(tool):
        format = tool["format"]
        language = _LANGUAGES.get(format.get("syntax", ""), "this grammar")
        words.append(f"The input must match {language}, with nothing around it:")
        words.append(format.get("definition", ""))
    return {
        "description": "\n\n".join(words),
        "parameters": {
            "type": "object",
            "properties": {PARAMETER: {"type": "string", "description": "The whole input of the tool."}},
            "required": [PARAMETER],
            "additionalProperties": False,
        },
    }


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

"""Structured output: `text.format` and `response_format`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from ..dialects import Dialect
from .losses import Losses
from .schemas import fit_schema

JSON = dict[str, Any]

_ANY_OBJECT: JSON = {"type": "object"}


@dataclass(frozen=True, slots=True)
class FormatPlan:
    """How an upstream is asked for structured output."""

    response_format: JSON | None = None
    """The chat parameter."""

    instruction: str | None = None
    """What is said in words, where the parameter cannot say it."""

    answer_tool: JSON | None = None
    """The function whose arguments are the answer, where that is how it is asked for."""

    @property
    def answer_name(self) -> str | None:
        """The name of that function."""
        return None if self.answer_tool is None else str(self.answer_tool["function"]["name"])


_FREE_TEXT = FormatPlan()


def map_text_format(
    format: JSON | None, dialect: Dialect, *, tools: Collection[str], must_call: bool, losses: Losses
) -> FormatPlan:
    """`text.format` → what to send; the upstream's dialect says by which means.

    `tools` are the names of the functions that are sent along; `must_call` says that the reply is to be a call of
    theirs, so that there is no text to be of any form.
    """
    if format is None or format["type"] == "text":
        return _FREE_TEXT
    in_words_only = bool(tools) and not dialect.structured_with_tools
    if format["type"] == "json_object":
        return _map_json_object(dialect, in_words_only, losses)
    if dialect.json_schema == "forced_tool" and must_call:
        return FormatPlan()
    return _map_json_schema(format, dialect, in_words_only, tools, losses)


def _map_json_object(dialect: Dialect, in_words_only: bool, losses: Losses) -> FormatPlan:
    instruction = "Answer with a single JSON object and nothing else."
    if in_words_only or dialect.json_object == "prompt":
        losses.report("text.format", "the upstream is asked for JSON in words only")
        return FormatPlan(instruction=instruction)
    if dialect.json_object == "as_schema":
        return FormatPlan({"type": "json_schema", "json_schema": {"name": "response", "schema": _ANY_OBJECT}})
    return FormatPlan({"type": "json_object"})


def _map_json_schema(
    format: JSON, dialect: Dialect, in_words_only: bool, tools: Collection[str], losses: Losses
) -> FormatPlan:
    schema = format["schema"]
    means = dialect.json_schema
    if means == "forced_tool" and schema.get("type") == "object":  # only objects can be arguments
        return FormatPlan(answer_tool=_answer_tool(format, dialect, tools, losses))
    if in_words_only or means in ("prompt", "forced_tool"):
        losses.report("text.format", "the upstream is asked for the schema in words only")
        return FormatPlan(instruction=_in_words(schema))
    if means == "json_object":
        losses.report("text.format", "the upstream guarantees JSON, but is asked for the schema in words only")
        return FormatPlan({"type": "json_object"}, _in_words(schema))
    if means == "object_schema":
        return FormatPlan({"type": "json_object", "schema": _fitted(schema, dialect, losses)})
    nested: JSON = {"name": format.get("name", "response")}  # Together and Mistral require a name
    for key in ("description", "schema", "strict"):
        if key in format:
            nested[key] = format[key]
    nested["schema"] = _fitted(schema, dialect, losses)
    if means == "value":
        return FormatPlan({"type": "json_schema", "value": nested})
    return FormatPlan({"type": "json_schema", "json_schema": nested})


def _answer_tool(format: JSON, dialect: Dialect, tools: Collection[str], losses: Losses) -> JSON:
    name = str(format.get("name", "response"))
    while name in tools:
        name += "_"
    function: JSON = {
        "name": name,
        "description": format.get("description", "Gives the answer. Call it once, when the answer is known."),
        "parameters": _fitted(format["schema"], dialect, losses),
    }
    if "strict" in format and dialect.strict_tools == "send":
        function["strict"] = format["strict"]
    return {"type": "function", "function": function}


def _fitted(schema: JSON, dialect: Dialect, losses: Losses) -> JSON:
    fitted, dropped = fit_schema(schema, dialect.schema_flavor)
    if dropped:
        losses.report("text.format.schema", f"the upstream is not told of {', '.join(dropped)}")
    return fitted


def _in_words(schema: JSON) -> str:
    return (
        "Answer with a single JSON value and nothing else. It must conform to this JSON Schema:\n"
        + to_json(schema).decode()
    )


def format_from_chat(response_format: JSON) -> JSON:
    """`response_format` → `text.format`: what chat nests is flat there, and the schema is required."""
    if response_format["type"] != "json_schema":
        return response_format
    nested = response_format["json_schema"]
    return {"type": "json_schema", "name": "response", **nested, "schema": nested.get("schema", _ANY_OBJECT)}

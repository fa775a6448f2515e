"""Structured output: `text.format` and `response_format`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from ..dialects import Dialect
from .losses import Losses

JSON = dict[str, Any]

_ANY_OBJECT: JSON = {"type": "object"}


@dataclass(frozen=True, slots=True)
class FormatPlan:
    """How an upstream is asked for structured output."""

    response_format: JSON | None = None
    """The chat parameter."""

    instruction: str | None = None
    """What is said in words, where the parameter cannot say it."""


def map_text_format(format: JSON | None, dialect: Dialect, *, with_tools: bool, losses: Losses) -> FormatPlan:
    """`text.format` → what to send; the upstream's dialect says by which means."""
    if format is None or format["type"] == "text":
        return FormatPlan()
    in_words_only = with_tools and not dialect.structured_with_tools
    if format["type"] == "json_object":
        return _map_json_object(dialect, in_words_only, losses)
    return _map_json_schema(format, dialect, in_words_only, losses)


def _map_json_object(dialect: Dialect, in_words_only: bool, losses: Losses) -> FormatPlan:
    instruction = "Answer with a single JSON object and nothing else."
    if in_words_only or dialect.json_object == "prompt":
        losses.report("text.format", "the upstream is asked for JSON in words only")
        return FormatPlan(instruction=instruction)
    if dialect.json_object == "as_schema":
        return FormatPlan({"type": "json_schema", "json_schema": {"name": "response", "schema": _ANY_OBJECT}})
    return FormatPlan({"type": "json_object"})


def _map_json_schema(format: JSON, dialect: Dialect, in_words_only: bool, losses: Losses) -> FormatPlan:
    schema = format["schema"]
    if in_words_only or dialect.json_schema in ("prompt", "forced_tool"):
        losses.report("text.format", "the upstream is asked for the schema in words only")
        return FormatPlan(instruction=_in_words(schema))
    if dialect.json_schema == "json_object":
        losses.report("text.format", "the upstream guarantees JSON, but is asked for the schema in words only")
        return FormatPlan({"type": "json_object"}, _in_words(schema))
    nested: JSON = {"name": format.get("name", "response")}  # Together and Mistral require a name
    for key in ("description", "schema", "strict"):
        if key in format:
            nested[key] = format[key]
    if dialect.json_schema == "value":
        return FormatPlan({"type": "json_schema", "value": nested})
    return FormatPlan({"type": "json_schema", "json_schema": nested})


def _in_words(schema: JSON) -> str:
    return (
        "Answer with a single JSON value and nothing else. It must conform to this JSON Schema:\n"
        + to_json(schema).decode()
    )

"""What an upstream is asked to find out what it takes, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from ..dialects import Dialect
from ..dialects.presets import read_switches
from ..mapping.conformance import fault_of
from ..mapping.losses import Losses
from ..mapping.reasoning import map_effort
from ..mapping.text_format import map_text_format
from .answer import Answer

JSON = dict[str, Any]
Finding = tuple[str, JSON]
"""In words, and the switches that follow."""

ENOUGH_TOKENS = 200
FEW_TOKENS = 3

_WEATHER: JSON = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"rainy": {"type": "boolean"}}, "required": ["rainy"]},
}
_TIME: JSON = {**_WEATHER, "name": "get_time", "description": "The time in a city."}
_SCHEMA: JSON = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
_DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
    "Jggg=="
)


@dataclass(frozen=True)
class Question:
    """One request, and how its answer is read."""

    name: str
    body: Callable[[str, Dialect], JSON | None]
    """Model and dialect → the chat request; None: there is no need to ask."""

    read: Callable[[Answer, Dialect], Finding]
    refusal_is_the_answer: bool = False
    """Nothing is to be learned from a refusal beyond what `read` makes of it."""

    essential: bool = False
    """Where this is refused, nothing else need be asked."""


def _request(text: str, tokens: int = ENOUGH_TOKENS, **more: Any) -> Callable[[str, Dialect], JSON]:
    def body(model: str, dialect: Dialect) -> JSON:
        messages = [{"role": "user", "content": text}]
        return {"model": model, "messages": messages, dialect.max_tokens_field: tokens, **more}

    return body


def _said(answer: Answer) -> str:
    return "refused" if answer.error is not None else "taken"


def _read_limit(answer: Answer, dialect: Dialect) -> Finding:
    if answer.finish == "length":
        return f"{dialect.max_tokens_field}, kept to", {}
    return f"{dialect.max_tokens_field}, taken (whether it is kept to could not be seen)", {}


def _read_developer(answer: Answer, dialect: Dialect) -> Finding:
    return _said(answer), {}


def _read_stream(answer: Answer, dialect: Dialect) -> Finding:
    if answer.error is not None:
        return "refused", {}
    if answer.has_usage:
        return "yes, with usage", {}
    return "yes, without usage", {"stream_usage": "none"}


def _ask_stream(model: str, dialect: Dialect) -> JSON:
    options = {"stream_options": {"include_usage": True}} if dialect.stream_usage == "request" else {}
    return _request("Say hello.", 16, stream=True, **options)(model, dialect)


def _offer(
    choice: Any = None, *others: JSON, text: str = "Call get_weather for Paris."
) -> Callable[[str, Dialect], JSON | None]:
    def body(model: str, dialect: Dialect) -> JSON | None:
        if dialect.tools == "none":
            return None
        tools = [{"type": "function", "function": function} for function in (_WEATHER, *others)]
        chosen: JSON = {} if choice is None else {"tool_choice": choice}
        if choice is not None and dialect.forced_choice_vs_thinking == "disable_thinking":
            chosen.update(map_effort("none", dialect, Losses()))
        return _request(text, tools=tools, **chosen)(model, dialect)

    return body


def _read_tools(answer: Answer, dialect: Dialect) -> Finding:
    if answer.error is not None:
        return "refused", {"tools": "none"}
    return ("yes, and called" if answer.calls else "taken (the model called none)"), {}


def _read_choice(kind: str) -> Callable[[Answer, Dialect], Finding]:
    def read(answer: Answer, dialect: Dialect) -> Finding:
        if answer.error is None and "get_weather" in answer.calls:
            return "honoured", {}
        left = sorted(dialect.tool_choice - {kind})
        return ("refused" if answer.error is not None else "ignored"), {"tool_choice": left}

    return read


def _read_parallel(answer: Answer, dialect: Dialect) -> Finding:
    return (f"{len(answer.calls)} calls in one answer" if answer.error is None else "refused"), {}


def _read_json_object(answer: Answer, dialect: Dialect) -> Finding:
    if answer.error is not None and dialect.json_object == "as_schema":
        return "refused, asked for as a schema", {}
    if answer.error is not None:
        return "refused", {"json_object": "prompt"}
    if answer.finish == "length":
        return "taken (the answer was cut off)", {}
    if fault_of(answer.text, {"type": "json_object"}) is None:
        return "honoured", {}
    return "ignored", {"json_object": "prompt"}


def _asked_means(dialect: Dialect) -> str:
    """The means by which a schema is asked for here, where it can be told at all; else OpenAI's."""
    return dialect.json_schema if dialect.json_schema in ("value", "object_schema") else "native"


def _ask_schema(means: str, model: str, dialect: Dialect) -> JSON:
    format = {"type": "json_schema", "name": "answer", "schema": _SCHEMA, "strict": True}
    telling = replace(dialect, **read_switches({"json_schema": means, "structured_with_tools": True}))
    plan = map_text_format(format, telling, tools=(), must_call=False, losses=Losses())
    return _request("Is all well? Answer in JSON.", response_format=plan.response_format)(model, dialect)


def _conforms(answer: Answer) -> bool:
    return answer.error is None and fault_of(answer.text, {"type": "json_schema", "schema": _SCHEMA}) is None


def _read_json_schema(answer: Answer, dialect: Dialect) -> Finding:
    means = _asked_means(dialect)
    if _conforms(answer):
        return "honoured" + (f", asked for as {means}" if means != "native" else ""), {"json_schema": means}
    below = "json_object" if dialect.json_object == "native" else "prompt"
    switches = {"json_schema": below} if dialect.json_schema == means else {}
    return ("refused" if answer.error is not None else "ignored"), switches


def _read_object_schema(answer: Answer, dialect: Dialect) -> Finding:
    if _conforms(answer):
        return "honoured", {"json_schema": "object_schema"}
    return ("refused" if answer.error is not None else "ignored"), {}


def _ask_vision(model: str, dialect: Dialect) -> JSON:
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": _DOT}}]
    return {**_request("", 16)(model, dialect), "messages": [{"role": "user", "content": content}]}


def _read_vision(answer: Answer, dialect: Dialect) -> Finding:
    return ("refused", {"image": []}) if answer.error is not None else ("taken", {})


def _read_reasoning(answer: Answer, dialect: Dialect) -> Finding:
    if answer.error is not None:
        return "refused", {"reasoning_control": "none"}
    fields = ("reasoning_content", "reasoning", "reasoning_details")
    found = [name for name in fields if any(message.get(name) for message in answer.messages)]
    if not found and answer.text.lstrip().startswith("<think>"):
        found = ["<think> in the text"]
    return (f"in {', '.join(found)}" if found else "none came"), {}


def _ask_error(model: str, dialect: Dialect) -> JSON:
    return {"model": model, "messages": []}


def _read_error(answer: Answer, dialect: Dialect) -> Finding:
    if answer.refusal is None:
        return "no messages are no error", {}
    status, body = answer.refusal
    try:
        value = from_json(body)
    except ValueError:
        return f"{status}, no JSON", {}
    value = value[0] if isinstance(value, list) and value else value
    error = value.get("error") if isinstance(value, dict) else None
    shape = "nested" if isinstance(error, dict) else "a string" if isinstance(error, str) else "flat"
    return f"{status}, {shape}", {}


def _system(role: str) -> Callable[[str, Dialect], JSON]:
    def body(model: str, dialect: Dialect) -> JSON:
        messages = [{"role": role, "content": "Be brief."}, {"role": "user", "content": "Say hello."}]
        return {**_request("", 16)(model, dialect), "messages": messages}

    return body


def _ask_json_schema(model: str, dialect: Dialect) -> JSON:
    return _ask_schema(_asked_means(dialect), model, dialect)


def _ask_object_schema(model: str, dialect: Dialect) -> JSON | None:
    if dialect.json_schema in ("native", "value", "object_schema"):
        return None
    return _ask_schema("object_schema", model, dialect)


def _ask_reasoning(model: str, dialect: Dialect) -> JSON | None:
    if dialect.reasoning_control == "none":
        return _request("What is 17 times 23?")(model, dialect)
    stream = {"stream": True} if dialect.force_stream != "never" else {}
    return _request("What is 17 times 23?", **map_effort("low", dialect, Losses()), **stream)(model, dialect)


QUESTIONS: tuple[Question, ...] = (
    Question("token limit", _request("Count from 1 to 50.", FEW_TOKENS), _read_limit, essential=True),
    Question("streaming", _ask_stream, _read_stream),
    Question("developer role", _system("developer"), _read_developer, refusal_is_the_answer=True),
    Question("tools", _offer(), _read_tools),
    Question(
        "parallel calls", _offer(None, _TIME, text="Call get_weather and get_time, both at once."), _read_parallel
    ),
    Question(
        "tool_choice required",
        _offer("required", text="Say hello."),
        _read_choice("required"),
        refusal_is_the_answer=True,
    ),
    Question(
        "tool_choice by name",
        _offer({"type": "function", "function": {"name": "get_weather"}}, text="Say hello."),
        _read_choice("named"),
        refusal_is_the_answer=True,
    ),
    Question(
        "json_object",
        _request("Answer with any JSON object.", response_format={"type": "json_object"}),
        _read_json_object,
    ),
    Question("json_schema", _ask_json_schema, _read_json_schema),
    Question("json_object with schema", _ask_object_schema, _read_object_schema, refusal_is_the_answer=True),
    Question("images", _ask_vision, _read_vision),
    Question("reasoning", _ask_reasoning, _read_reasoning),
    Question("errors", _ask_error, _read_error, refusal_is_the_answer=True),
)
"""Asked in this order: what an earlier one found out shapes the later ones."""

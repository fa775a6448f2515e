"""What an upstream is asked to find out what it takes, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from ..dialects import Dialect
from ..errors import UpstreamError
from ..mapping.conformance import fault_of

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
class Answer:
    """What came of a question: chunks (a completion is one), or a refusal."""

    headers: Mapping[str, str]
    chunks: list[JSON]
    error: UpstreamError | None = None

    @property
    def refusal(self) -> tuple[int, bytes] | None:
        """Its status and body."""
        return self.error.refusal if self.error is not None else None

    @property
    def sample(self) -> JSON | None:
        """The first chunk."""
        return self.chunks[0] if self.chunks else None

    @property
    def messages(self) -> list[JSON]:
        """The messages or deltas."""
        choices = [choice for chunk in self.chunks for choice in chunk.get("choices") or () if isinstance(choice, dict)]
        return [message for choice in choices if (message := choice.get("message") or choice.get("delta"))]

    @property
    def text(self) -> str:
        """The text of the answer."""
        return "".join(part for message in self.messages if isinstance(part := message.get("content"), str))

    @property
    def finish(self) -> str | None:
        """The finish reason."""
        reasons = [choice.get("finish_reason") for chunk in self.chunks for choice in chunk.get("choices") or ()]
        return next((reason for reason in reasons if reason), None)

    @property
    def calls(self) -> list[str]:
        """The names of the functions that were called."""
        calls = [call for message in self.messages for call in message.get("tool_calls") or ()]
        return [name for call in calls if (name := (call.get("function") or {}).get("name"))]

    @property
    def usage(self) -> Any:
        """The usage, where some chunk has it."""
        return next((usage for chunk in reversed(self.chunks) if (usage := chunk.get("usage"))), None)


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
    if answer.usage:
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
        chosen = {} if choice is None else {"tool_choice": choice}
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


def _read_json_schema(answer: Answer, dialect: Dialect) -> Finding:
    if answer.error is None and fault_of(answer.text, {"type": "json_schema", "schema": _SCHEMA}) is None:
        return "honoured", {"json_schema": "native"}
    below = "json_object" if dialect.json_object == "native" else "prompt"
    return ("refused" if answer.error is not None else "ignored"), {"json_schema": below}


def _read_object_schema(answer: Answer, dialect: Dialect) -> Finding:
    if answer.error is None and fault_of(answer.text, {"type": "json_schema", "schema": _SCHEMA}) is None:
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
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": _SCHEMA, "strict": True}}
    return _request("Is all well? Answer in JSON.", response_format=schema)(model, dialect)


def _ask_object_schema(model: str, dialect: Dialect) -> JSON | None:
    if dialect.json_schema == "native":
        return None
    format = {"type": "json_object", "schema": _SCHEMA}
    return _request("Is all well? Answer in JSON.", response_format=format)(model, dialect)


QUESTIONS: tuple[Question, ...] = (
    Question("token limit", _request("Count from 1 to 50.", FEW_TOKENS), _read_limit, essential=True),
    Question("streaming", _ask_stream, _read_stream),
    Question("developer role", _system("developer"), _read_developer, refusal_is_the_answer=True),
    Question("tools", _offer(), _read_tools),
    Question(
        "parallel calls", _offer(None, _TIME, text="Call get_weather and get_time, both at once."), _read_parallel
    ),
    Question("tool_choice required", _offer("required"), _read_choice("required"), refusal_is_the_answer=True),
    Question(
        "tool_choice by name",
        _offer({"type": "function", "function": {"name": "get_weather"}}),
        _read_choice("named"),
        refusal_is_the_answer=True,
    ),
    Question(
        "json_object",
        _request("Answer with any JSON object.", response_format={"type": "json_object"}),
        _read_json_object,
        refusal_is_the_answer=True,
    ),
    Question("json_schema", _ask_json_schema, _read_json_schema, refusal_is_the_answer=True),
    Question("json_object with schema", _ask_object_schema, _read_object_schema, refusal_is_the_answer=True),
    Question("images", _ask_vision, _read_vision),
    Question("reasoning", _request("What is 17 times 23?", reasoning_effort="low"), _read_reasoning),
    Question("errors", _ask_error, _read_error, refusal_is_the_answer=True),
)
"""Asked in this order: what an earlier one found out shapes the later ones."""

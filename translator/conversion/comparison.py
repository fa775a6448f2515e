"""Whether two documents say the same, whichever API each was written for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from .. import chat_over_responses
from ..body import Body, parse
from ..errors import InvalidRequest
from ..sse import MAX_EVENT_BYTES
from .documents import Converter, open_chat_stream, open_responses_stream
from .kinds import kind_of

JSON = dict[str, Any]

_IDENTITIES = frozenset({"id", "call_id", "tool_call_id", "created", "system_fingerprint", "service_tier"})
"""What differs between any two answers, and says nothing."""

_SHOWN = 100


def canonical(text: bytes) -> JSON:
    """What a request, a reply or a recorded stream says: a Responses request, or a chat completion.

    Raises TranslatorError for what is none of these, cannot be converted, or tells of a failure.
    """
    first = _first(text)
    kind = kind_of(first)
    if kind in ("chat request", "responses request"):
        return Converter("responses").convert(first).document
    if kind in ("completion", "chunk"):
        if kind == "completion":
            return chat_over_responses.translate_response(Converter("responses").convert(first).document)
        answered = open_responses_stream(first)
        answered.receive_bytes(text)
        answered.finish()
        if answered.error is not None:
            raise answered.error
        return chat_over_responses.translate_response(answered.response)
    if kind in ("response", "event"):
        told = first["response"] if isinstance(first.get("response"), dict) else first
        stream = open_chat_stream(str(told.get("model") or "unknown"))
        stream.receive_bytes(text)
        stream.finish()
        if stream.error is not None:
            raise stream.error
        return stream.completion
    raise InvalidRequest("This is no request, reply or stream of either API.", code="unknown_kind")


def differences(first: Any, second: Any, *, identities: bool = False, path: str = "") -> Iterator[str]:
    """Where two canonical documents differ, a line each; ids and times count only with `identities`."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in [*first, *(key for key in second if key not in first)]:
            if identities or key not in _IDENTITIES:
                place = f"{path}.{key}" if path else key
                yield from differences(first.get(key), second.get(key), identities=identities, path=place)
    elif isinstance(first, list) and isinstance(second, list):
        for index in range(max(len(first), len(second))):
            pair = [entries[index] if index < len(entries) else None for entries in (first, second)]
            yield from differences(*pair, identities=identities, path=f"{path}[{index}]")
    elif first != second:
        yield f"{path}: {_shown(first)} | {_shown(second)}"


def _first(text: bytes) -> JSON:
    """The document, or the first event of a stream."""
    document = parse(text)
    if document is not None:
        return document
    body = Body(MAX_EVENT_BYTES)
    for event in [*body.receive(text), *body.finish()]:
        if isinstance(event, dict):
            return event
    raise InvalidRequest("This is neither JSON nor a recorded stream.", code="invalid_json")


def _shown(value: Any) -> str:
    """A value, as JSON and not too long; what is absent is a dash."""
    if value is None:
        return "-"
    text = to_json(value).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"

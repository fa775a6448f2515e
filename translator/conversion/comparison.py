"""Whether two documents say the same, whichever API each was written for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from .. import chat_over_responses
from ..chat_over_responses.response import read_response
from ..errors import InvalidRequest
from ..mapping.losses import Loss
from .documents import Converter, open_chat_stream
from .kinds import kind_of
from .requests import plain_request
from .streams import read_stream

JSON = dict[str, Any]

_BOM = b"\xef\xbb\xbf"
_IDENTITIES = frozenset({"id", "call_id", "tool_call_id", "created", "system_fingerprint", "service_tier"})
"""What differs between any two answers, and says nothing."""

_SHOWN = 100
_STEP = re.compile(r"[^.\[\]]+")


class Said(NamedTuple):
    """What a request, a reply or a recorded stream says."""

    document: JSON
    """A Responses request, or a chat completion."""

    lost: JSON
    """What it says that has no place there, by its path."""


def canonical(text: bytes) -> Said:
    """What a request, a reply or a recorded stream says.

    Raises TranslatorError for what is none of these, cannot be converted, or tells of a failure.
    """
    document = _document(text)
    if document is None:
        return _of_stream(text)
    kind = kind_of(document)
    if kind in ("chat request", "responses request"):
        converted, losses = Converter("responses").convert(document)
        return Said(plain_request(converted), _lost(document, losses))
    if kind == "completion":
        converted, losses = Converter("responses").convert(document)
        return Said(*_completion(converted, _lost(document, losses)))
    if kind == "response":
        return Said(*_completion(document, {}))
    raise InvalidRequest(f"This is {_OTHERS.get(kind or '', 'no request, reply or stream of either API')}.")


_OTHERS = {
    "batch line": "a line of a batch: give its body alone",
    "error": "an error and says nothing else",
    "chunk": "one chunk of a stream: give the whole stream, as server-sent events",
    "event": "one event of a stream: give the whole stream, as server-sent events",
}


def differences(first: Said, second: Said, *, identities: bool = False) -> Iterator[str]:
    """Where two that say something differ, a line each; ids and times count only with `identities`."""
    yield from _differences(first.document, second.document, identities, "")
    for path in [*first.lost, *(path for path in second.lost if path not in first.lost)]:
        yield from _differences(first.lost.get(path), second.lost.get(path), identities, path)


def _differences(first: Any, second: Any, identities: bool, path: str) -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        for key in [*first, *(key for key in second if key not in first)]:
            if identities or key not in _IDENTITIES:
                yield from _differences(first.get(key), second.get(key), identities, f"{path}.{key}" if path else key)
    elif isinstance(first, list) and isinstance(second, list):
        for index in range(max(len(first), len(second))):
            one, other = (entries[index] if index < len(entries) else None for entries in (first, second))
            yield from _differences(one, other, identities, f"{path}[{index}]")
    elif first != second:
        yield f"{path}: {_shown(first)} | {_shown(second)}"


def _document(text: bytes) -> JSON | None:
    """The document; None where it may be a stream. Raises InvalidRequest for several documents."""
    text = text.removeprefix(_BOM).strip()
    try:
        value = from_json(text)
    except ValueError:
        value = _one_line(text)
        if isinstance(value, dict):
            raise InvalidRequest("There are lines of JSON in it: give one document.") from None
        return None
    if isinstance(value, list):
        raise InvalidRequest("This is a list: give one document.")
    return value if isinstance(value, dict) else None


def _one_line(text: bytes) -> Any:
    try:
        return from_json(text.partition(b"\n")[0])
    except ValueError:
        return None


def _of_stream(text: bytes) -> Said:
    if (machine := read_stream(text, "responses")) is not None:
        stream = machine.stream
        if stream.error is not None:
            raise stream.error
        assert not isinstance(stream, chat_over_responses.Stream)
        return Said(*_completion(stream.response, _lost({}, stream.losses)))
    if (machine := read_stream(text, "chat")) is not None:
        stream = machine.stream
        if stream.error is not None:
            raise stream.error
        assert isinstance(stream, chat_over_responses.Stream)
        return Said(stream.completion, _lost({}, stream.losses))
    raise InvalidRequest("This is neither JSON nor a recorded stream of either API.")


def _completion(response: JSON, lost: JSON) -> tuple[JSON, JSON]:
    stream = open_chat_stream(str(response.get("model") or "unknown"))
    return read_response(stream, response), lost | _lost(response, stream.losses)


def _lost(document: JSON, losses: Iterable[Loss]) -> JSON:
    """What was lost, by its path; where the path leads nowhere, the reason stands for it."""
    return {path: _at(document, path, reason) for path, reason in losses}


def _at(document: Any, path: str, otherwise: str) -> Any:
    for step in _STEP.findall(path):
        try:
            document = document[int(step) if isinstance(document, list) else step]
        except (KeyError, IndexError, TypeError, ValueError):
            return otherwise
    return document


def _shown(value: Any) -> str:
    """A value, as JSON and not too long; what is absent is a dash."""
    if value is None:
        return "-"
    text = to_json(value).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"

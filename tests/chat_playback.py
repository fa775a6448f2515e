"""Plays a Responses upstream's answer through the mirror: bytes or events in, chat chunks out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from translator import chat_over_responses
from translator.chat_over_responses import ReplyOptions, Stream, Translation
from translator.corpus import Case
from translator.errors import UpstreamError
from translator.mapping.losses import Loss
from translator.sse import DONE, encode, encode_data

JSON = dict[str, Any]

QUESTION: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def translate(request: Mapping[str, Any]) -> Translation:
    """The request with the default options."""
    return chat_over_responses.translate_request(request)


def translate_case(case: Case) -> Translation:
    """A case's request with its options."""
    return chat_over_responses.translate_request(case.request, options=ReplyOptions(**case.settings))


class Reply(NamedTuple):
    """What one reply told."""

    chunks: list[JSON]
    losses: list[Loss]
    completion: JSON
    """The final completion, or the error's body."""


def play(call: Translation, pieces: Iterable[bytes]) -> Reply:
    """The reply to an upstream whose bytes arrive in these pieces."""
    stream = call.stream()
    chunks: list[JSON] = []
    for piece in pieces:
        chunks += stream.receive_bytes(piece)
    return _reply(stream, chunks)


def play_events(call: Translation, events: Iterable[Any]) -> Reply:
    """The reply to an upstream whose events have been decoded already."""
    stream = call.stream()
    chunks: list[JSON] = []
    for event in events:
        chunks += stream.receive(event)
    return _reply(stream, chunks)


def _reply(stream: Stream, chunks: list[JSON]) -> Reply:
    chunks += stream.finish()
    return Reply(chunks, list(stream.losses), stream.error.body() if stream.error else stream.completion)


def answer(call: Translation, response: Mapping[str, Any] | bytes) -> JSON:
    """What a client that does not stream gets: the completion, or the error's body."""
    try:
        return call.translate_response(response)
    except UpstreamError as error:
        return error.body()


def wire(chunks: Iterable[JSON]) -> bytes:
    """The chunks as the client reads them."""
    return b"".join(map(encode_data, chunks)) + DONE


def upstream_wire(events: Iterable[JSON], names: bool) -> bytes:
    """Events as an upstream sends them, with their names or, as some do, without."""
    if names:
        return b"".join(map(encode, events))
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events) + b"data: [DONE]\n\n"


def joined(chunks: Iterable[JSON]) -> JSON:
    """The message that a client gathers from chunks by the rules that all SDKs share."""
    message: JSON = {}
    for chunk in chunks:
        for choice in chunk.get("choices", ()):
            _gather(message, choice["delta"])
    return message


def _gather(into: JSON, delta: JSON) -> None:
    for key, value in delta.items():
        if key in ("index", "type", "role"):
            into[key] = value
        elif isinstance(value, str):
            into[key] = (into.get(key) or "") + value
        elif isinstance(value, dict):
            _gather(into.setdefault(key, {}), value)
        elif isinstance(value, list) and all("index" in entry for entry in value):
            entries = into.setdefault(key, [])
            for entry in value:
                if entry["index"] == len(entries):
                    entries.append({})
                _gather(entries[entry["index"]], entry)
        else:
            assert key not in into, f"{key} comes twice, and nothing says how to join it"
            into[key] = value

"""Plays an upstream's answer through the core as the server does: bytes in, events out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from translator import responses_over_chat
from translator.corpus.rendering import COMPLETED_AT, CREATED_AT, RESPONSE_ID
from translator.dialects import DEFAULT, Dialect
from translator.errors import UpstreamError
from translator.mapping.losses import Loss
from translator.responses_over_chat import Stream, Translation
from translator.sse import DONE, encode

__all__ = ["COMPLETED_AT", "CREATED_AT", "RESPONSE_ID", "answer", "play", "play_chunks", "translate", "wire"]

JSON = dict[str, Any]
T = TypeVar("T")


def translate(request: Mapping[str, Any], dialect: Dialect = DEFAULT) -> Translation:
    """The request for an upstream of this dialect."""
    return responses_over_chat.translate_request(request, dialect=dialect)


class Reply(NamedTuple):
    """What one reply told."""

    events: list[JSON]
    losses: list[Loss]

    @property
    def response(self) -> JSON:
        """The final response."""
        final: JSON = self.events[-1]["response"]
        return final


def play(call: Translation, pieces: Iterable[bytes]) -> Reply:
    """The reply to an upstream whose bytes arrive in these pieces."""
    stream = call.stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
    return _play(stream, pieces, stream.receive_bytes)


def play_chunks(call: Translation, chunks: Iterable[JSON]) -> Reply:
    """The reply to an upstream whose chunks have been decoded already."""
    stream = call.stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
    return _play(stream, chunks, stream.receive)


def _play(stream: Stream, inputs: Iterable[T], receive: Callable[[T], list[JSON]]) -> Reply:
    events = stream.open()
    for data in inputs:
        events += receive(data)
        if stream.ended:
            break
    events += stream.finish(completed_at=COMPLETED_AT)
    return Reply(events, list(stream.losses))


def answer(call: Translation, completion: Mapping[str, Any] | bytes) -> JSON:
    """What a client that does not stream gets: the response, or the error's body."""
    try:
        return call.translate_response(
            completion, response_id=RESPONSE_ID, created_at=CREATED_AT, completed_at=COMPLETED_AT
        )
    except UpstreamError as error:
        return error.body()


def wire(events: Iterable[JSON]) -> bytes:
    """The events as the client reads them."""
    return b"".join(map(encode, events)) + DONE


def upstream_wire(chunks: Iterable[JSON]) -> bytes:
    """Chunks as an upstream sends them."""
    return b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"

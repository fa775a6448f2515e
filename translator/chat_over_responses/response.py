"""Response → chat completion: the stream that would have told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from .options import DEFAULT_OPTIONS, ReplyOptions
from .stream import Stream

JSON = dict[str, Any]


def translate_response(
    response: Mapping[str, Any] | BaseModel | bytes, *, model: str = "", options: ReplyOptions = DEFAULT_OPTIONS
) -> JSON:
    """A response whose chat request is not at hand → chat completion; raises UpstreamError if it failed.

    The response may be a dict, an SDK's object or JSON bytes; `model` replaces the name it has for its model.
    """
    told = response.get("model") if isinstance(response, Mapping) else getattr(response, "model", None)
    stream = Stream(
        completion_id=None,
        created=None,
        model=model or (told if isinstance(told, str) else ""),
        asked={},
        options=options,
    )
    return read_response(stream, response)


def read_response(stream: Stream, response: Mapping[str, Any] | BaseModel | bytes) -> JSON:
    """What an upstream answered at once, put through the stream's machine; raises its error if it failed."""
    if isinstance(response, bytes):
        stream.receive_bytes(response)
    else:
        stream.receive(response)
    stream.finish()
    if stream.error is not None:
        raise stream.error
    return stream.completion

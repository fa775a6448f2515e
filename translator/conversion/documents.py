"""One document of one dialect → the other's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from .. import chat_over_responses, responses_over_chat
from ..chat_over_responses.request import translate_valid as to_responses
from ..dialects import DEFAULT
from ..errors import InvalidRequest
from ..mapping.losses import Loss
from ..responses_over_chat.options import DEFAULT_OPTIONS
from ..responses_over_chat.request import translate_valid as to_chat
from ..responses_over_chat.response import read_response
from ..wire import chat, responses
from .batch_lines import convert_line
from .custom_calls import as_functions, custom_names
from .kinds import kind_of

JSON = dict[str, Any]
Wire = Literal["chat", "responses"]


class Converted(NamedTuple):
    """A document in the other dialect, and what it could not say."""

    document: JSON
    losses: Sequence[Loss]


class Converter:
    """Turns documents into those of one dialect; what is of it already, and errors, which both have, stay."""

    def __init__(self, to: Wire) -> None:
        self.to = to
        kinds: dict[str, Any] = {"batch line": self._batch_line}
        if to == "chat":
            kinds |= {"responses request": _chat_request, "response": _completion}
        else:
            kinds |= {"chat request": _responses_request, "completion": _response}
        self._kinds = kinds

    def convert(self, document: JSON) -> Converted:
        """The document in the other dialect. Raises TranslatorError for what is of neither, or cannot be said."""
        kind = kind_of(document)
        if kind is None:
            raise InvalidRequest("This is no request, reply or batch line of either API.", code="unknown_kind")
        if kind in ("chunk", "event"):
            raise InvalidRequest(
                f"A stream's {kind} says nothing alone: give the whole stream, as server-sent events.",
                code="unknown_kind",
            )
        convert = self._kinds.get(kind)
        converted: Converted = Converted(document, ()) if convert is None else convert(document)
        return converted

    def convert_request(self, request: JSON, api: str) -> Converted:
        """A request of an API, whatever it looks like, in the wanted dialect."""
        return Converted(request, ()) if api == self.to else self._kinds[f"{api} request"](request)

    def _batch_line(self, line: JSON) -> Converted:
        return Converted(*convert_line(line, self))


def _responses_request(request: JSON) -> Converted:
    call = to_responses(chat.validate(request), None, None, chat_over_responses.ReplyOptions())  # type: ignore[arg-type]  # plain
    return Converted(call.responses_request, call.losses)


def _chat_request(request: JSON) -> Converted:
    call = to_chat(
        responses.validate(request),  # type: ignore[arg-type]  # the wire types are plain dicts
        dialect=DEFAULT,
        upstream_model=None,
        output_limit=None,
        window=None,
        options=DEFAULT_OPTIONS,
        history=None,
        stored=False,
        shortens=False,
    )
    return Converted(call.chat_request, call.losses)


def _completion(response: JSON) -> Converted:
    stream = open_chat_stream(str(response.get("model") or "unknown"))
    completion = chat_over_responses.response.read_response(stream, response)
    return Converted(completion, stream.losses)


def _response(completion: JSON) -> Converted:
    stream = open_responses_stream(completion)
    created = completion.get("created")
    response = read_response(stream, as_functions(completion, "message"), created if isinstance(created, int) else None)
    losses = list(stream.losses)
    if len(completion["choices"]) > 1:
        losses.append(Loss("choices[1]", "a response is one answer; only the first is told"))
    return Converted(response, losses)


def open_chat_stream(model: str) -> chat_over_responses.Stream:
    """The machine that makes chat chunks of a recorded reply."""
    return _chat_call(model).stream()


def open_responses_stream(reply: JSON) -> responses_over_chat.Stream:
    """The machine that makes events of a recorded reply, named and dated as it is."""
    name, created = str(reply.get("id") or "recorded"), reply.get("created")
    call = _responses_call(str(reply.get("model") or "unknown"), tuple(custom_names(reply)))
    return call.stream(
        response_id=f"resp_{name.removeprefix('chatcmpl-')}", created_at=created if isinstance(created, int) else 0
    )


# the request that a recorded reply answers is not at hand; these stand for it
@lru_cache(maxsize=64)
def _chat_call(model: str) -> chat_over_responses.Translation:
    asked = {"model": model, "messages": [{"role": "user", "content": ""}], "stream_options": {"include_usage": True}}
    return chat_over_responses.translate_request(asked)


@lru_cache(maxsize=64)
def _responses_call(model: str, freeform: tuple[str, ...]) -> responses_over_chat.Translation:
    asked: JSON = {"model": model, "input": "", "store": False}
    if freeform:
        asked["tools"] = [{"type": "custom", "name": name or "unknown"} for name in dict.fromkeys(freeform)]
    return responses_over_chat.translate_request(asked)

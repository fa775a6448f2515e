"""One document of one dialect → the other's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from .. import chat_over_responses, responses_over_chat
from ..chat_over_responses.options import DEFAULT_OPTIONS as DEFAULT_REPLY_OPTIONS
from ..chat_over_responses.options import ReplyOptions as ChatReplyOptions
from ..chat_over_responses.request import translate_valid as to_responses
from ..dialects import DEFAULT
from ..errors import InvalidRequest
from ..mapping.losses import Loss
from ..responses_over_chat.options import DEFAULT_OPTIONS, ReplyOptions
from ..responses_over_chat.request import translate_valid as to_chat
from ..responses_over_chat.response import read_response
from ..wire import chat, responses
from ..wire.events import TERMINALS
from .batch_lines import convert_line
from .custom_calls import FreeformCalls, as_functions, custom_names
from .kinds import Kind, kind_of
from .silent import unheld, unread, unread_response

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

    def convert(self, document: JSON, otherwise: Kind | None = None) -> Converted:
        """The document in the other dialect. Raises TranslatorError for what is of neither, or cannot be said.

        `otherwise` is what it is where nothing in it tells.
        """
        kind = kind_of(document) or otherwise
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

    def _batch_line(self, line: JSON) -> Converted:
        return Converted(*convert_line(line, self))


def _responses_request(request: JSON) -> Converted:
    call = to_responses(chat.validate(request), None, None, DEFAULT_REPLY_OPTIONS)  # type: ignore[arg-type]  # plain
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
    return Converted(call.chat_request, unheld(request, call))


def _completion(response: JSON) -> Converted:
    stream = open_chat_stream(str(response.get("model") or "unknown"))
    completion = chat_over_responses.response.read_response(stream, response)
    return Converted(completion, [*stream.losses, *unread_response(response)])


def _response(completion: JSON) -> Converted:
    losses: list[Loss] = []
    if isinstance(choices := completion["choices"], list) and len(choices) > 1:
        firsts = (at for at, choice in enumerate(choices) if isinstance(choice, dict) and not choice.get("index"))
        told = next(firsts, 0)
        why = "a response is one answer; only the first is told"
        losses += [Loss(f"choices[{index}]", why) for index in range(len(choices)) if index != told]
        completion = {**completion, "choices": [choices[told]]}
    losses += unread(completion)
    stream = _open(_responses_call(_model(completion), tuple(custom_names(completion))), completion)
    created = completion.get("created")
    response = read_response(stream, as_functions(completion), created if isinstance(created, int) else None)
    return Converted(response, [*stream.losses, *losses])


def open_recorded_events(first: JSON) -> tuple[chat_over_responses.Stream, Callable[[JSON], JSON]]:
    """The machine that makes chunks of a recorded stream, which begins so, and what its events must go through."""
    told = first.get("response")
    stream = open_chat_stream(str((told if isinstance(told, dict) else first).get("model") or "unknown"))

    def read(event: JSON) -> JSON:
        response = event.get("response")
        if isinstance(response, dict) and str(event.get("type")) in TERMINALS:
            stream.losses.extend(unread_response(response))
        return event

    return stream, read


def open_chat_stream(model: str) -> chat_over_responses.Stream:
    """The machine that makes chat chunks of a recorded reply."""
    return _chat_call(model).stream()


def open_recorded_chunks(first: JSON) -> tuple[responses_over_chat.Stream, Callable[[JSON], JSON]]:
    """The machine that makes events of a recorded stream, which begins so, and what its chunks must go through."""
    call = _responses_call.__wrapped__(_model(first), ())  # one of its own, as it learns names
    stream, freeform = _open(call, first), FreeformCalls(call.names)

    def read(chunk: JSON) -> JSON:
        stream.losses.extend(loss for loss in unread(chunk) if loss not in stream.losses)
        return freeform.as_functions(chunk)

    return stream, read


def _open(call: responses_over_chat.Translation, reply: JSON) -> responses_over_chat.Stream:
    name, created = str(reply.get("id") or "recorded"), reply.get("created")
    return call.stream(
        response_id=f"resp_{name.removeprefix('chatcmpl-')}", created_at=created if isinstance(created, int) else 0
    )


def _model(reply: JSON) -> str:
    return str(reply.get("model") or "unknown")


# what was recorded is of any size: its owner need not be guarded from it, as a server from its upstream
_CHAT_REPLIES = ChatReplyOptions(max_argument_bytes=sys.maxsize)
_REPLIES = ReplyOptions(max_argument_bytes=sys.maxsize)


# the request that a recorded reply answers is not at hand; these stand for it
@lru_cache(maxsize=64)
def _chat_call(model: str) -> chat_over_responses.Translation:
    asked = {"model": model, "messages": [{"role": "user", "content": ""}], "stream_options": {"include_usage": True}}
    return chat_over_responses.translate_request(asked, options=_CHAT_REPLIES)


@lru_cache(maxsize=64)
def _responses_call(model: str, freeform: tuple[str, ...]) -> responses_over_chat.Translation:
    asked: JSON = {"model": model, "input": "", "store": False}
    if freeform:
        asked["tools"] = [{"type": "custom", "name": name or "unknown"} for name in dict.fromkeys(freeform)]
    return responses_over_chat.translate_request(asked, options=_REPLIES)

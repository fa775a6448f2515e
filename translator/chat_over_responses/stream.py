"""Deltas → chat chunks: the state machine.

What leaves it, and in which order:

    stream    = role *piece [extras] finish [usage]        ; what follows the role may be cut off by an error
              / [role *piece] error
    piece     = text / refusal / reasoning / details / call / arguments
    call      = the id, the type and the name of a call    ; its index is the number of calls before it
    arguments = a fragment for a call that was told of     ; fragments of several calls may alternate
    extras    = all citations and images                   ; at once: SDKs cannot join lists without indexes

Every chunk but an error has the same id, time and model. The finish reason is told once, when the upstream's final
event has come; usage follows in a chunk without choices where the request asks for it; the other chunks say null then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ..body import Body
from ..errors import TranslatorError, UpstreamError
from ..mapping.losses import Losses
from ..mapping.outcome import finish_reason_to_chat
from ..mapping.upstream_error import param_to_chat
from ..wire.reading import plain
from . import deltas
from .builders import CallBuilder, MessageBuilder
from .events import Reader
from .options import ReplyOptions

JSON = dict[str, Any]

_BROKE_OFF = "The upstream's answer broke off: it ended without saying how."


class Stream:
    """One reply: events or bytes in, chunks out. Made by `Translation.stream`.

    Every input method returns the chunks it caused, in order. After `finish` or `fail` the reply is over and further
    input is ignored.
    """

    def __init__(
        self,
        *,
        completion_id: str | None,
        created: int | None,
        model: str,
        asked: Mapping[str, Any],
        options: ReplyOptions,
    ) -> None:
        self._id = completion_id
        self._created = created
        self._model = model
        self._asked = asked
        self._legacy = "functions" in asked
        self._include_usage: bool = asked.get("stream_options", {}).get("include_usage", False)
        self._options = options
        self._body = Body(options.max_event_bytes)
        self._reader = Reader()
        self._outbox: list[JSON] = []
        self._message = MessageBuilder(options.reasoning_field)
        self._calls: dict[int, int] = {}  # indexes by the reader's keys
        self._left_out: set[int] = set()
        self._began = False
        self._finish_reason: str | None = None
        self._usage: JSON | None = None
        self._tier: str | None = None
        self.error: TranslatorError | None = None
        """Why it failed, if it did."""
        self.losses = Losses()
        """What the upstream said and the client is not told."""

    # ---- input ----

    def receive(self, event: Mapping[str, Any] | BaseModel) -> list[JSON]:
        """What one event says, or a whole response; as a dict or an SDK's object."""
        self._receive(event if isinstance(event, dict) else plain(event))
        return self._sent()

    def receive_bytes(self, data: bytes) -> list[JSON]:
        """What bytes of the upstream's body say: server-sent events cut anywhere, or a JSON document."""
        for event in self._body.receive(data):
            self._receive(event)
        self._check_body()
        return self._sent()

    def finish(self) -> list[JSON]:
        """The upstream said it all: the last chunks, unless they were told with its final event."""
        for event in self._body.finish():
            self._receive(event)
        self._check_body()
        if not self.over:
            self._receive_all(self._reader.finish())
            said = self._message.text or self._message.refusal or self._message.calls
            if self._body.ended and said:  # an odd upstream, whose end marker is all that it has to say
                self._finish(deltas.Finish("completed", None))
            else:
                self._break_off(UpstreamError(_BROKE_OFF, code="upstream_incomplete"))
        return self._sent()

    def fail(self, error: TranslatorError) -> list[JSON]:
        """It broke off: a last chunk that holds the error."""
        if not self.over:
            self._break_off(error)
        return self._sent()

    # ---- output ----

    @property
    def over(self) -> bool:
        """Whether the last chunk was sent."""
        return self._finish_reason is not None or self.error is not None

    @property
    def ended(self) -> bool:
        """Whether nothing more needs to be read from the upstream."""
        return self._body.ended or self.over

    @property
    def completion(self) -> JSON:
        """The completion as far as it has come."""
        logprobs = self._message.logprobs
        choice: JSON = {
            "index": 0,
            "message": self._message.message(self._legacy),
            "logprobs": {"content": logprobs, "refusal": None} if logprobs else None,
            "finish_reason": self._finish_reason,
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage, **self._told_tier()}

    # ---- the door ----

    def _emit(self, delta: JSON, logprobs: list[JSON] | None = None, finish_reason: str | None = None) -> None:
        if not self._began:
            self._began = True
            self._emit({"role": "assistant", "content": ""})
        choice = {
            "index": 0,
            "delta": delta,
            "logprobs": {"content": logprobs, "refusal": None} if logprobs else None,
            "finish_reason": finish_reason,
        }
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        if finish_reason is not None:
            chunk |= self._told_tier()
        if self._include_usage:
            chunk["usage"] = None
        self._outbox.append(chunk)

    def _head(self, kind: str) -> JSON:
        return {"id": self._id or "chatcmpl-0", "object": kind, "created": self._created or 0, "model": self._model}

    def _told_tier(self) -> JSON:
        return {} if self._tier is None else {"service_tier": self._tier}

    def _sent(self) -> list[JSON]:
        sent, self._outbox = self._outbox, []
        return sent

    # ---- deltas ----

    def _receive(self, event: JSON | str) -> None:
        if isinstance(event, dict) and not self.over:
            self._receive_all(self._reader.read(event))

    def _receive_all(self, read: list[deltas.Delta]) -> None:
        for delta in read:
            if self.over:
                return
            _TAKERS[type(delta)](self, delta)

    def _check_body(self) -> None:
        if self._body.fault is not None and not self.over:
            self._break_off(self._body.fault)

    def _open(self, delta: deltas.Opening) -> None:
        if self._id is None and delta.id is not None:
            self._id = f"chatcmpl-{delta.id.removeprefix('resp_')}"
        if self._created is None:
            self._created = delta.created
        self._began = True
        self._emit({"role": "assistant", "content": ""})

    def _text(self, delta: deltas.Text) -> None:
        self._message.text.append(delta.text)
        self._message.logprobs += delta.logprobs
        self._emit({"content": delta.text}, delta.logprobs)

    def _refusal(self, delta: deltas.Refusal) -> None:
        self._message.refusal.append(delta.text)
        self._emit({"refusal": delta.text})

    def _reasoning(self, delta: deltas.Reasoning) -> None:
        self._message.reasoning.append(delta.text)
        self._emit({self._options.reasoning_field: delta.text})

    def _details(self, delta: deltas.Details) -> None:
        known = self._message.details
        new = [{**detail, "index": index} for index, detail in enumerate(delta.details, len(known))]
        known += new
        self._emit({"reasoning_details": new})

    def _call(self, delta: deltas.Call) -> None:
        call = CallBuilder(delta.chat)
        index = len(self._message.calls)
        if self._legacy and (index or delta.chat["type"] != "function"):
            self.losses.report("output", f"the call of '{call.name}' has no place in the deprecated form")
            self._left_out.add(delta.key)
            return
        self._calls[delta.key] = index
        self._message.calls.append(call)
        opening = call.opening(index)
        self._emit({"function_call": opening["function"]} if self._legacy else {"tool_calls": [opening]})

    def _arguments(self, delta: deltas.Arguments) -> None:
        if delta.key in self._left_out:
            return
        index = self._calls[delta.key]
        call = self._message.calls[index]
        limit = self._options.max_argument_bytes
        if call.append(delta.text) > limit:
            self._break_off(
                UpstreamError(
                    f"The upstream sent more than {limit} bytes of arguments for the call of '{call.name}'; raise the "
                    "limit of arguments to let them pass.",
                    code="upstream_arguments_too_large",
                )
            )
            return
        more = call.more(index, delta.text)
        self._emit({"function_call": more["function"]} if self._legacy else {"tool_calls": [more]})

    def _extra(self, delta: deltas.Extra) -> None:
        if delta.key in self._left_out or self._legacy:
            return  # which has no place for it
        index = self._calls[delta.key]
        self._message.calls[index].add(delta.extra)
        self._emit({"tool_calls": [{"index": index, **delta.extra}]})

    def _annotation(self, delta: deltas.Annotation) -> None:
        self._message.annotations.append(delta.annotation)

    def _image(self, delta: deltas.Image) -> None:
        self._message.images.append({"type": "image_url", "image_url": {"url": delta.url}})

    def _untold(self, delta: deltas.Untold) -> None:
        self.losses.report(delta.path, delta.reason)

    def _note_usage(self, delta: deltas.Usage) -> None:
        self._usage = delta.usage

    def _note_tier(self, delta: deltas.Tier) -> None:
        self._tier = delta.tier

    # ---- the end ----

    def _finish(self, delta: deltas.Finish) -> None:
        message = self._message
        extras = {"annotations": message.annotations, "images": message.images}
        if told := {name: value for name, value in extras.items() if value}:
            self._emit(told)
        called = ("function_call" if self._legacy else "tool_calls") if message.calls else None
        reason = finish_reason_to_chat(delta.status, delta.reason, called)
        self._emit({}, finish_reason=reason)
        self._finish_reason = reason
        if self._include_usage and self._usage is not None:
            head = self._head("chat.completion.chunk")
            self._outbox.append({**head, "choices": [], **self._told_tier(), "usage": self._usage})

    def _fault(self, delta: deltas.Fault) -> None:
        delta.error.param = param_to_chat(delta.error.param, self._asked)
        self._break_off(delta.error)

    def _break_off(self, error: TranslatorError) -> None:
        self.error = error
        self._outbox.append(error.body())


_TAKERS: dict[type, Callable[[Stream, Any], None]] = {
    deltas.Opening: Stream._open,
    deltas.Text: Stream._text,
    deltas.Refusal: Stream._refusal,
    deltas.Reasoning: Stream._reasoning,
    deltas.Details: Stream._details,
    deltas.Call: Stream._call,
    deltas.Arguments: Stream._arguments,
    deltas.Extra: Stream._extra,
    deltas.Annotation: Stream._annotation,
    deltas.Image: Stream._image,
    deltas.Untold: Stream._untold,
    deltas.Usage: Stream._note_usage,
    deltas.Tier: Stream._note_tier,
    deltas.Finish: Stream._finish,
    deltas.Fault: Stream._fault,
}
"""What takes a delta of each type."""

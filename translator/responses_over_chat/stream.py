"""Deltas → Responses events: the state machine.

What leaves it, and in which order:

    stream    = created 1*in-progress *item terminal      ; in-progress may also stand between any two events
    item      = item-added *part item-done                ; message, reasoning; the last may be left open, see options
              / item-added *input-delta input-done item-done          ; function_call, custom_tool_call
              / item-added *command item-done             ; shell_call
              / item-added item-done                      ; tool_search_call, apply_patch_call, local_shell_call
              / item-added image-in-progress image-completed item-done          ; image_generation_call
    part      = part-added *delta delta-done part-done    ; annotation-added may stand between deltas
    command   = command-added command-delta command-done
    terminal  = completed / incomplete / [error] failed

The items are in `Output`, one of them open at a time; `Sequencer` says which, and in which order. The terminal event
waits for the upstream's end, because usage may follow the finish reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ..body import Body
from ..dialects import Dialect
from ..errors import TranslatorError, UpstreamError
from ..mapping.conformance import fault_of
from ..mapping.failure import failure_of
from ..mapping.losses import Losses
from ..mapping.outcome import COMPLETED, FAILED, OUT_OF_TOKENS, Outcome, map_finish_reason
from ..mapping.tool_choice import CallPolicy
from ..mapping.tool_names import ToolNames
from ..wire import events
from ..wire.reading import plain
from . import deltas
from .builders import MessageBuilder, PartBuilder, reasoning_forms
from .chunks import open_reader
from .options import ReplyOptions
from .outbox import Outbox
from .output import Output
from .response import known_tier, output_text
from .sequencer import Sequencer
from .template import ChunkTemplate

JSON = dict[str, Any]

_BROKE_OFF = "The upstream's answer broke off: it ended without a finish reason or an end marker."
_NO_ROOM = "The input fills the model's context window, and leaves no room for an answer; send less."
_NO_CALL = "The upstream made no tool call although 'tool_choice' demands one."
_TERMINALS = {"completed": events.COMPLETED, "incomplete": events.INCOMPLETE, "failed": events.FAILED}


class Stream:
    """One reply: chunks or bytes in, events out. Made by `Translation.stream`.

    Every input method returns the events it caused, in order, each stamped with its `sequence_number`. After
    `finish` or `fail` the reply is over and further input is ignored.
    """

    def __init__(
        self,
        response: JSON,
        *,
        policy: CallPolicy,
        names: ToolNames,
        answer_tool: str | None,
        dialect: Dialect,
        options: ReplyOptions,
        known_call_ids: frozenset[str],
        summarise: bool,
        seal_reasoning: bool,
        compact: bool,
        obfuscate: bool,
    ) -> None:
        self._response = response
        self._policy = policy
        self._options = options
        self.losses = Losses()
        """What the upstream said and the client is not told."""
        self._pads = obfuscate
        self._outbox = Outbox(obfuscate)
        self._output = Output(
            self._outbox.emit,
            response["id"].removeprefix("resp_"),
            reasoning_forms=reasoning_forms(options, summarise),
            reasoning_sealer=options.sealer if seal_reasoning else None,
            compaction_sealer=options.sealer if compact else None,
        )
        self._sequencer = Sequencer(
            self._output,
            self.losses,
            policy=policy,
            names=names,
            answer_tool=answer_tool,
            known_call_ids=known_call_ids,
            max_argument_bytes=options.max_argument_bytes,
        )
        self._body = Body(options.max_event_bytes, ChunkTemplate())
        self._reader = open_reader(dialect)
        self._finish_reason: str | None = None
        self.error: TranslatorError | None = None
        """Why it failed, if it did."""
        self.sample: Mapping[str, Any] | None = None
        """The upstream's first chunk: it tells whose it is."""

    # ---- input ----

    def open(self) -> list[JSON]:
        """`response.created` and `response.in_progress`: the upstream took the request. Input opens by itself."""
        self._begin()
        return self._outbox.take()

    def receive(self, chunk: Mapping[str, Any] | BaseModel) -> list[JSON]:
        """What one chunk, or a whole completion, says; as a dict or an SDK's object."""
        self._begin()
        self._receive(plain(chunk) if isinstance(chunk, BaseModel) else chunk)
        return self._outbox.take()

    def receive_bytes(self, data: bytes) -> list[JSON]:
        """What bytes of the upstream's body say: server-sent events cut anywhere, or a JSON document."""
        if not self._outbox.number:
            self._begin()
        self._receive_all(self._body.receive(data))
        return self._outbox.take()

    def receive_encoded(self, data: bytes) -> list[JSON | bytes]:
        """As `receive_bytes`; runs of events that are nothing but text come as `sse.encode` would write them."""
        if not self._outbox.number:
            self._begin()
        told: list[JSON | bytes] = []
        run: list[str] = []
        part = self._plain_part()
        for chunk in self._body.receive(data):
            if part is not None and type(chunk) is str:
                run.append(chunk)
                continue
            if part is not None and run:
                told.append(self._tell_run(part, run))
                run = []
            self._receive_one(chunk)
            told += self._outbox.take()
            part = self._plain_part()
        if part is not None and run:
            told.append(self._tell_run(part, run))
        self._check_body()
        told += self._outbox.take()
        return told

    def _tell_run(self, part: PartBuilder, texts: list[str]) -> bytes:
        told = part.append_encoded(texts, self._outbox.number)
        self._outbox.number += len(texts)
        return told

    def _plain_part(self) -> PartBuilder | None:
        """The open part, if text that comes now does nothing but lengthen it."""
        message = self._output.open
        if type(message) is not MessageBuilder or self._pads or not self._reader.plain:
            return None
        return message.text_part

    def finish(self, completed_at: int | None = None) -> list[JSON]:
        """The upstream said it all: the terminal events. `completed_at` in Unix seconds."""
        self._begin()
        self._receive_all(self._body.finish())
        if not self.over:
            self._end(completed_at)
        return self._outbox.take()

    def fail(self, error: TranslatorError) -> list[JSON]:
        """It broke off: the open item ends incomplete, then come `error` and `response.failed`."""
        self._begin()
        if not self.over:
            self._break_off(error)
        return self._outbox.take()

    def revoke(self, error: TranslatorError) -> list[JSON]:
        """Take back the terminal event, which must not have been sent, and fail instead: it could not be kept."""
        self._outbox.number -= 1
        self._response["status"] = "in_progress"
        self._break_off(error)
        return self._outbox.take()

    def heartbeat(self) -> list[JSON]:
        """`response.in_progress` once more: some clients count only events as signs of life."""
        self._begin()
        if not self.over:
            self._outbox.emit(
                {"type": events.IN_PROGRESS, "response": {**self._response, "output": list(self._output.done)}}
            )
        return self._outbox.take()

    def extend(self, kind: str, content: JSON) -> list[JSON]:
        """An event that is not the standard's; `kind` carries a provider's slug, and clients may pass over it."""
        self._begin()
        if not self.over:
            self._outbox.emit({"type": kind, **content})
        return self._outbox.take()

    # ---- how far it has come ----

    @property
    def over(self) -> bool:
        """Whether the terminal event was sent."""
        return bool(self._response["status"] != "in_progress")

    @property
    def ended(self) -> bool:
        """Whether nothing more needs to be read from the upstream: its end marker was seen, or the reply is over."""
        return self._body.ended or self.over

    @property
    def finishing(self) -> bool:
        """Whether a finish reason was seen: only usage may follow."""
        return self._finish_reason is not None

    @property
    def response(self) -> JSON:
        """The response as far as it has come; a snapshot of its own."""
        output = self._output.items
        return {**self._response, "output": output, "output_text": output_text(output)}

    # ---- the door ----

    def _begin(self) -> None:
        if self._outbox.number == 0:
            self._outbox.emit({"type": events.CREATED, "response": dict(self._response)})
            self._outbox.emit({"type": events.IN_PROGRESS, "response": dict(self._response)})

    # ---- deltas ----

    def _receive_all(self, read: list[JSON | str]) -> None:
        for chunk in read:
            self._receive_one(chunk)
        self._check_body()

    def _receive_one(self, chunk: JSON | str) -> None:
        if not isinstance(chunk, str):
            self._receive(chunk)
        elif type(message := self._output.open) is MessageBuilder and self._reader.plain:
            message.append_text(chunk, None)
        else:
            self._receive({"choices": [{"delta": {"content": chunk}}]})

    def _check_body(self) -> None:
        if self._body.fault is not None and not self.over:
            self._break_off(self._body.fault)

    def _receive(self, chunk: Mapping[str, Any]) -> None:
        message = self._output.open
        if type(message) is MessageBuilder:
            text = self._reader.plain_text(chunk)
            if text is not None:
                message.append_text(text, None)
                return
        if self.sample is None:
            self.sample = chunk
        for delta in self._reader.read(chunk):
            if self.over:
                return
            self._take(delta)

    def _take(self, delta: deltas.Delta) -> None:
        take = _TAKERS.get(type(delta))
        if take is None:
            self._sequencer.take(delta)
        else:
            take(self, delta)

    def _call(self, delta: deltas.Call) -> None:
        fault = self._sequencer.take_call(delta)
        if fault is not None:
            self._break_off(fault)

    def _finish(self, delta: deltas.Finish) -> None:
        self._finish_reason = delta.reason

    def _usage(self, delta: deltas.Usage) -> None:
        self._response["usage"] = delta.usage

    def _tier(self, delta: deltas.Tier) -> None:
        if known_tier(delta.tier):
            self._response["service_tier"] = delta.tier

    def _fault(self, delta: deltas.Fault) -> None:
        self._break_off(delta.error)

    # ---- the end ----

    def _end(self, completed_at: int | None) -> None:
        for delta in self._reader.finish():
            self._take(delta)
        if self._finish_reason is None and (self._sequencer.silent or not self._body.ended):
            self._break_off(UpstreamError(_BROKE_OFF, code="upstream_incomplete"))
            return
        outcome = self._outcome()
        if outcome is OUT_OF_TOKENS and self._sequencer.silent and self._generated_nothing():
            code, kind = "context_length_exceeded", "invalid_request_error"
            self._break_off(UpstreamError(_NO_ROOM, status=400, code=code, type=kind, param="input"))
            return
        self._sequencer.settle()
        if outcome is FAILED:
            self._break_off(UpstreamError(f"The upstream ended with '{self._finish_reason}'.", code="upstream_failed"))
            return
        completed = outcome.status == "completed"
        if completed:
            self._output.close("completed", "final_answer")
        else:
            self._cut()
        missing = self._missing() if completed else None
        if missing is not None:
            self._break_off(missing)
            return
        if completed:
            self._output.sign()
            self._check_format()
        if outcome.reason is not None:
            self._response["incomplete_details"] = {"reason": outcome.reason}
        self._terminate(outcome.status, completed_at)

    def _check_format(self) -> None:
        format = self._response["text"]["format"]
        if format["type"] == "text":
            return
        parts = [part for item in self._output.done if item["type"] == "message" for part in item["content"]]
        texts = [part["text"] for part in parts if part["type"] == "output_text"]
        fault = fault_of(texts[-1], format) if texts else None
        if fault is not None:
            self.losses.report("text.format", fault)

    def _missing(self) -> UpstreamError | None:
        """What a completed reply must hold and this one does not."""
        if self._policy.required and not self._output.call_count:
            return UpstreamError(_NO_CALL, code="tool_choice_not_honored")
        if self._output.summarises and not self._output.done:
            return UpstreamError("The upstream wrote no summary of the conversation.", code="upstream_empty_summary")
        return None

    def _generated_nothing(self) -> bool:
        """Whether not one token was made, so that there was no room for any: Ollama and others say `length` then."""
        usage = self._response.get("usage")
        return usage is not None and usage["output_tokens"] == 0

    def _outcome(self) -> Outcome:
        """How the answer ended, as the client is to be told."""
        reason = self._finish_reason
        outcome = COMPLETED if reason is None else map_finish_reason(reason)
        if outcome is None:
            self.losses.report("output", f"the upstream ended with {str(reason)[:40]!r}, which is taken for a good end")
            return COMPLETED
        told_as_completed = outcome is OUT_OF_TOKENS and self._options.length_status == "completed"
        if told_as_completed and not self._sequencer.within_freeform:
            self.losses.report("output", "the model ran out of tokens; the reply is told as completed")
            return COMPLETED
        return outcome

    def _break_off(self, error: TranslatorError) -> None:
        self._sequencer.cut()
        self._cut()
        self.error = error
        payload = error.payload()
        self._outbox.emit({**payload, "type": events.ERROR, "error": payload})
        self._response["error"] = failure_of(error)
        self._terminate("failed", None)

    def _cut(self) -> None:
        """The open item ends where it is."""
        number = self._outbox.number
        self._output.close("incomplete", None)
        if self._options.cut_items == "left_open":
            self._outbox.drop_from(number)

    def _terminate(self, status: str, completed_at: int | None) -> None:
        at = completed_at if completed_at is not None else self._response["created_at"]
        self._response.update(status=status, completed_at=at if status == "completed" else None)
        self._outbox.emit({"type": _TERMINALS[status], "response": self.response})


_TAKERS: dict[type, Callable[[Stream, Any], None]] = {
    deltas.Call: Stream._call,
    deltas.Finish: Stream._finish,
    deltas.Usage: Stream._usage,
    deltas.Tier: Stream._tier,
    deltas.Fault: Stream._fault,
}
"""What takes a delta of each type; the sequencer takes the others."""

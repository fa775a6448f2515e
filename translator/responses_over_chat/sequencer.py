"""Deltas → items, in the one order that clients are told of them.

Upstreams interleave what they say: text between the fragments of calls, fragments of several calls at once, white space
that begins nothing. A fragment of another call closes the open call only when that one's arguments are a whole object;
else it waits, as does text between the calls. Calls of tools that are told whole wait for all of their arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UpstreamError
from ..mapping.losses import Losses
from ..mapping.tool_choice import CallPolicy
from ..mapping.tool_names import ToolNames
from . import deltas, media
from .builders import MessageBuilder
from .call_queue import CallQueue, WaitingCall
from .calls import CustomCallBuilder
from .output import GROWING, Output


class Sequencer:
    """Takes what an upstream says as it says it; what cannot be told yet is held."""

    def __init__(
        self,
        output: Output,
        losses: Losses,
        *,
        policy: CallPolicy,
        names: ToolNames,
        answer_tool: str | None,
        known_call_ids: frozenset[str],
        max_argument_bytes: int,
    ) -> None:
        self._output = output
        self._losses = losses
        self._policy = policy
        self._names = names
        self._answer_tool = answer_tool
        self._call_ids = set(known_call_ids)
        self._queue = CallQueue(names, max_argument_bytes)
        self._left_out: set[int] = set()  # calls the request does not allow
        self._held: list[deltas.Delta] = []  # said while a call was not complete
        self._aside: list[deltas.Text] = []  # text beside an answer that is to come as a call
        self._answer_key: int | None = None
        self._space = ""  # white space that may begin a message

    @property
    def silent(self) -> bool:
        """Whether nothing was said that is told."""
        return not self._output.items and not self._queue

    @property
    def within_freeform(self) -> bool:
        """Whether the input of a freeform call may have been cut short without a sign of it."""
        open_is_freeform = isinstance(self._output.open, CustomCallBuilder) and self._output.within_call
        return open_is_freeform or self._queue.holds_freeform

    # ---- what is said ----

    def take(self, delta: deltas.Delta) -> None:
        """What is said, but for calls and what is said of the reply as a whole."""
        _TAKERS[type(delta)](self, delta)

    def take_call(self, delta: deltas.Call) -> UpstreamError | None:
        """More of a call, or the upstream's fault if it is too much."""
        fault = self._queue.weigh(delta)
        if fault is not None:
            return fault
        if isinstance(open := self._output.open, GROWING) and delta.key == self._output.open_key:
            if delta.arguments:
                open.append(delta.arguments)
        elif self._queue.add(delta):
            self._advance()
        elif delta.arguments.strip() and delta.key not in self._left_out:
            self._losses.report("output", "the upstream sent more for a tool call that was complete")
        return None

    def _text(self, delta: deltas.Text) -> None:
        message = self._output.open
        if type(message) is MessageBuilder:
            message.append_text(delta.text, delta.logprobs)
            return
        if not self._room_for(delta):
            return
        if self._answer_tool is not None:
            self._aside.append(delta)
            return
        text = self._space + delta.text
        if not text.strip() and not delta.logprobs:
            self._space = text
            return
        self._space = ""
        self._message().append_text(text, delta.logprobs)

    def _refusal(self, delta: deltas.Refusal) -> None:
        if self._room_for(delta):
            self._message().append_refusal(delta.text)

    def _annotation(self, delta: deltas.Annotation) -> None:
        if self._room_for(delta):
            self._message().annotate(delta.annotation)

    def _reasoning(self, delta: deltas.Reasoning) -> None:
        # how a summary was thought of stands for nothing
        if not self._output.summarises and self._room_for(delta):
            self._output.reasoning().append(delta.text)

    def _details(self, delta: deltas.Details) -> None:
        if not self._output.summarises:
            self._output.add_details(delta.details)

    def _image(self, delta: media.Image) -> None:
        if not self._output.summarises and self._room_for(delta):
            self._output.add_image(delta)

    def _untold(self, delta: media.Untold) -> None:
        self._losses.report(delta.path, delta.reason)

    def _room_for(self, delta: deltas.Delta) -> bool:
        """Whether something that is no call can be told now; else it is held until the calls are complete."""
        if self._output.within_call or (self._queue and isinstance(self._output.open, GROWING)):
            self._held.append(delta)
            return False
        return True

    def _message(self) -> MessageBuilder:
        message = self._output.message()
        if self._space:
            space, self._space = self._space, ""
            message.append_text(space, None)
        return message

    # ---- calls ----

    def _advance(self) -> None:
        """Announce the calls that can be: in the order they began, each when the one before it is complete."""
        while self._queue.ready and not self._output.within_call:
            self._open_call(self._queue.pop())

    def _open_call(self, waiting: WaitingCall) -> None:
        if self._answer_tool is not None and waiting.name == self._answer_tool:
            self._open_answer(waiting)
            return
        if not waiting.name:
            self._losses.report("output", "the upstream called no tool by name, so the call was left out")
            self._left_out.add(waiting.key)
            return
        if not self._policy.admits(waiting.name, self._output.call_count):
            self._losses.report("output", f"a call to '{waiting.name}', which the request does not allow, was left out")
            self._left_out.add(waiting.key)
            return
        self._space = ""  # nothing but white space before a call is the template's
        self._tell_aside()
        call_id = waiting.call_id
        if not call_id or call_id in self._call_ids:
            # missing, or used before: some upstreams number the calls of each reply from 0
            call_id = self._output.name_call()
        self._call_ids.add(call_id)
        self._output.open_call(waiting, call_id, self._names, self._losses)

    def _open_answer(self, waiting: WaitingCall) -> None:
        """The answer that comes as a call's arguments is told as text."""
        if self._answer_key not in (None, waiting.key):
            self._losses.report("output", "the upstream answered more than once")
            self._left_out.add(waiting.key)
            return
        self._answer_key = waiting.key
        self._tell_aside()
        self._output.open_answer(waiting)

    def _tell_aside(self) -> None:
        """Text that waited for an answer in form of a call: it is told where that does not come, or not first."""
        aside, self._aside = self._aside, []
        if not "".join(delta.text for delta in aside).strip():
            return
        if self._answer_key is not None:
            self._losses.report("output", "text beside the answer was left out")
        else:
            for delta in aside:
                self._message().append_text(delta.text, delta.logprobs)

    # ---- the end ----

    def settle(self) -> None:
        """The upstream said it all: what waits is told as it is."""
        while self._queue:
            self._open_call(self._queue.pop())
        held, self._held = self._held, []
        if held:
            self._output.close("completed", None)
        for delta in held:
            self.take(delta)
        if self._space and not self._output.call_count:
            self._message()
        self._tell_aside()

    def cut(self) -> None:
        """The upstream broke off: an item that is cut must be the last one, so what waits behind it is lost."""
        if self._queue and not self._output.within_call:
            self._open_call(self._queue.pop())
        if self._queue or self._held:
            self._losses.report("output", "the answer broke off within a call; what stood behind it is not told")
        self._tell_aside()


_TAKERS: dict[type, Callable[[Sequencer, Any], None]] = {
    deltas.Text: Sequencer._text,
    deltas.Refusal: Sequencer._refusal,
    deltas.Reasoning: Sequencer._reasoning,
    deltas.Details: Sequencer._details,
    deltas.Annotation: Sequencer._annotation,
    media.Image: Sequencer._image,
    media.Untold: Sequencer._untold,
}
"""What takes a delta of each type."""

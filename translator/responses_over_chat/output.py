"""The items of one reply, in order: those that are done, and the one that is open.

The state is the structure: an item is in `done` or it is the open one or it does not exist; its place in the list is
its `output_index`. One item is open at a time: opening another closes it.
"""

from __future__ import annotations

from typing import Any

from ..mapping.losses import Losses
from ..mapping.provider_data import KEY, Details
from ..mapping.sealed import Sealer
from ..mapping.tool_names import ToolNames
from .builders import (
    AnswerBuilder,
    CompactionBuilder,
    Emit,
    ItemBuilder,
    ItemStatus,
    MessageBuilder,
    PartKind,
    Phase,
    ReasoningBuilder,
)
from .call_queue import WaitingCall
from .calls import CallBuilder, new_call
from .images import tell_image
from .media import Image

JSON = dict[str, Any]

GROWING = (CallBuilder, AnswerBuilder)
"""What a call's arguments go into."""


class Output:
    """What a reply consists of so far. Items are told of by `tell`, and their ids end in `suffix` and their index."""

    def __init__(
        self,
        tell: Emit,
        suffix: str,
        *,
        reasoning_forms: tuple[PartKind, ...],
        reasoning_sealer: Sealer | None,
        compaction_sealer: Sealer | None,
    ) -> None:
        self._tell = tell
        self._suffix = suffix
        self._reasoning_forms = reasoning_forms
        self._reasoning_sealer = reasoning_sealer
        self._compaction_sealer = compaction_sealer
        self.done: list[JSON] = []
        self.open: ItemBuilder | None = None
        self.open_key = -1
        """The key of the call that is open, or whose arguments are the open answer."""
        self.call_count = 0
        """How many calls there are, the open one included."""
        self._details = Details()  # of the reasoning, since an item last took them
        self._extras: dict[str, JSON] = {}  # of calls, by their ids

    @property
    def items(self) -> list[JSON]:
        """All items as far as they have come."""
        return [*self.done, self.open.item("in_progress")] if self.open is not None else list(self.done)

    @property
    def summarises(self) -> bool:
        """Whether all that is said becomes one sealed summary."""
        return self._compaction_sealer is not None

    @property
    def within_call(self) -> bool:
        """Whether more of the open call is to be expected."""
        return isinstance(self.open, GROWING) and not self.open.complete()

    def name_call(self) -> str:
        """An id for the next call, unlike any other of this reply."""
        return f"call_{self._suffix}{len(self.done) + (self.open is not None):02x}"

    # ---- opening ----

    def message(self) -> MessageBuilder:
        """The open message; what was open and is none is closed."""
        if isinstance(self.open, MessageBuilder):
            return self.open
        self.close("completed", "commentary")
        if self._compaction_sealer is not None:
            message: MessageBuilder = CompactionBuilder(self._tell, *self._place("cmp"), self._compaction_sealer)
        else:
            message = MessageBuilder(self._tell, *self._place("msg"))
        self.open = message
        return message

    def reasoning(self) -> ReasoningBuilder:
        """The open reasoning; what was open and is none is closed."""
        if type(self.open) is ReasoningBuilder:
            return self.open
        self.close("completed", "commentary")
        reasoning = ReasoningBuilder(self._tell, *self._place("rs"), self._reasoning_forms, self._reasoning_sealer)
        self.open = reasoning
        return reasoning

    def add_details(self, details: list[JSON]) -> None:
        """What the upstream wants back of its reasoning; it may be sealed, and have no text that would open an item."""
        self._details.add(details)
        if self.open is None:
            self.reasoning()

    def add_image(self, image: Image) -> None:
        """An image, which comes whole."""
        self.close("completed", "commentary")
        self.done.append(tell_image(self._tell, *self._place("ig"), image))

    def open_call(self, waiting: WaitingCall, call_id: str, names: ToolNames, losses: Losses) -> None:
        """A call: one that grows is open from now on."""
        self.close("completed", "commentary")
        index = len(self.done)
        self._extras[call_id] = waiting.extra
        self.call_count += 1
        call = new_call(self._tell, f"{self._suffix}{index:02x}", index, call_id, waiting, names, losses)
        if isinstance(call, CallBuilder):
            self.open = call
            self.open_key = waiting.key
        else:
            self.done.append(call)

    def open_answer(self, waiting: WaitingCall) -> None:
        """A message whose text comes as the arguments of a call."""
        self.close("completed", "commentary")
        self.open_key = waiting.key
        answer = self.open = AnswerBuilder(self._tell, *self._place("msg"))
        for fragment in waiting.fragments:
            answer.append(fragment)

    def _place(self, prefix: str) -> tuple[str, int]:
        """The id and the index of the next item."""
        return f"{prefix}_{self._suffix}{len(self.done):02x}", len(self.done)

    # ---- closing ----

    def close(self, status: ItemStatus, phase: Phase | None) -> None:
        """Close the open item, if any; `phase` is for messages."""
        item = self.open
        if item is None:
            return
        if type(item) is ReasoningBuilder:
            item.sign(self._details.take())
        self.done.append(item.close(status, phase))
        self.open = None

    def sign(self) -> None:
        """What the upstream wants back and no item holds goes into one that says nothing: it came late.

        Where the client keeps sealed reasoning only, what belongs to calls is there too.
        """
        told = {item.get("call_id"): item.get(KEY) for item in self.done}
        sealed = self._reasoning_sealer is not None
        extras = ((call_id, extra) for call_id, extra in self._extras.items() if extra)
        calls = {call_id: extra for call_id, extra in extras if sealed or told.get(call_id) != extra}
        if self._details or calls:
            self.reasoning().sign(self._details.take(), calls)
            self.close("completed", None)

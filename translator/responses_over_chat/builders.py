"""Items that grow: fragments in, events and the finished item out.

A builder exists once its item was announced, and is done when it is closed; a part likewise. What is told of an item
is told by `emit`, the machine's one door.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from pydantic_core import to_json

from ..mapping.provider_data import CALLS, DETAILS, KEY
from ..mapping.sealed import COMPACTION, REASONING, Sealer
from ..sse import encode
from ..wire import events
from .call_reader import is_whole_object
from .options import ReplyOptions

JSON = dict[str, Any]
Emit = Callable[[JSON], None]
ItemStatus = Literal["completed", "incomplete"]
Phase = Literal["commentary", "final_answer"]


class PartKind(NamedTuple):
    """How parts of one kind are told of."""

    type: str
    key: str
    index_key: str
    added: str
    delta: str
    text_done: str
    done: str


OUTPUT_TEXT = PartKind(
    "output_text",
    "text",
    "content_index",
    events.CONTENT_PART_ADDED,
    events.OUTPUT_TEXT_DELTA,
    events.OUTPUT_TEXT_DONE,
    events.CONTENT_PART_DONE,
)
REFUSAL = PartKind(
    "refusal",
    "refusal",
    "content_index",
    events.CONTENT_PART_ADDED,
    events.REFUSAL_DELTA,
    events.REFUSAL_DONE,
    events.CONTENT_PART_DONE,
)
SUMMARY_TEXT = PartKind(
    "summary_text",
    "text",
    "summary_index",
    events.REASONING_SUMMARY_PART_ADDED,
    events.REASONING_SUMMARY_TEXT_DELTA,
    events.REASONING_SUMMARY_TEXT_DONE,
    events.REASONING_SUMMARY_PART_DONE,
)
REASONING_TEXT = {
    dialect: PartKind(
        "reasoning_text",
        "text",
        "content_index",
        events.CONTENT_PART_ADDED,
        delta,
        done,
        events.CONTENT_PART_DONE,
    )
    for dialect, (delta, done) in events.REASONING_TEXT.items()
}


def reasoning_forms(options: ReplyOptions, summary_asked: bool) -> tuple[PartKind, ...]:
    """In which forms reasoning is told, the one that is told as it comes first."""
    raw = REASONING_TEXT[options.reasoning_events]
    match options.reasoning_told:
        case "raw":
            return (raw,)
        case "summary":
            return (SUMMARY_TEXT,)
        case "as_asked" if not summary_asked:
            return (raw,)
        case _:
            return SUMMARY_TEXT, raw


class PartBuilder:
    """One part: announced when it is made, its text told as it comes."""

    def __init__(self, emit: Emit, kind: PartKind, item_id: str, output_index: int, index: int) -> None:
        self.kind = kind
        self._emit = emit
        self._place = {"item_id": item_id, "output_index": output_index, kind.index_key: index}
        self._fragments: list[str] = []
        self._logprobs: list[JSON] = []
        self._annotations: list[JSON] = []
        self._delta = {"type": kind.delta, **self._place}
        self._head = encode(self._delta)[:-3] + b',"delta":'  # of a text delta as it goes out
        emit({"type": kind.added, **self._place, "part": self.part()})

    def append(self, text: str, logprobs: list[JSON] | None = None) -> None:
        """Tell of more text."""
        self._fragments.append(text)
        event = self._delta.copy()
        event["delta"] = text
        if self.kind is OUTPUT_TEXT:
            event["logprobs"] = logprobs or []
            if logprobs:
                self._logprobs += logprobs
        self._emit(event)

    def append_encoded(self, texts: list[str], number: int) -> bytes:
        """As `append` for each of some texts without logprobs, the first of which has this `sequence_number`.

        The events as `sse.encode` would write them, at a third of the cost.
        """
        self._fragments += texts
        if len(texts) == 1:  # as they come from a model that takes its time
            return b'%b%b,"logprobs":[],"sequence_number":%d}\n\n' % (self._head, to_json(texts[0]), number)
        head = self._head
        return b"".join(
            [
                b'%b%b,"logprobs":[],"sequence_number":%d}\n\n' % (head, to_json(text), place)
                for place, text in enumerate(texts, number)
            ]
        )

    def annotate(self, annotation: JSON) -> None:
        """Tell of a citation."""
        self._emit(
            {
                "type": events.ANNOTATION_ADDED,
                **self._place,
                "annotation_index": len(self._annotations),
                "annotation": annotation,
            }
        )
        self._annotations.append(annotation)

    def part(self) -> JSON:
        """The part as far as it has come."""
        part: JSON = {"type": self.kind.type, self.kind.key: "".join(self._fragments)}
        if self.kind is OUTPUT_TEXT:
            part["annotations"] = list(self._annotations)
            part["logprobs"] = list(self._logprobs)
        return part

    def close(self) -> JSON:
        """Tell that the part is done; returns it."""
        part = self.part()
        done: JSON = {"type": self.kind.text_done, **self._place, self.kind.key: part[self.kind.key]}
        if self.kind is OUTPUT_TEXT:
            done["logprobs"] = part["logprobs"]
        self._emit(done)
        self._emit({"type": self.kind.done, **self._place, "part": part})
        return part


class ItemBuilder:
    """What all items share: announced when made, one open part at most, done when closed."""

    def __init__(self, emit: Emit, item_id: str, index: int) -> None:
        self._emit = emit
        self.id = item_id
        self.index = index
        self._parts: list[JSON] = []
        self._part: PartBuilder | None = None
        emit({"type": events.OUTPUT_ITEM_ADDED, "output_index": index, "item": self.item("in_progress")})

    def item(self, status: str) -> JSON:
        """The item as far as it has come."""
        raise NotImplementedError

    def open_part(self, kind: PartKind, index: int) -> PartBuilder:
        """The open part, which is of this kind: what was open and is of another is closed."""
        part = self._part
        if part is None or part.kind is not kind:
            self.close_part()
            part = self._part = PartBuilder(self._emit, kind, self.id, self.index, index)
        return part

    def close_part(self) -> None:
        """Close the open part, if any."""
        if self._part is not None:
            self._parts.append(self._part.close())
            self._part = None

    def close(self, status: ItemStatus, phase: Phase | None = None) -> JSON:
        """Tell that the item is done; returns it. Only messages have a phase."""
        raise NotImplementedError

    def done(self, item: JSON) -> JSON:
        """Tell that the item is done; returns it."""
        self._emit({"type": events.OUTPUT_ITEM_DONE, "output_index": self.index, "item": item})
        return item

    @property
    def part_count(self) -> int:
        """How many parts there are, the open one included."""
        return len(self._parts) + (self._part is not None)

    def parts(self) -> list[JSON]:
        """The parts as far as they have come."""
        return [*self._parts, self._part.part()] if self._part is not None else list(self._parts)


class MessageBuilder(ItemBuilder):
    """A message of the assistant: text with its annotations, or a refusal."""

    def append_text(self, text: str, logprobs: list[JSON] | None) -> None:
        """Tell of more text."""
        part = self._part
        if part is None or part.kind is not OUTPUT_TEXT:
            part = self.open_part(OUTPUT_TEXT, self.part_count)
        part.append(text, logprobs)

    @property
    def text_part(self) -> PartBuilder | None:
        """The open part, if it is text."""
        part = self._part
        return part if part is not None and part.kind is OUTPUT_TEXT else None

    def append_refusal(self, text: str) -> None:
        """Tell of more of a refusal."""
        self.open_part(REFUSAL, self.part_count).append(text)

    def annotate(self, annotation: JSON) -> None:
        """Tell of a citation."""
        self.open_part(OUTPUT_TEXT, self.part_count).annotate(annotation)

    def item(self, status: str) -> JSON:
        """The message as far as it has come."""
        return {
            "id": self.id,
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": self.parts(),
        }

    def close(self, status: ItemStatus, phase: Phase | None = None) -> JSON:
        """Tell that the message is done; `phase` says whether it was said on the way or is the answer."""
        self.close_part()
        item = self.item(status)
        if phase is not None:
            item["phase"] = phase
        return self.done(item)


class AnswerBuilder(MessageBuilder):
    """A message whose text comes as the arguments of a call."""

    def append(self, arguments: str) -> None:
        """Tell of more of the answer."""
        self.append_text(arguments, None)

    def complete(self) -> bool:
        """Whether nothing more is to be expected."""
        return is_whole_object([part["text"] for part in self.parts()])


class CompactionBuilder(MessageBuilder):
    """What stands for a compacted conversation: the text that sums it up, told to nobody but sealed."""

    def __init__(self, emit: Emit, item_id: str, index: int, sealer: Sealer) -> None:
        self._sealer = sealer
        self._fragments: list[str] = []
        super().__init__(emit, item_id, index)

    def append_text(self, text: str, logprobs: list[JSON] | None) -> None:
        """Take more of the summary."""
        self._fragments.append(text)

    def append_refusal(self, text: str) -> None:
        """Take a refusal as the summary: it is all there is."""
        self._fragments.append(text)

    def annotate(self, annotation: JSON) -> None:
        """Pass over a citation: it points into a text that nobody sees."""

    def item(self, status: str) -> JSON:
        """The item; nothing is sealed before the summary is whole."""
        return {"id": self.id, "type": "compaction", "status": status, "encrypted_content": ""}

    def close(self, status: ItemStatus, phase: Phase | None = None) -> JSON:
        """Tell that the item is done, with the summary sealed."""
        sealed = self._sealer.close(COMPACTION, {"summary": "".join(self._fragments).strip()})
        return self.done({**self.item(status), "encrypted_content": sealed})


class ReasoningBuilder(ItemBuilder):
    """What the model thinks, in the forms the client is to have: raw text as content, or the same as a summary.

    The first form is told as it comes, another whole when the item closes.
    """

    def __init__(
        self, emit: Emit, item_id: str, index: int, forms: Sequence[PartKind], sealer: Sealer | None = None
    ) -> None:
        self._forms = forms
        self._sealer = sealer
        self._own: JSON = {}
        super().__init__(emit, item_id, index)

    def append(self, text: str) -> None:
        """Tell of more reasoning."""
        self.open_part(self._forms[0], 0).append(text)

    def item(self, status: str) -> JSON:
        """The reasoning as far as it has come."""
        parts = self.parts()
        return {
            "id": self.id,
            "type": "reasoning",
            "status": status,
            "summary": [part for part in parts if part["type"] == "summary_text"],
            "content": [part for part in parts if part["type"] == "reasoning_text"],
        }

    def close(self, status: ItemStatus, phase: Phase | None = None) -> JSON:
        """Tell that the reasoning is done."""
        self.close_part()
        text = "".join(part["text"] for part in self._parts)
        for form in self._forms[1:] if self._parts else ():
            self.open_part(form, 0).append(text)
            self.close_part()
        item = self.item(status)
        if self._sealer is not None:
            item["encrypted_content"] = self._sealer.close(REASONING, {"text": text, **self._own})
        elif self._own:
            item[KEY] = self._own
        return self.done(item)

    def sign(self, details: list[JSON], calls: JSON | None = None) -> None:
        """Take what the upstream wants back: reasoning details, and extras of calls by their ids."""
        if details:
            self._own[DETAILS] = details
        if calls:
            self._own[CALLS] = calls

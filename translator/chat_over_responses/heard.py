"""What was heard of each item of a reply, so that what is repeated is told once."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from ..surrogates import PairJoiner

JSON = dict[str, Any]


class Part:
    """A text that grows."""

    __slots__ = ("logprobs", "pairs", "start", "told")

    def __init__(self) -> None:
        self.pairs = PairJoiner()
        self.told: list[str] = []
        self.logprobs = False
        """Whether its tokens' logprobs were told."""
        self.start = 0
        """Where in the whole answer's text it begins."""

    def add(self, text: Any) -> str:
        """Take a fragment; half a character waits for its other half."""
        told: str = self.pairs.join(text) if isinstance(text, str) else ""
        if told:
            self.told.append(told)
        return told

    def rest(self, whole: Any) -> str:
        """Take the whole text: what of it was not told. What contradicts the fragments is passed over."""
        if not isinstance(whole, str):
            return ""
        told = "".join(self.told)
        self.told = [told] if told else []
        self.pairs = PairJoiner()
        return self.add(whole[len(told) :]) if whole.startswith(told) else ""


class Heard:
    """One item."""

    __slots__ = ("called", "cited", "done", "extra", "form", "id", "kind", "parts", "place", "settled")

    def __init__(self, place: int) -> None:
        self.place = place
        """Its place in the order in which items began."""
        self.id = ""
        self.kind = ""
        self.parts: dict[tuple[str, int], Part] = {}
        self.form = ""
        """Which form of reasoning is told: `content` or `summary`."""
        self.called = False
        """Whether it was told that a call begins."""
        self.extra: JSON = {}
        """What was told of a call besides."""
        self.cited: set[tuple[int, int]] = set()
        self.done = False
        """Whether all of it was told."""
        self.settled = False
        """Whether it was found in the final response."""

    def part(self, kind: str, index: int) -> Part:
        """The text of one part, a new one where there was none."""
        part = self.parts.get((kind, index))
        if part is None:
            part = self.parts[kind, index] = Part()
        return part

    def cite(self, index: int, number: int) -> bool:
        """Whether a citation is a new one; it is not from then on."""
        new = (index, number) not in self.cited
        self.cited.add((index, number))
        return new


class Items:
    """The items of a reply, found by what events say of them: an id, a place, or nothing."""

    def __init__(self) -> None:
        self._all: list[Heard] = []
        self._by_id: dict[str, Heard] = {}
        self._by_index: dict[int, Heard] = {}
        self._unsettled: dict[str, deque[Heard]] | None = None  # by kind, once the final response is read

    def of(self, event: JSON) -> Heard:
        """The item an event speaks of. An id that is new stands for the open item of its index, where there is one."""
        item = event.get("item")
        name = event.get("item_id") or (item.get("id") if isinstance(item, dict) else None)
        index = event.get("output_index")
        if isinstance(name, str) and name in self._by_id:
            return self._by_id[name]
        heard = self._by_index.get(index) if isinstance(index, int) else None
        if heard is None and index is None and not name and self._all:
            heard = self._all[-1]
        if heard is None or heard.done:
            heard = self._new()
        if isinstance(name, str) and name:
            self._by_id[name] = heard
        if isinstance(index, int):
            self._by_index[index] = heard
        return heard

    def final(self, item: JSON, place: int) -> Heard:
        """The item of the final response, at its place there. Some upstreams give it another id than the events had."""
        heard = self._by_id.get(str(item.get("id")))
        if heard is None or heard.settled:
            waiting = self._first_unsettled(item.get("type")) if place < len(self._all) else None
            heard = waiting if waiting is not None else self._new()
        heard.settled = True
        return heard

    def _first_unsettled(self, kind: Any) -> Heard | None:
        """The first item of a kind, or of none so far, that was not found in the final response, which goes on."""
        if self._unsettled is None:
            self._unsettled = defaultdict(deque)
            for entry in self._all:
                self._unsettled[entry.kind].append(entry)
        firsts = []
        for name in {kind if isinstance(kind, str) else "", ""}:
            waiting = self._unsettled[name]
            while waiting and waiting[0].settled:
                waiting.popleft()
            if waiting:
                firsts.append(waiting[0])
        return min(firsts, key=lambda entry: entry.place, default=None)

    def _new(self) -> Heard:
        heard = Heard(len(self._all))
        self._all.append(heard)
        return heard

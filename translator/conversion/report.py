"""What was lost or left as it was, told once for many lines that lose the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..errors import TranslatorError, UpstreamError
from ..mapping.losses import Loss

_INDEX = re.compile(r"\[\d+\]")
_TOLD = 3
"""How many of those that are alike are told one by one."""

_MOST = 1000
"""How many different ones are counted: what is told stays short, and memory bounded, whatever is read."""


def in_words(error: TranslatorError) -> str:
    """An error with its path; what a model's server told of its own failure is said to be that."""
    path = "" if error.param is None else f"{error.param}: "
    own = not isinstance(error, UpstreamError) or (error.code or "").startswith("upstream_")
    return f"{path}{'' if own else 'the reply failed: '}{error.message}"


class Report:
    """Gathers losses and tells them, each with its place; `tell` gets lines."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._counts: dict[tuple[str, ...], int] = {}
        self._sums: dict[tuple[str, ...], str] = {}  # what stands before their number
        self.losses = 0
        """How many things could not be carried."""
        self.refused = 0
        """How many documents could not be converted, or only with the error that they end with."""

    def add(self, place: str, losses: Sequence[Loss]) -> None:
        """Losses of the document at a place."""
        for path, reason in losses:
            self.losses += 1
            stripped = _INDEX.sub("[]", path)
            self._count(f"{place}{path}: {reason}", (stripped, reason), f"{stripped}: {reason}")

    def refuse(self, place: str, error: TranslatorError) -> None:
        """A document that could not be converted."""
        self._refuse(place, f"not converted: {in_words(error)}", error)

    def fail(self, place: str, error: TranslatorError) -> None:
        """A recorded stream that ended with an error, as it still does."""
        self._refuse(place, f"ends with an error: {error.message}", error)

    def _refuse(self, place: str, line: str, error: TranslatorError) -> None:
        self.refused += 1
        key = (line.partition(":")[0], error.code or "", _INDEX.sub("[]", error.param or ""))
        self._count(f"{place}{line}", key, f"{line} (and the like)")

    def finish(self) -> None:
        """Tell how many there were of those that were not told one by one."""
        for key, count in self._counts.items():
            if count > _TOLD:
                self._tell(f"{self._sums[key]} ({count} times in all)")

    def _count(self, line: str, key: tuple[str, ...], sum: str) -> None:
        if key not in self._counts:
            if len(self._counts) >= _MOST:
                key, sum = ("others",), "others: of many kinds"
            self._sums[key] = sum
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if count <= _TOLD:
            self._tell(line)

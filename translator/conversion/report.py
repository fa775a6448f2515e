"""What was lost or left as it was, told once for many lines that lose the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..errors import TranslatorError
from ..mapping.losses import Loss

_INDEX = re.compile(r"\[\d+\]")
_TOLD = 3
"""How many of those that are alike are told one by one."""

_MOST = 1000
"""How many different ones are counted: what is told stays short, and memory bounded, whatever is read."""


class Report:
    """Gathers losses and tells them, each with its place; `tell` gets lines."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._counts: dict[tuple[str, str], int] = {}
        self.losses = 0
        """How many things could not be carried."""
        self.refused = 0
        """How many documents stayed as they were, because they could not be converted."""

    def add(self, place: str, losses: Sequence[Loss]) -> None:
        """Losses of the document at a place."""
        for path, reason in losses:
            self.losses += 1
            self._count(f"{place}{path}: {reason}", (_INDEX.sub("[]", path), reason))

    def refuse(self, place: str, error: TranslatorError) -> None:
        """A document that could not be converted."""
        self.refused += 1
        path = "" if error.param is None else f"{error.param}: "
        self._count(f"{place}not converted: {path}{error.message}", ("not converted", error.code or ""))

    def finish(self) -> None:
        """Tell how many there were of those that were not told one by one."""
        for (path, reason), count in self._counts.items():
            if count > _TOLD:
                self._tell(f"{path}: {reason} ({count} times in all)")

    def _count(self, line: str, key: tuple[str, str]) -> None:
        if key not in self._counts and len(self._counts) >= _MOST:
            key = ("others", "of many kinds")
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if count <= _TOLD:
            self._tell(line)

"""Facts: what was learned of an upstream, to be remembered and laid over its dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .dialect import Dialect
from .presets import ADDING, lay_over, read_switches


@dataclass(frozen=True, slots=True)
class Fact:
    """Switches to change, and why.

    `changes` holds values of the `Dialect` record; `because` is the upstream's own words, without keys or
    addresses, and short.
    """

    changes: Mapping[str, Any]
    because: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", MappingProxyType(dict(self.changes)))

    def to_json(self) -> dict[str, Any]:
        """The fact as JSON."""
        return {"changes": {switch: _plain(value) for switch, value in self.changes.items()}, "because": self.because}

    @classmethod
    def from_json(cls, fact: Mapping[str, Any]) -> Fact:
        """The fact that `to_json` wrote; raises ValueError for one of another version, which can be forgotten."""
        changes, because = fact.get("changes"), fact.get("because")
        if not isinstance(changes, Mapping) or not isinstance(because, str):
            raise ValueError("a fact has 'changes' and 'because'.")
        return cls(read_switches(changes, "fact"), because)


def apply(dialect: Dialect, fact: Fact) -> Dialect:
    """The dialect as the fact corrects it."""
    return lay_over(dialect, fact.changes)


def remember(facts: Iterable[Fact], learned: Fact) -> tuple[Fact, ...]:
    """The facts with a new one at their end, and without those it replaces: what is remembered stays small."""
    kept = (fact for fact in facts if any(switch in ADDING or switch not in learned.changes for switch in fact.changes))
    return (*(fact for fact in kept if fact != learned), learned)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return dict(value) if isinstance(value, Mapping) else value

"""What could not be carried across, each with its path and the reason."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, NamedTuple


class Loss(NamedTuple):
    """One thing that was said on one side and could not be told to the other."""

    path: str
    """Where it stood, as OpenAI writes paths: `input[3].content[0].detail`."""

    reason: str
    """Why, in words a client's developer understands."""


class Losses(list[Loss]):
    """The losses of one translation, in the order they were found."""

    def report(self, path: str, reason: str) -> None:
        """Note that what stands at `path` was not carried."""
        self.append(Loss(path, reason))


def beyond(said: Mapping[str, Any], known: Set[str]) -> list[str]:
    """The names of the fields beside the known ones that say something, in order."""
    return sorted(name for name in map(str, said.keys() - known) if not is_empty(said.get(name)))


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: it is null, false, zero, or holds nothing but such."""
    within = [value]
    while within:
        value = within.pop()
        if isinstance(value, dict):
            within += value.values()
        elif isinstance(value, list):
            within += value
        elif value:
            return False
    return True


_WORDS = {type(None): "null", bool: "a truth value", str: "a string", list: "a list", dict: "an object"}


def in_words(value: Any) -> str:
    """What kind of JSON a value is, for a reason: `a string`, `null`."""
    return _WORDS.get(type(value), "a number")

"""What could not be carried across, each with its path and the reason."""

from __future__ import annotations

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


_WORDS = {type(None): "null", bool: "a truth value", str: "a string", list: "a list", dict: "an object"}


def in_words(value: Any) -> str:
    """What kind of JSON a value is, for a reason: `a string`, `null`."""
    return _WORDS.get(type(value), "a number")

"""A scenario: what the upstream says, what the client must have seen of it, what the upstream must have been asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .strict_upstream import Turn

ABSENT = object()
"""In the place of a value: the key is not there."""


@dataclass(frozen=True)
class Scenario:
    """`saw` and `asked` are patterns, see `differences`; `asked` has one for every request, in order."""

    turns: Sequence[Turn]
    saw: Any
    asked: Sequence[Any]


def differences(pattern: Any, value: Any, place: str = "") -> list[str]:
    """How a value differs from its pattern.

    A dict may have keys that its pattern has not; a list is as long as its pattern; a function says whether it fits.
    """
    if isinstance(pattern, dict) and isinstance(value, dict):
        found = []
        for key, wanted in pattern.items():
            if wanted is ABSENT:
                found += [f"{place}.{key} is there: {value[key]!r}"] if key in value else []
            elif key not in value:
                found.append(f"{place}.{key} is missing")
            else:
                found += differences(wanted, value[key], f"{place}.{key}")
        return found
    if isinstance(pattern, list | tuple) and isinstance(value, list):
        if len(pattern) != len(value):
            return [f"{place} has {len(value)} entries, not {len(pattern)}: {value!r}"]
        return [
            difference
            for index, (wanted, got) in enumerate(zip(pattern, value, strict=True))
            for difference in differences(wanted, got, f"{place}[{index}]")
        ]
    if callable(pattern):
        return [] if pattern(value) else [f"{place} does not fit: {value!r}"]
    same = pattern == value and isinstance(pattern, bool) == isinstance(value, bool)
    return [] if same else [f"{place} is {value!r}, not {pattern!r}"]


def has(*words: str) -> Callable[[Any], bool]:
    """Text in which all these words stand."""
    return lambda value: isinstance(value, str) and all(word in value for word in words)


def starts(prefix: str) -> Callable[[Any], bool]:
    """Text that begins so: an id."""
    return lambda value: isinstance(value, str) and value.startswith(prefix) and len(value) > len(prefix)


def names(*wanted: str) -> Callable[[Any], bool]:
    """Tools of exactly these names."""
    return lambda tools: [tool["function"]["name"] for tool in tools] == list(wanted)


def offers(*wanted: str) -> Callable[[Any], bool]:
    """Tools among which are these."""
    return lambda tools: set(wanted) <= {tool["function"]["name"] for tool in tools}


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def system(text: Any) -> dict[str, Any]:
    return {"role": "system", "content": text}


def assistant(text: Any = ABSENT, *calls: tuple[Any, Any]) -> dict[str, Any]:
    """What the assistant said; of calls their names and arguments."""
    made: Any = ABSENT
    if calls:
        made = [{"function": {"name": name, "arguments": arguments}} for name, arguments in calls]
        text = "" if text is ABSENT else text
    return {"role": "assistant", "content": text, "tool_calls": made}


def tool(text: Any) -> dict[str, Any]:
    return {"role": "tool", "content": text}

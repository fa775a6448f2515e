"""Padding that hides how long deltas are from those who see only the sizes of what is sent."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

JSON = dict[str, Any]

_SMALLEST = 16
_FILL = "x7Kp2mQvT9sLbR4nYwJ6cHdF"


def pad(event: JSON) -> JSON:
    """A delta event with an `obfuscation` that makes the two together as long as the next power of two, at least 16.

    Lengths are those of JSON in bytes, quotes left out. What fills them is fixed: the same reply gives the same bytes.
    """
    said = len(to_json(event["delta"])) - 2
    missing = max(_SMALLEST, 1 << (said - 1).bit_length()) - said
    return {**event, "obfuscation": (_FILL * (missing // len(_FILL) + 1))[:missing]}

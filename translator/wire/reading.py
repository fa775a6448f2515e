"""How what clients send is read: leniently, explicit nulls as absent, unions by their `type`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BeforeValidator, ConfigDict

LENIENT = ConfigDict(extra="allow", strict=True)
"""Keys nobody knows stay; what is known has the type it should."""


def _without_nulls(value: Any) -> Any:
    if type(value) is dict and None in value.values():
        return {key: entry for key, entry in value.items() if entry is not None}
    return value


Nulls = BeforeValidator(_without_nulls)
"""Takes explicit nulls out of an object."""


def by_type(known: dict[str, str], default: str = "<other>") -> Callable[[Any], str]:
    """A discriminator whose tags stand in angle brackets, so that they can be told from the path of an error."""

    def tag(value: Any) -> str:
        kind = value.get("type") if isinstance(value, dict) else None
        return known.get(kind, default) if isinstance(kind, str) else default

    return tag


def string_or(other: str) -> Callable[[Any], str]:
    """A discriminator between a string and something else."""

    def tag(value: Any) -> str:
        return "<string>" if isinstance(value, str) else other

    return tag

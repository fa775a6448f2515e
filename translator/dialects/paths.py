"""Paths into JSON, as the data files of this package write them: `meta.n_ctx`, `providers[].context_length`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def values_at(value: Any, path: str) -> list[Any]:
    """What stands at the path, null aside; `[]` goes into every entry of a list. Empty where nothing does."""
    found = [value]
    for step in path.split("."):
        key, into_list = step.removesuffix("[]"), step.endswith("[]")
        found = [entry[key] for entry in found if isinstance(entry, Mapping) and entry.get(key) is not None]
        if into_list:
            found = [element for entry in found if isinstance(entry, list) for element in entry]
    return found

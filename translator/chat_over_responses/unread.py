"""What an item says beside the fields that are read of it: chat has no place for that."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from ..mapping.provider_data import KEY
from .deltas import Untold

JSON = dict[str, Any]

_ITEM = frozenset({"type", "id", "status", KEY})
_CALL = _ITEM | {"call_id", "name", "namespace"}
_ITEMS = {
    "message": _ITEM | {"role", "content", "phase"},
    "reasoning": _ITEM | {"summary", "content", "encrypted_content"},
    "function_call": _CALL | {"arguments"},
    "custom_tool_call": _CALL | {"input"},
}
_PARTS = {
    "output_text": frozenset({"type", "text", "annotations", "logprobs"}),
    "refusal": frozenset({"type", "refusal"}),
}


def unread(item: JSON, path: str) -> Iterator[Untold]:
    """What stands beside the fields of an item that is done, and of its parts; of a kind that has no place, nothing."""
    kind = str(item.get("type"))
    if kind not in _ITEMS:
        return
    yield from _beyond(item, _ITEMS[kind], path, kind)
    parts = item.get("content") if kind == "message" else ()
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict) and (known := _PARTS.get(kind := str(part.get("type")))) is not None:
            yield from _beyond(part, known, f"{path}.content[{index}]", kind)


def _beyond(said: JSON, known: Set[str], path: str, kind: str) -> Iterator[Untold]:
    for name in sorted(map(str, said.keys() - known)):
        if said.get(name):
            yield Untold(f"{path}.{name[:64]}", f"chat has no '{name[:64]}' of a '{kind}'")

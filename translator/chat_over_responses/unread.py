"""What an upstream says beside the events, and the fields of items, that are read: chat has no place for that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any

from ..mapping.losses import beyond
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

_DIRECT = {"type": "direct"}
"""The `caller` of a call that no program made: so are all that chat knows."""

_REPEATED = re.compile(
    r"response\.(in_progress|queued|content_part\.\w+|reasoning_(summary_)?part\.\w+"
    r"|.+_call[._].+|(mcp_list_tools|compaction)\.\w+)"
)
"""Events that say how far the response has come, or what the item that is done says once more."""


def is_unread(kind: str) -> bool:
    """Whether an event that is not read may say what nothing else does; of other names than the API's it is no part."""
    return kind.startswith("response.") and _REPEATED.match(kind) is None


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
    for name in beyond(said, known):
        if said[name] != _DIRECT:
            yield Untold(f"{path}.{name[:64]}", f"chat has no '{name[:64]}' of a '{kind}'")

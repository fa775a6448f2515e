"""Data that items bring along: long pieces of it are kept once beside the store, and stored items refer to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from ..errors import InvalidRequest
from ..store import Store
from ..store.contents import ContentMissing
from ..store.records import MOVED, data_field, is_moved, moved_size

JSON = dict[str, Any]

LONG = 16 * 1024
"""Bytes from which on data is moved: what is shorter costs less where it stands."""


class Inline:
    """Moves data out of items that are to be stored, and puts it back into those that are read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def move(self, items: Sequence[JSON], tenant: str, owners: Sequence[str]) -> list[JSON]:
        """The items as they are stored for these owners. Raises InvalidRequest, StoreUnavailable."""

        async def moved(part: JSON, field: str) -> JSON:
            if is_moved(part[field]):
                raise InvalidRequest(f"Invalid '{field}': it should be a string.", param=field, code="invalid_type")
            data = to_json(part[field])
            if len(data) < LONG:
                return part
            digest = await self._store.blobs.put(tenant, data, owners)
            return {**part, field: {MOVED: digest, "size": len(data)}}

        return [await _changed(item, moved) for item in items]

    async def restore(self, items: Sequence[JSON], tenant: str, limit: int | None = None) -> list[JSON]:
        """The items as they were sent. Raises InvalidRequest where that is beyond `limit` bytes, StoreUnavailable."""
        size = sum(map(moved_size, items))
        if not size:
            return list(items)
        if limit is not None and size > limit:
            raise InvalidRequest(
                f"What is continued brings {size} bytes of data, and {limit} is the most that are read at once: upload "
                "files and send their ids, or start anew.",
                param="previous_response_id",
                code="chain_too_long",
            )

        async def restored(part: JSON, field: str) -> JSON:
            if not is_moved(part[field]):
                return part
            try:
                data = await self._store.blobs.get(tenant, part[field][MOVED])
            except ContentMissing:
                data = None
            if data is None:
                return {"type": "input_text", "text": "(A file stood here that is no longer kept.)"}
            return {**part, field: from_json(data)}

        return [await _changed(item, restored) for item in items]


async def _changed(item: JSON, change: Callable[[JSON, str], Awaitable[JSON]]) -> JSON:
    """An item with its files and images changed; itself where it has none."""
    for key in ("content", "output"):
        parts = item.get(key)
        if isinstance(parts, list) and any(data_field(part) for part in parts):
            changed = [await change(part, field) if (field := data_field(part)) else part for part in parts]
            item = {**item, key: changed}
    return item

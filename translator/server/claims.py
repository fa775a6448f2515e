"""What an upstream made for a client, read off its reply as it passes and written down before the client reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..body import Body, parse
from ..wire import events
from .kept import Kept

JSON = dict[str, Any]


class Claims:
    """Writes down that the response, its items and its containers are the client's.

    Of a response that the upstream does not store the containers remain. Input is never claimed: a client may write
    any id into it.
    """

    def __init__(self, kept: Kept, tenant: str, upstream: str, event_bytes: int, *, stored: bool) -> None:
        self._kept = kept
        self._tenant = tenant
        self._upstream = upstream
        self._stored = stored
        self._body = Body(event_bytes)
        self._claimed: set[str] = set()

    async def read(self, data: bytes) -> None:
        """What bytes of a stream tell of. Raises StoreUnavailable where it cannot be written down."""
        for event in self._body.receive(data):
            if not isinstance(event, dict):
                continue
            if isinstance(response := event.get("response"), dict):
                await self._claim(self._of_response(response))
            elif event.get("type") == events.OUTPUT_ITEM_DONE:
                await self._claim(self._of_item(event.get("item")))

    async def read_whole(self, data: bytes) -> None:
        """What a whole answer tells of; as `read`."""
        await self._claim(self._of_response(parse(data) or {}))

    async def _claim(self, ids: Iterable[str]) -> None:
        if new := set(ids) - self._claimed:
            await self._kept.store.belongings.claim(self._tenant, sorted(new), self._upstream)
            self._claimed |= new

    def _of_response(self, response: JSON) -> Iterator[str]:
        if self._stored and isinstance(id := response.get("id"), str):
            yield id
        output = response.get("output")
        for item in output if isinstance(output, list) else ():
            yield from self._of_item(item)

    def _of_item(self, item: Any) -> Iterator[str]:
        if not isinstance(item, dict):
            return
        if self._stored and isinstance(id := item.get("id"), str):
            yield id
        yield from containers_of(item)


def containers_of(holder: JSON) -> Iterator[str]:
    """The containers that an item, or a tool, names."""
    environment = holder.get("environment")
    found = [holder.get("container_id"), holder.get("container")]
    if isinstance(environment, dict):
        found.append(environment.get("container_id"))
    for id in found:
        if isinstance(id, str):
            yield id

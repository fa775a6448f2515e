"""How much is kept and for how long; and the eviction that holds the store to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, Row, Select, Table, cast, delete, func, select

from ..errors import StoreUnavailable
from .databases import Database
from .group import GroupCommit
from .tables import belongings, conversation_items, conversations, learned_facts, responses

MOST_FACTS = 10_000
"""Clients may name any model, and each may teach something: the facts learned last are kept."""

_BATCH = 200
_AGES: dict[Table, Column[float]] = {
    responses: responses.c.stored_at,
    conversations: conversations.c.touched_at,
    belongings: belongings.c.claimed_at,
}
_LOW_WATER = 0.95  # eviction frees a little more than it must, or every further write would need one


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of what is kept and of what one reading returns.

    `ttl` in seconds, counted from when a response was stored or a conversation last changed; `size` in bytes;
    `chain_turns` and `chain_bytes` bound a chain or a conversation read as a whole. `clock` gives Unix seconds.
    """

    ttl: float = 30 * 24 * 3600
    size: int = 10 * 2**30
    chain_turns: int = 10_000
    chain_bytes: int = 64 * 2**20
    clock: Callable[[], float] = time.time

    def expiry(self) -> float:
        """What was stored at this time or before has expired."""
        return self.clock() - self.ttl


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class _Order:
    """What one batch of eviction shall remove: all that expired, and the oldest until `excess` bytes are freed."""

    expiry: float
    excess: int


class Eviction:
    """Keeps count of the bytes held and removes whole responses and conversations, oldest first.

    The count is this process's: what others write is seen at the next `evict`, so several processes together may
    exceed the limit by what they wrote since.
    """

    def __init__(self, database: Database, group: GroupCommit, bounds: Bounds) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self._held = 0
        self._evicting = asyncio.Lock()

    async def make_room(self, size: int) -> None:
        """Return when `size` more bytes may be written; StoreUnavailable when they never can."""
        if self._bounds.size == 0:
            raise StoreUnavailable("This server keeps nothing: send store: false.")
        if size > self._bounds.size * _LOW_WATER:
            raise StoreUnavailable(
                f"The store may hold {self._bounds.size} bytes, too few for this one: raise its size limit."
            )
        self._held += size
        if self._held > self._bounds.size:
            async with self._evicting:
                if self._held > self._bounds.size:
                    await self._evict(size)

    async def evict(self) -> int:
        """Remove what has expired, then what is too much. The number of rows with an age that were removed."""
        async with self._evicting:
            return await self._evict(0)

    async def _evict(self, coming: int) -> int:
        self._held = coming + await self._database.read(_held)
        limit = self._bounds.size
        target = int(limit * _LOW_WATER) if self._held > limit else limit
        evicted = 0
        while True:
            order = _Order(self._bounds.expiry(), excess=max(0, self._held - target))
            count, freed = await self._group.commit(_sweep, order)
            self._held -= freed
            evicted += count
            if count == 0:
                return evicted


def _held(connection: Connection) -> int:
    sums = (select(cast(func.coalesce(func.sum(table.c.size), 0), BigInteger)) for table in _AGES)
    return sum(connection.scalars(query).one() for query in sums)


def _sweep(connection: Connection, orders: Sequence[_Order]) -> list[tuple[int, int]]:
    return [_sweep_batch(connection, order) for order in orders]


def _sweep_batch(connection: Connection, order: _Order) -> tuple[int, int]:
    """Remove up to a batch of the oldest; how many they were, and the bytes they held."""
    learned_at = learned_facts.c.learned_at
    surplus = select(learned_at).order_by(learned_at.desc()).offset(MOST_FACTS).limit(1).scalar_subquery()
    connection.execute(delete(learned_facts).where((learned_at <= order.expiry) | (learned_at <= surplus)))
    oldest = sorted(
        ((row.age, row.size, table, row) for table in _AGES for row in connection.execute(_oldest(table))),
        key=lambda found: found[0],
    )
    freed = 0
    count = 0
    for age, size, table, row in oldest[:_BATCH]:
        if age > order.expiry and freed >= order.excess:
            break
        if _remove(connection, table, row):
            count += 1
            freed += size
    return count, freed


def _oldest(table: Table) -> Select[tuple[str, str, float, int]]:
    age = _AGES[table]
    return select(table.c.tenant, table.c.id, age.label("age"), table.c.size).order_by(age).limit(_BATCH)


def _remove(connection: Connection, table: Table, row: Row[tuple[str, str, float, int]]) -> bool:
    """Remove it, unless another process has removed or renewed it meanwhile; whether it was removed."""
    this = (table.c.tenant == row.tenant, table.c.id == row.id, _AGES[table] == row.age)
    removed = connection.execute(delete(table).where(*this)).rowcount > 0
    if removed and table is conversations:
        items = conversation_items.c
        connection.execute(
            delete(conversation_items).where(items.tenant == row.tenant, items.conversation_id == row.id)
        )
    return removed

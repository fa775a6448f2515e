"""What upstreams keep for tenants: the ids of it, and at which upstream each is; nothing of what they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from .bounds import Bounds, Eviction
from .databases import Database
from .group import GroupCommit
from .records import ROW_OVERHEAD, well_formed
from .tables import Upsert, belongings

_b = belongings.c
_upsert = Upsert(belongings)
_BATCH = 200


class Belongings:
    """Ids by tenant. They expire with the time to live, counted from when they were last claimed."""

    def __init__(self, database: Database, group: GroupCommit, bounds: Bounds, eviction: Eviction) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self._eviction = eviction

    async def claim(self, tenant: str, ids: Iterable[str], upstream: str) -> None:
        """Write down that these ids, of things at an upstream, are the tenant's; committed when this returns.

        What can be no id is passed over: it will not be found.
        """
        row = {"tenant": tenant, "upstream": upstream, "claimed_at": self._bounds.clock(), "size": ROW_OVERHEAD}
        rows = [{**row, "id": id} for id in dict.fromkeys(ids) if well_formed(id)]
        if rows:
            await self._eviction.make_room(ROW_OVERHEAD * len(rows))
            await self._group.commit(_claim, rows)

    async def find(self, tenant: str, ids: Iterable[str]) -> dict[str, str]:
        """The upstreams of those ids that are the tenant's; the others are left out."""
        wanted = sorted({id for id in ids if well_formed(id)})
        expiry = self._bounds.expiry()
        return await self._database.read(lambda connection: _find(connection, tenant, wanted, expiry)) if wanted else {}

    async def forget(self, tenant: str, id: str) -> None:
        """Forget an id: what it stood for is gone."""
        if well_formed(id):
            await self._group.commit(_forget, (tenant, id))


def _claim(connection: Connection, entries: Sequence[list[dict[str, Any]]]) -> list[None]:
    _upsert(connection, [row for rows in entries for row in rows])
    return [None] * len(entries)


def _find(connection: Connection, tenant: str, wanted: list[str], expiry: float) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _BATCH):
        query = select(_b.id, _b.upstream).where(
            _b.tenant == tenant, _b.id.in_(wanted[start : start + _BATCH]), _b.claimed_at > expiry
        )
        found.update({row.id: row.upstream for row in connection.execute(query)})
    return found


def _forget(connection: Connection, keys: Sequence[tuple[str, str]]) -> list[None]:
    for tenant, id in keys:
        connection.execute(delete(belongings).where(_b.tenant == tenant, _b.id == id))
    return [None] * len(keys)

"""Copies: contents that upstreams were given to keep, and what they call them; never the contents themselves.

A copy is its tenant's alone, and of one upstream and key: another tenant's request is never told of it, though it may
bring the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .bounds import Bounds
from .databases import Database
from .files import FileBounds
from .group import GroupCommit
from .records import Copy
from .tables import copies, files

_c = copies.c

MOST_COPIES = 10_000
"""How many there may be of all tenants together: beyond that those that were used last stay."""

_STEP = 3600.0
"""Seconds after which another use of a copy is written down, if its life is not short: not every request writes."""


class Copies:
    """What upstreams keep. It is bounded like files are, and by the time to live, counted from the last use."""

    def __init__(self, database: Database, group: GroupCommit, bounds: Bounds, limits: FileBounds) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self._limits = limits

    async def find(self, tenant: str, account: str, digest: str, file_id: str | None) -> str | None:
        """What the upstream calls this content, if it was given it; used now for the file, where it is one."""
        query = select(copies).where(_c.tenant == tenant, _c.account == account, _c.digest == digest)
        for copy in await self._select(query):
            now, user = self._bounds.clock(), file_id or copy.file_id
            if user != copy.file_id or copy.used_at <= now - min(_STEP, self._bounds.ttl / 10):
                await self._group.commit(_use, (copy, user, now))
            return copy.id
        return None

    async def keep(self, tenant: str, account: str, digest: str, id: str, *, file_id: str | None, size: int) -> str:
        """Write down what the upstream calls a content that it was given, used now.

        What it is called from now on: another one where somebody else was quicker to give it, which is used now, too.
        """
        copy = Copy(tenant, account, digest, id, file_id, size, self._bounds.clock())
        return await self._group.commit(_keep, copy)

    async def forget(self, copy: Copy) -> None:
        """Forget that the upstream was given this one."""
        await self._group.commit(_forget, copy)

    async def named(self, tenant: str, account: str, ids: Iterable[str]) -> list[Copy]:
        """Those that the upstream calls by these ids."""
        return await self._select(
            select(copies).where(_c.tenant == tenant, _c.account == account, _c.id.in_(sorted(ids)))
        )

    async def of_file(self, tenant: str, file_id: str) -> list[Copy]:
        """Those of a file."""
        return await self._select(select(copies).where(_c.tenant == tenant, _c.file_id == file_id))

    async def all(self) -> list[Copy]:
        """All there are, of everybody."""
        return await self._select(select(copies))

    async def due(self) -> list[Copy]:
        """Those that should go: their file is gone, their time is over, or there are too many or too large ones."""
        latest = (_c.used_at.desc(), _c.id)
        ranked = select(
            copies,
            func.row_number().over(order_by=latest).label("place"),
            func.sum(_c.size).over(order_by=latest).label("total"),
            func.sum(_c.size).over(partition_by=_c.tenant, order_by=latest).label("own"),
        ).subquery()
        r = ranked.c
        known = exists().where(files.c.tenant == r.tenant, files.c.id == r.file_id)
        return await self._select(
            select(*(r[column.name] for column in _c)).where(
                or_(
                    r.used_at <= self._bounds.expiry(),
                    and_(r.file_id.is_not(None), ~known),
                    r.place > MOST_COPIES,
                    r.total > self._limits.total,
                    r.own > self._limits.tenant,
                )
            )
        )

    async def _select(self, query: Select[Any]) -> list[Copy]:
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [Copy(**row._mapping) for row in rows]


def _use(connection: Connection, entries: Sequence[tuple[Copy, str | None, float]]) -> list[None]:
    for copy, file_id, now in entries:
        connection.execute(update(copies).where(*_this(copy)).values(file_id=file_id, used_at=now))
    return [None] * len(entries)


def _keep(connection: Connection, entries: Sequence[Copy]) -> list[str]:
    kept = []
    for copy in entries:
        new = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(copies).values(**asdict(copy))
        user = func.coalesce(new.excluded.file_id, _c.file_id)
        # renewed even where somebody was quicker, and told in one go: a look at it afterwards might find it gone
        new = new.on_conflict_do_update(
            index_elements=list(copies.primary_key), set_={"file_id": user, "used_at": new.excluded.used_at}
        )
        kept.append(connection.scalars(new.returning(_c.id)).one())
    return kept


def _forget(connection: Connection, entries: Sequence[Copy]) -> list[None]:
    for copy in entries:
        connection.execute(delete(copies).where(*_this(copy)))
    return [None] * len(entries)


def _this(copy: Copy) -> tuple[Any, ...]:
    """This one, and not what took its place meanwhile."""
    return _c.tenant == copy.tenant, _c.account == copy.account, _c.digest == copy.digest, _c.id == copy.id

"""Blobs: the data that items brought along, kept once for each tenant however often it was sent.

A blob is there as long as some response or conversation that uses it is.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import Connection, Table, and_, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from .bounds import Bounds
from .contents import Contents, Written, adopt, loosen
from .databases import Database
from .group import GroupCommit
from .tables import Upsert, blob_uses, blobs, conversations, responses

_b = blobs.c
_u = blob_uses.c
_upsert_uses = Upsert(blob_uses)

GRACE = 600.0
"""Seconds that a blob waits for the response or conversation that it was put there for to be stored."""

_PIECE_BYTES = 2**20
_BATCH = 100


class Blobs:
    """The blobs of all tenants, by their digests."""

    def __init__(self, database: Database, group: GroupCommit, bounds: Bounds, contents: Contents) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self._contents = contents

    async def put(self, tenant: str, data: bytes, owners: Sequence[str]) -> str:
        """The digest of data that these responses and conversations are going to use; written if it is new."""
        digest = (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
        if not await self._group.commit(_use, (tenant, digest, tuple(owners), self._bounds.clock())):
            written = await self._contents.write(_pieces(data))
            if not await self._group.commit(_add, (tenant, digest, written)):
                await self._contents.drop([written.key])
        return digest

    async def get(self, tenant: str, digest: str) -> bytes | None:
        """The data, or None."""
        query = select(_b.content).where(_b.tenant == tenant, _b.digest == digest)
        key = await self._database.read(lambda connection: connection.scalars(query).one_or_none())
        if key is None:
            return None
        return b"".join([piece async for piece in self._contents.read([key])])

    async def sweep(self) -> int:
        """Remove the blobs that nothing uses any more; how many. Their contents are loose then."""
        await self._group.commit(_forget_uses, self._bounds.clock() - GRACE)
        removed = 0
        while count := await self._group.commit(_sweep, self._bounds.clock()):
            removed += count
        return removed


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]


def _use(connection: Connection, entries: Sequence[tuple[str, str, tuple[str, ...], float]]) -> list[bool]:
    """Note the uses; whether the blob is there already. It is locked then, so that no sweep takes it meanwhile."""
    outcomes = []
    for tenant, digest, owners, now in entries:
        key = {"tenant": tenant, "digest": digest}
        known = select(_b.digest).where(_b.tenant == tenant, _b.digest == digest).with_for_update()
        outcomes.append(connection.scalars(known).one_or_none() is not None)
        _upsert_uses(connection, [{**key, "owner": owner, "used_at": now} for owner in owners])
    return outcomes


def _add(connection: Connection, entries: Sequence[tuple[str, str, Written]]) -> list[bool]:
    """Whether it was added: another may have been quicker."""
    outcomes = []
    for tenant, digest, written in entries:
        new = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(blobs).on_conflict_do_nothing()
        row = {"tenant": tenant, "digest": digest, "size": written.size, "content": written.key}
        fresh = connection.execute(new.values(**row)).rowcount > 0
        if fresh and not adopt(connection, [written.key]):  # it took hours to be written
            connection.execute(delete(blobs).where(_b.tenant == tenant, _b.digest == digest))
            fresh = False
        outcomes.append(fresh)
    return outcomes


def _forget_uses(connection: Connection, times: Sequence[float]) -> list[None]:
    def gone(table: Table) -> object:
        return ~exists().where(table.c.tenant == _u.tenant, table.c.id == _u.owner)

    connection.execute(delete(blob_uses).where(_u.used_at <= min(times), gone(responses), gone(conversations)))  # type: ignore[arg-type]
    return [None] * len(times)


def _sweep(connection: Connection, times: Sequence[float]) -> list[int]:
    used = exists().where(_u.tenant == _b.tenant, _u.digest == _b.digest)
    unused = select(_b.tenant, _b.digest).where(~used).limit(_BATCH).with_for_update()
    removed = 0
    for tenant, digest in connection.execute(unused).all():
        # looked at again now that it is locked: whoever has noted a use meanwhile is seen
        this = and_(_b.tenant == tenant, _b.digest == digest)
        gone = connection.scalars(delete(blobs).where(this, ~used).returning(_b.content)).all()
        loosen(connection, gone, max(times))
        removed += len(gone)
    return [removed] * len(times)

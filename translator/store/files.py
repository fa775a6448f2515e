"""Files that clients have uploaded: what is known of each, and the contents it is made of."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select

from ..errors import InvalidRequest
from .bounds import Bounds
from .contents import Contents, Written, adopt, loosen
from .databases import Database
from .group import GroupCommit
from .paging import Order, place_of
from .records import File, well_formed
from .tables import files, upload_parts, uploads

_f = files.c
_p = upload_parts.c


BLOCK = 4096
"""Bytes that a file, a part or an upload counts beside its content: a block of the disk, rows, index entries."""


@dataclass(frozen=True, slots=True)
class FileBounds:
    """How many bytes there may be: in a file sent at once, in one sent in parts, in a part; of a tenant, of all."""

    file: int = 512 * 2**20
    upload: int = 8 * 2**30
    part: int = 64 * 2**20
    tenant: int = 10 * 2**30
    total: int = 100 * 2**30


DEFAULT_FILE_BOUNDS = FileBounds()


class Files:
    """The files of all tenants. An id that is unknown, another tenant's, deleted or expired is not found."""

    def __init__(
        self, database: Database, group: GroupCommit, bounds: Bounds, limits: FileBounds, contents: Contents
    ) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self.limits = limits
        self._contents = contents

    async def write(self, tenant: str, pieces: AsyncIterator[bytes], limit: int, param: str) -> Written:
        """A new content of at most `limit` bytes and no more than the tenant has room for.

        Nothing refers to it yet. Raises InvalidRequest (413) where it is too large; nothing is left of it then.
        """
        left = await self._database.read(lambda connection: room(connection, tenant, self.limits))

        async def bounded() -> AsyncIterator[bytes]:
            size = 0
            async for piece in pieces:
                size += len(piece)
                if size > limit:
                    raise InvalidRequest(
                        f"'{param}' is larger than {limit} bytes: send less at once, in parts through /uploads.",
                        param=param,
                        code="file_too_large",
                        status=413,
                        headers={"connection": "close"},
                    )
                if size > left:
                    raise no_room(self.limits)
                yield piece

        return await self._contents.write(bounded())

    async def drop(self, written: Written) -> None:
        """Give up a content that no file was made of."""
        await self._contents.drop([written.key])

    async def create(self, file: File) -> None:
        """Keep a file of contents that were written for it. Raises InvalidRequest where there is no room any more."""
        error = await self._group.commit(_create, (file, self.limits))
        if error is not None:
            await self._contents.drop(file.contents)
            raise error

    async def load(self, tenant: str, id: str) -> File | None:
        """The file, or None."""
        if not well_formed(id):
            return None
        query = select(files).where(*self._alive(tenant), _f.id == id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _file(row)

    def read(self, file: File) -> AsyncIterator[bytes]:
        """Its bytes. Raises StoreUnavailable where they cannot be read."""
        return self._contents.read(file.contents)

    async def delete(self, tenant: str, id: str) -> bool:
        """Delete the file and its contents; whether there was one."""
        if not well_formed(id):
            return False
        keys = await self._group.commit(_delete, (tenant, id, self._bounds.clock()))
        if keys is not None:
            await self._contents.drop(keys)
        return keys is not None

    async def page(
        self,
        tenant: str,
        *,
        purpose: str | None = None,
        order: Order = "desc",
        after: str | None = None,
        limit: int = 10_000,
    ) -> tuple[list[File], bool]:
        """Up to `limit` files that come after the file `after`, and whether there are more; by when they were made."""

        def read(connection: Connection) -> Sequence[Row[Any]]:
            query = select(files).where(*self._alive(tenant))
            if purpose is not None:
                query = query.where(_f.purpose == purpose)
            if after is not None:
                query = query.where(_beyond(connection, tenant, after, order))
            places = (_f.made_at, _f.id) if order == "asc" else (_f.made_at.desc(), _f.id.desc())
            return connection.execute(query.order_by(*places).limit(limit + 1)).all()

        rows = await self._database.read(read)
        return [_file(row) for row in rows[:limit]], len(rows) > limit

    async def expire(self) -> int:
        """Delete the files whose time is over; how many. Their contents are loose then."""
        return await self._group.commit(_expire, self._bounds.clock())

    def _alive(self, tenant: str) -> tuple[ColumnElement[bool], ...]:
        return _f.tenant == tenant, or_(_f.expires_at.is_(None), _f.expires_at > self._bounds.clock())


def new_file_id() -> str:
    """An id that nobody can guess."""
    return f"file-{secrets.token_hex(16)}"


def no_room(limits: FileBounds) -> InvalidRequest:
    """What is said where a file does not fit beside those that are kept."""
    return InvalidRequest(
        f"There is no room for this file beside those that are kept (a client may keep {limits.tenant} bytes, all "
        f"together {limits.total}): delete some of them.",
        param="file",
        code="storage_limit_exceeded",
        status=413,
        headers={"connection": "close"},
    )


def insert_file(connection: Connection, file: File) -> None:
    """Write the file's row."""
    row = {
        "tenant": file.tenant,
        "id": file.id,
        "made_at": file.made_at,
        "expires_at": file.expires_at,
        "size": file.size,
        "filename": file.filename,
        "purpose": file.purpose,
        "contents": " ".join(file.contents),
    }
    connection.execute(insert(files), [row])


def _create(connection: Connection, entries: Sequence[tuple[File, FileBounds]]) -> list[InvalidRequest | None]:
    return [_create_one(connection, file, limits) for file, limits in entries]


def _create_one(connection: Connection, file: File, limits: FileBounds) -> InvalidRequest | None:
    if room(connection, file.tenant, limits) < file.size:
        return no_room(limits)
    if not adopt(connection, file.contents):
        return InvalidRequest("The file took too long to arrive: send it again.", param="file", status=408)
    insert_file(connection, file)
    return None


def room(connection: Connection, tenant: str, limits: FileBounds) -> int:
    """How many bytes the tenant's next file may have; what its unfinished uploads hold counts too. -1: none at all."""
    held = (
        (files, func.sum(_f.size + BLOCK)),
        (upload_parts, func.sum(_p.size + BLOCK)),
        (uploads, func.count() * BLOCK),
    )
    total = own = BLOCK
    for table, size in held:
        query = select(func.coalesce(size, 0)).select_from(table)
        total += int(connection.scalars(query).one())
        own += int(connection.scalars(query.where(table.c.tenant == tenant)).one())
    return max(-1, min(limits.tenant - own, limits.total - total))


def _delete(connection: Connection, entries: Sequence[tuple[str, str, float]]) -> list[tuple[str, ...] | None]:
    return [_delete_one(connection, *entry) for entry in entries]


def _delete_one(connection: Connection, tenant: str, id: str, now: float) -> tuple[str, ...] | None:
    this = (_f.tenant == tenant, _f.id == id)
    row = connection.execute(delete(files).where(*this).returning(_f.contents, _f.expires_at)).one_or_none()
    if row is None:
        return None
    keys = tuple(row.contents.split())
    loosen(connection, keys, now)
    return keys if row.expires_at is None or row.expires_at > now else None


def _expire(connection: Connection, times: Sequence[float]) -> list[int]:
    now = max(times)
    gone = connection.scalars(delete(files).where(_f.expires_at <= now).returning(_f.contents)).all()
    loosen(connection, [key for contents in gone for key in contents.split()], now)
    return [len(gone)] * len(times)


def _beyond(connection: Connection, tenant: str, after: str, order: Order) -> ColumnElement[bool]:
    """What stands behind the file `after` in this order."""
    place = None
    if well_formed(after):
        query = select(_f.made_at).where(_f.tenant == tenant, _f.id == after)
        place = connection.scalars(query).one_or_none()
    if place is None:
        place_of(None, after, "after")
    if order == "asc":
        return or_(_f.made_at > place, and_(_f.made_at == place, _f.id > after))
    return or_(_f.made_at < place, and_(_f.made_at == place, _f.id < after))


def _file(row: Row[Any]) -> File:
    return File(
        tenant=row.tenant,
        id=row.id,
        made_at=row.made_at,
        expires_at=row.expires_at,
        size=row.size,
        filename=row.filename,
        purpose=row.purpose,
        contents=tuple(row.contents.split()),
    )

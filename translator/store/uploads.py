"""Uploads: files that arrive in parts. A part is a content of its own, and the file is made of them as they are."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from ..errors import InvalidRequest
from .bounds import Bounds
from .contents import Contents, adopt, loosen
from .databases import Database
from .files import FileBounds, Files, insert_file, new_file_id, no_room, room
from .group import GroupCommit
from .records import File, Upload, well_formed
from .tables import upload_parts, uploads

_u = uploads.c
_p = upload_parts.c

LIFETIME = 3600.0
"""Seconds that an upload may take, from its making to its completion; OpenAI's own."""


class Uploads:
    """The uploads of all tenants. An id that is unknown, another tenant's or of an hour ago is not found."""

    def __init__(
        self, database: Database, group: GroupCommit, bounds: Bounds, contents: Contents, files: Files
    ) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self._contents = contents
        self._files = files

    async def create(self, upload: Upload) -> None:
        """Begin an upload. Raises InvalidRequest (413) for one that is larger than any may be."""
        if upload.size > self._files.limits.upload:
            raise InvalidRequest(
                f"An upload may have {self._files.limits.upload} bytes: send less, or have the server's "
                "upload_max_bytes raised.",
                param="bytes",
                code="file_too_large",
                status=413,
            )
        error = await self._group.commit(_create, (upload, self._files.limits))
        if error is not None:
            raise error

    async def load(self, tenant: str, id: str) -> Upload:
        """The upload. Raises InvalidRequest (404) where there is none."""
        query = select(uploads).where(_u.tenant == tenant, _u.id == id, _u.expires_at > self._bounds.clock())
        row = None
        if well_formed(id):
            row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise _not_found(id)
        return _upload(row)

    async def add_part(self, tenant: str, id: str, pieces: AsyncIterator[bytes]) -> str:
        """Add a part; its id. Raises InvalidRequest where the upload is over, or the part too large."""
        upload = await self.load(tenant, id)
        _require_pending(upload)
        written = await self._files.write(tenant, pieces, self._files.limits.part, "data")
        part_id = f"part_{secrets.token_hex(16)}"
        entry = (upload, part_id, written, self._bounds.clock(), self._files.limits)
        error = await self._group.commit(_add_part, entry)
        if error is not None:
            await self._contents.drop([written.key])
            raise error
        return part_id

    async def part_contents(self, upload: Upload, part_ids: Sequence[str]) -> list[str]:
        """The keys of these parts' contents. Raises InvalidRequest where they do not make up the upload."""
        _require_pending(upload)
        query = select(_p.id, _p.size, _p.content).where(_p.tenant == upload.tenant, _p.upload_id == upload.id)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        known = {row.id: row for row in rows}
        for index, part_id in enumerate(part_ids):
            if part_id not in known or part_id in part_ids[:index]:
                fault = "is named twice" if part_id in known else "is no part of this upload"
                raise InvalidRequest(
                    f"'part_ids[{index}]' {fault}: name each part once, in the order of the file.",
                    param=f"part_ids[{index}]",
                    code="invalid_value",
                )
        size = sum(known[part_id].size for part_id in part_ids)
        if size != upload.size:
            raise InvalidRequest(
                f"The parts have {size} bytes together, but the upload was begun for {upload.size}: send what is "
                "missing, or begin another.",
                param="part_ids",
                code="invalid_value",
            )
        return [known[part_id].content for part_id in part_ids]

    def read(self, keys: Sequence[str]) -> AsyncIterator[bytes]:
        """The bytes of these contents."""
        return self._contents.read(keys)

    async def complete(self, upload: Upload, keys: Sequence[str]) -> File:
        """The file of these contents. Raises InvalidRequest where the upload is over by now."""
        now = self._bounds.clock()
        file = File(
            tenant=upload.tenant,
            id=new_file_id(),
            made_at=now,
            expires_at=None if upload.lifetime is None else now + upload.lifetime,
            size=upload.size,
            filename=upload.filename,
            purpose=upload.purpose,
            contents=tuple(keys),
        )
        await self._end(replace(upload, status="completed"), file, now)
        return file

    async def cancel(self, upload: Upload) -> None:
        """Give the upload up; its parts are removed. Raises InvalidRequest where it is over by now."""
        await self._end(replace(upload, status="cancelled"), None, self._bounds.clock())

    async def expire(self) -> int:
        """Forget the uploads whose time is over; how many. Their parts' contents are loose then."""
        return await self._group.commit(_expire, self._bounds.clock())

    async def _end(self, upload: Upload, file: File | None, now: float) -> None:
        error = await self._group.commit(_end, (upload, file, now))
        if error is not None:
            raise error
        await self._contents.collect()


def _create(connection: Connection, entries: Sequence[tuple[Upload, FileBounds]]) -> list[InvalidRequest | None]:
    return [_create_one(connection, upload, limits) for upload, limits in entries]


def _create_one(connection: Connection, upload: Upload, limits: FileBounds) -> InvalidRequest | None:
    if room(connection, upload.tenant, limits) < 0:
        return no_room(limits)
    row = {
        "tenant": upload.tenant,
        "id": upload.id,
        "made_at": upload.made_at,
        "expires_at": upload.expires_at,
        "status": upload.status,
        "size": upload.size,
        "filename": upload.filename,
        "purpose": upload.purpose,
        "lifetime": upload.lifetime,
    }
    connection.execute(insert(uploads), [row])
    return None


def _pending(connection: Connection, upload: Upload, now: float) -> InvalidRequest | None:
    """Why nothing can be done with the upload any more; its row is locked if nothing is in the way."""
    this = (_u.tenant == upload.tenant, _u.id == upload.id, _u.expires_at > now)
    status = connection.scalars(select(_u.status).where(*this).with_for_update()).one_or_none()
    if status is None:
        return _not_found(upload.id)
    return None if status == "pending" else _over(upload.id, status)


def _add_part(connection: Connection, entries: Sequence[Any]) -> list[InvalidRequest | None]:
    outcomes: list[InvalidRequest | None] = []
    for upload, part_id, written, now, limits in entries:
        error = _pending(connection, upload, now)
        if error is None and room(connection, upload.tenant, limits) < written.size:
            error = no_room(limits)
        if error is None and not adopt(connection, [written.key]):
            error = _not_found(upload.id)
        if error is None:
            key = {"tenant": upload.tenant, "upload_id": upload.id, "id": part_id}
            connection.execute(insert(upload_parts), [{**key, "size": written.size, "content": written.key}])
        outcomes.append(error)
    return outcomes


def _end(connection: Connection, entries: Sequence[tuple[Upload, File | None, float]]) -> list[InvalidRequest | None]:
    return [_end_one(connection, *entry) for entry in entries]


def _end_one(connection: Connection, upload: Upload, file: File | None, now: float) -> InvalidRequest | None:
    if (error := _pending(connection, upload, now)) is not None:
        return error
    connection.execute(
        update(uploads).where(_u.tenant == upload.tenant, _u.id == upload.id).values(status=upload.status)
    )
    parts = (_p.tenant == upload.tenant, _p.upload_id == upload.id)
    held = connection.scalars(delete(upload_parts).where(*parts).returning(_p.content)).all()
    used = file.contents if file is not None else ()
    loosen(connection, [key for key in held if key not in used], now)
    if file is not None:
        insert_file(connection, file)
    return None


def _expire(connection: Connection, times: Sequence[float]) -> list[int]:
    now = max(times)
    over = connection.execute(delete(uploads).where(_u.expires_at <= now).returning(_u.tenant, _u.id)).all()
    for tenant, id in over:
        parts = delete(upload_parts).where(_p.tenant == tenant, _p.upload_id == id).returning(_p.content)
        loosen(connection, connection.scalars(parts).all(), now)
    return [len(over)] * len(times)


def _upload(row: Row[Any]) -> Upload:
    return Upload(
        tenant=row.tenant,
        id=row.id,
        made_at=row.made_at,
        expires_at=row.expires_at,
        status=row.status,
        size=row.size,
        filename=row.filename,
        purpose=row.purpose,
        lifetime=row.lifetime,
    )


def _require_pending(upload: Upload) -> None:
    if upload.status != "pending":
        raise _over(upload.id, upload.status)


def _over(id: str, status: str) -> InvalidRequest:
    return InvalidRequest(
        f"The upload '{id}' is {status}: begin another.", param="upload_id", code="upload_not_pending"
    )


def _not_found(id: str) -> InvalidRequest:
    return InvalidRequest(
        f"No such Upload object: {id[:128]}. It was never made, or its hour is over.",
        status=404,
        param="upload_id",
        code="upload_not_found",
    )

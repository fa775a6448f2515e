"""`/files`: uploaded, listed, read and deleted."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ..errors import InvalidRequest
from ..store import File, Store
from ..store.contents import Written
from ..store.files import new_file_id
from ..wire.files import NAME_LENGTH, PURPOSES, read_fields
from .auth import Authenticator
from .copies import Copies
from .kept import Kept
from .multipart import Form
from .pages import as_envelope, read_paging

JSON = dict[str, Any]

MOST = 10_000
"""The most files on a page, and as many as there are on one where nobody says how many."""

MOST_FIELDS = 16


class Files:
    """The endpoints. An id that is unknown, another client's, deleted or expired is answered alike."""

    def __init__(self, authenticator: Authenticator, kept: Kept, copies: Copies) -> None:
        self._authenticator = authenticator
        self._kept = kept
        self._copies = copies

    async def create(self, request: Request) -> Response:
        """`POST /files`: a form with `file`, `purpose` and `expires_after`, in any order."""
        tenant = self._authenticator.identify(request.scope).tenant
        store = keeping(self._kept)
        limit = store.files.limits.file
        fields: dict[str, str] = {}
        written: Written | None = None
        filename = ""
        try:
            async for part in Form(request.scope, request.receive, limit).parts():
                if part.name == "file" and part.filename is not None:
                    if written is not None:
                        raise InvalidRequest("There are two parts named 'file': send one file at a time.", param="file")
                    filename = file_name(part.filename, "file")
                    written = await store.files.write(tenant, part.pieces(), limit, "file")
                elif len(fields) < MOST_FIELDS:
                    fields[part.name] = await part.text()
            file = _file(tenant, filename, written, read_fields(fields))
        except BaseException:
            if written is not None:
                await store.files.drop(written)
            raise
        await store.files.create(file)
        return JSONResponse(as_json(file))

    async def list(self, request: Request) -> Response:
        """`GET /files`: a page of them, of one purpose where it is named."""
        tenant = self._authenticator.identify(request.scope).tenant
        paging = read_paging(request.query_params, most=MOST, default=MOST)
        purpose = request.query_params.get("purpose")
        if purpose is not None and purpose not in PURPOSES:
            raise InvalidRequest(
                f"Invalid 'purpose': {purpose[:40]!r} is none of {', '.join(PURPOSES)}.", param="purpose"
            )
        if paging.before is not None:
            raise InvalidRequest("Files are listed forwards: use 'after' and 'order'.", param="before")
        files, more = await keeping(self._kept).files.page(
            tenant, purpose=purpose, order=paging.order, after=paging.after, limit=paging.limit
        )
        return JSONResponse(as_envelope([as_json(file) for file in files], more))

    async def retrieve(self, request: Request) -> Response:
        """`GET /files/{id}`."""
        return JSONResponse(as_json(await self._load(request)))

    async def content(self, request: Request) -> Response:
        """`GET /files/{id}/content`: its bytes as they were sent."""
        file = await self._load(request)
        pieces = self._kept.store.files.read(file)
        first = await anext(pieces, b"")  # what cannot be read is an error, not half an answer
        headers = {
            "content-length": str(file.size),
            "content-disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
            "x-content-type-options": "nosniff",
        }
        return StreamingResponse(_behind(first, pieces), headers=headers, media_type="application/octet-stream")

    async def delete(self, request: Request) -> Response:
        """`DELETE /files/{id}`: it and its content are gone, here and, if they can be asked, at upstreams."""
        principal = self._authenticator.identify(request.scope)
        id = request.path_params["id"]
        if not await keeping(self._kept).files.delete(principal.tenant, id):
            raise not_found(id)
        await self._copies.release(id, principal.tenant, principal.upstream_key)
        return JSONResponse({"id": id, "object": "file", "deleted": True})

    async def _load(self, request: Request) -> File:
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        file = await keeping(self._kept).files.load(tenant, id)
        if file is None:
            raise not_found(id)
        return file


def keeping(kept: Kept) -> Store:
    """The store, if it keeps anything. Raises InvalidRequest."""
    if not kept.store.keeps:
        raise InvalidRequest(
            "This server keeps no files: send the data itself in 'file_data' or 'image_url', or have the server "
            "started with a store.",
            code="files_not_kept",
        )
    return kept.store


def as_json(file: File) -> JSON:
    """A file as OpenAI shows it."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size,
        "created_at": int(file.made_at),
        "expires_at": None if file.expires_at is None else int(file.expires_at),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def not_found(id: str) -> InvalidRequest:
    """The same for every file that this client does not have."""
    return InvalidRequest(
        f"No such File object: {id[:128]}. It was never uploaded, was deleted or has expired.",
        status=404,
        param="id",
        code="file_not_found",
    )


def file_name(name: str, param: str) -> str:
    """A file's name as it may be kept and shown. Raises InvalidRequest."""
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise InvalidRequest(
            f"A file needs a name of 1 to {NAME_LENGTH} printable characters as its 'filename'.",
            param=param,
            code="invalid_value",
        )
    return name


def _file(tenant: str, filename: str, written: Written | None, fields: JSON) -> File:
    if written is None:
        raise InvalidRequest(
            "Missing required parameter: 'file'; send it as a part of that name, with a filename.",
            param="file",
            code="missing_required_parameter",
        )
    now = time.time()
    lifetime = fields["expires_after"]["seconds"] if "expires_after" in fields else None
    return File(
        tenant=tenant,
        id=new_file_id(),
        made_at=now,
        expires_at=None if lifetime is None else now + lifetime,
        size=written.size,
        filename=filename,
        purpose=fields["purpose"],
        contents=(written.key,),
    )


async def _behind(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece

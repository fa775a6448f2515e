"""`/uploads`: large files, part by part."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import InvalidRequest
from ..store import File, Upload
from ..store.uploads import LIFETIME
from ..wire.files import read_completion, read_creation
from . import files
from .auth import Authenticator
from .body import read_json
from .files import file_name, keeping
from .kept import Kept
from .multipart import Form

JSON = dict[str, Any]


class Uploads:
    """The endpoints. An id that is unknown, another client's or of more than an hour ago is answered alike."""

    def __init__(self, authenticator: Authenticator, kept: Kept, max_body_bytes: int) -> None:
        self._authenticator = authenticator
        self._kept = kept
        self._max_body_bytes = max_body_bytes

    async def create(self, request: Request) -> Response:
        """`POST /uploads`: begin one."""
        tenant = self._authenticator.identify(request.scope).tenant
        body = read_creation(await read_json(request.scope, request.receive, self._max_body_bytes))
        now = time.time()
        upload = Upload(
            tenant=tenant,
            id=f"upload_{secrets.token_hex(16)}",
            made_at=now,
            expires_at=now + LIFETIME,
            size=body["bytes"],
            filename=file_name(body["filename"], "filename"),
            purpose=body["purpose"],
            lifetime=body["expires_after"]["seconds"] if "expires_after" in body else None,
        )
        await keeping(self._kept).uploads.create(upload)
        return JSONResponse(_as_json(upload, upload.status))

    async def add_part(self, request: Request) -> Response:
        """`POST /uploads/{id}/parts`: a form with `data`."""
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        store = keeping(self._kept)
        async for part in Form(request.scope, request.receive, store.files.limits.part).parts():
            if part.name == "data":
                part_id = await store.uploads.add_part(tenant, id, part.pieces())
                made_at = int(time.time())
                shown = {"id": part_id, "object": "upload.part", "created_at": made_at, "upload_id": id}
                return JSONResponse(shown)
        await store.uploads.load(tenant, id)
        raise InvalidRequest(
            "Missing required parameter: 'data'; send the part's bytes under that name.",
            param="data",
            code="missing_required_parameter",
        )

    async def complete(self, request: Request) -> Response:
        """`POST /uploads/{id}/complete`: the file, of these parts in this order."""
        tenant = self._authenticator.identify(request.scope).tenant
        store = keeping(self._kept)
        body = await read_json(request.scope, request.receive, self._max_body_bytes)
        upload = await store.uploads.load(tenant, request.path_params["id"])
        part_ids, md5 = read_completion(body)
        keys = await store.uploads.part_contents(upload, part_ids)
        if md5 is not None:
            digest = hashlib.md5(usedforsecurity=False)
            async for piece in store.uploads.read(keys):
                await asyncio.to_thread(digest.update, piece)
            if digest.hexdigest() != md5.lower():
                raise InvalidRequest(
                    f"The parts' MD5 digest is {digest.hexdigest()}, not {md5}: send the parts again.", param="md5"
                )
        file = await store.uploads.complete(upload, keys)
        return JSONResponse(_as_json(upload, "completed", file))

    async def cancel(self, request: Request) -> Response:
        """`POST /uploads/{id}/cancel`: no part can be added any more, and what was sent is removed."""
        tenant = self._authenticator.identify(request.scope).tenant
        store = keeping(self._kept)
        upload = await store.uploads.load(tenant, request.path_params["id"])
        await store.uploads.cancel(upload)
        return JSONResponse(_as_json(upload, "cancelled"))


def _as_json(upload: Upload, status: str, file: File | None = None) -> JSON:
    return {
        "id": upload.id,
        "object": "upload",
        "bytes": upload.size,
        "created_at": int(upload.made_at),
        "expires_at": int(upload.expires_at),
        "filename": upload.filename,
        "purpose": upload.purpose,
        "status": status,
        "file": None if file is None else files.as_json(file),
    }

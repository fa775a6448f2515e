"""Files kept here, in requests that are passed on: their ids mean nothing to an upstream, so their data goes there."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any

from ..documents.kinds import image_type, is_pdf
from ..errors import InvalidRequest
from ..store import File
from .attachments import data_url
from .body import encode_request
from .kept import Kept
from .room import Room

JSON = dict[str, Any]


class OwnFiles:
    """Puts the data of a client's own files in the place of their ids: at most `files`, of at most `most` bytes each.

    An id that is not of a file kept here is left as it is: it may be one of the upstream's own.
    """

    def __init__(self, kept: Kept, most: int, files: int) -> None:
        self._kept = kept
        self._most = most
        self._files = files

    async def bring(self, raw: bytes, body: JSON, tenant: str) -> tuple[bytes, JSON]:
        """A request of either API, as bytes and as the JSON they are; the same where it names no file kept here.

        Raises InvalidRequest for a file that is too large to be sent along, or StoreUnavailable.
        """
        if b'"file_id"' not in raw or not self._kept.store.keeps:
            return raw, body
        brought, room = {**body}, Room(self._most, self._files)
        for name in ("input", "messages"):
            items = body.get(name)
            if isinstance(items, list):
                places = [f"{name}[{index}]" for index in range(len(items))]
                brought[name] = [
                    await self._item(item, place, tenant, room) for item, place in zip(items, places, strict=True)
                ]
        return (raw, body) if brought == body else (encode_request(brought), brought)

    async def _item(self, item: Any, place: str, tenant: str, room: Room) -> Any:
        if not isinstance(item, dict):
            return item
        for key in ("content", "output"):
            parts = item.get(key)
            if isinstance(parts, list):
                told = [await self._part(part, f"{place}.{key}[{at}]", tenant, room) for at, part in enumerate(parts)]
                item = {**item, key: told}
        return item

    async def _part(self, part: Any, place: str, tenant: str, room: Room) -> Any:
        match part:
            case {"type": "file", "file": {"file_id": str(id)}}:
                file = await self._load(tenant, id, f"{place}.file.file_id", room)
                return part if file is None else {**part, "file": await self._as_file(part["file"], file)}
            case {"type": "input_file", "file_id": str(id)}:
                file = await self._load(tenant, id, f"{place}.file_id", room)
                return part if file is None else await self._as_file(part, file)
            case {"type": "input_image", "file_id": str(id)}:
                file = await self._load(tenant, id, f"{place}.file_id", room)
                return part if file is None else {**_without_id(part), "image_url": await self._data(file)}
        return part

    async def _load(self, tenant: str, id: str, param: str, room: Room) -> File | None:
        room.take(param)
        file = await self._kept.store.files.load(tenant, id)
        if file is not None and file.size > self._most:
            raise InvalidRequest(
                f"The file '{file.filename}' has {file.size} bytes, and {self._most} is the most that are sent along.",
                param=param,
                code="file_too_large",
            )
        if file is not None:
            room.use(file.size * 4 // 3)  # as base64
        return file

    async def _as_file(self, holder: Mapping[str, Any], file: File) -> JSON:
        return {**_without_id(holder), "filename": file.filename, "file_data": await self._data(file)}

    async def _data(self, file: File) -> str:
        data = b"".join([piece async for piece in self._kept.store.files.read(file)])
        kind = image_type(data) or ("application/pdf" if is_pdf(data) else mimetypes.guess_type(file.filename)[0])
        return await data_url(kind or "application/octet-stream", data)


def _without_id(holder: Mapping[str, Any]) -> JSON:
    return {key: value for key, value in holder.items() if key != "file_id"}

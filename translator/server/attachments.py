"""Files and images that parts refer to, put into words that the upstream of a turn takes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from ..dialects import Dialect
from ..documents.kinds import HEAD_BYTES, image_type, is_pdf
from ..documents.limits import Unreadable
from ..errors import InvalidRequest, TranslatorError, Unsupported
from ..mapping.attachments import Attachment, Attachments
from ..mapping.tool_kinds import CALLS
from ..store.contents import ContentMissing
from .copies import Copies, Place
from .documents import Documents, Reading
from .fetching import Fetcher, NotFetched
from .kept import Kept
from .room import Room
from .source import Source

JSON = dict[str, Any]

_SOURCES = ("file_data", "file_id", "file_url")
_UNNAMED = "unnamed"


class Attacher:
    """Finds what is told in the place of each part that refers to a file or an image.

    What the upstream takes as it is gets no attachment. A part of an earlier turn that can no longer be told says so in
    text: a conversation goes on without the file. One of this turn raises InvalidRequest or Unsupported with its path.
    """

    def __init__(self, kept: Kept, copies: Copies, documents: Documents, fetcher: Fetcher | None, most: int) -> None:
        self._kept = kept
        self._copies = copies
        self._most = most
        self._documents = documents
        self._fetcher = fetcher

    async def attach(
        self, input: Sequence[JSON], history: Sequence[JSON], dialect: Dialect, place: Place
    ) -> Attachments:
        """The attachments of a request's items and of those before it, which goes to this place."""
        found: dict[str, Attachment] = {}
        settled = _last_said(input)
        room = Room(self._documents.limits.size, self._most)
        sent, earlier = [*_parts(input, "input")], [*_parts(history, "history")]
        room.admit([path for _, path, _ in sent])
        # this turn's first, then the latest: where not all of it can be told, what is old stands back
        for parts, old in ((sent, settled), (reversed(earlier), len(history))):
            for index, path, part in parts:
                try:
                    if not part.get("image_url", "").startswith("data:"):
                        room.take(path)
                    attachment = await self._attach(part, path, dialect, place)
                    room.use(_told_size(attachment))
                except (InvalidRequest, Unsupported, ContentMissing) as error:
                    if index >= old:
                        raise
                    attachment = _missing(error)
                if attachment is not None:
                    found[path] = attachment
        return found

    async def _attach(self, part: JSON, path: str, dialect: Dialect, place: Place) -> Attachment | None:
        if part["type"] == "input_image":
            image = await self._image_source(part, path, dialect, place.tenant)
            return None if image is None else await self._image(image, part, dialect)
        source = await self._source(part, path, place.tenant)
        if source is None:
            return None
        try:
            return await self._file(source, part, dialect, place)
        except Unreadable as error:
            raise _unreadable(source, error) from None

    async def _source(self, part: JSON, path: str, tenant: str) -> Source | None:
        """Where the bytes of a file are; None where the part names none, which is said when it is mapped."""
        named = [key for key in _SOURCES if key in part]
        if len(named) > 1:
            raise InvalidRequest(
                f"'{path}' names its file in {' and '.join(named)}: keep one of them.",
                param=f"{path}.{named[1]}",
                code="mutually_exclusive_parameters",
            )
        match named:
            case ["file_data"]:
                return await asyncio.to_thread(_inline, part, f"{path}.file_data")
            case ["file_id"]:
                return await self._kept_file(part, path, tenant)
            case ["file_url"]:
                return await self._fetched(part["file_url"], f"{path}.file_url")
        return None

    async def _image_source(self, part: JSON, path: str, dialect: Dialect, tenant: str) -> Source | None:
        """Where the bytes of an image are; None where it goes as it is, or cannot, which is said when it is mapped."""
        url = part.get("image_url")
        if url is None:
            return await self._kept_file(part, path, tenant) if "file_id" in part else None
        if url.startswith("data:") or "url" in dialect.image or not dialect.image or self._fetcher is None:
            return None
        return await self._fetched(url, f"{path}.image_url")

    async def _fetched(self, url: str, param: str) -> Source:
        if self._fetcher is None:
            raise Unsupported(
                f"'{param}' is not fetched by this server: upload the file and send its file_id, or send its bytes.",
                param=param,
            )
        try:
            fetched = await self._fetcher.fetch(url)
        except NotFetched as error:
            raise InvalidRequest(f"The URL at '{param}' {error}.", param=param, code="url_not_fetched") from None
        return await asyncio.to_thread(_source_of, fetched.data, fetched.name, param)

    async def _kept_file(self, part: JSON, path: str, tenant: str) -> Source:
        param = f"{path}.file_id"
        store = self._kept.store
        if not store.keeps:
            raise Unsupported(
                f"'{param}' cannot be found, for this server keeps no files: send the data itself, or have the server "
                "started with a store.",
                param=param,
            )
        file = await store.files.load(tenant, part["file_id"])
        if file is None:
            raise InvalidRequest(
                f"The file '{part['file_id'][:128]}' at '{param}' was never uploaded, was deleted or has expired: "
                "upload it again.",
                param=param,
                code="file_not_found",
            )
        key = " ".join(file.contents)
        return Source(key, file.filename, file.size, lambda: store.files.read(file), param, file.id)

    def _admit(self, source: Source) -> None:
        """Raises InvalidRequest for what is too large to be read here."""
        limit = self._documents.limits.size
        if source.size > limit:
            raise _unreadable(source, Unreadable(f"has {source.size} bytes, and {limit} is the most that are read"))

    async def _image(self, source: Source, part: JSON, dialect: Dialect) -> Attachment:
        self._admit(source)
        data = await _all(source)
        kind = image_type(data)
        if kind is None:
            raise _unreadable(source, Unreadable("is no image that models know: send a PNG, JPEG, GIF or WebP"))
        if "data" not in dialect.image:
            raise Unsupported(
                f"The upstream takes no image like '{source.name}': describe it in words.", param=source.param
            )
        rest = {key: value for key, value in part.items() if key != "file_id"}
        return Attachment(({**rest, "image_url": await data_url(kind, data)},))

    async def _file(self, source: Source, part: JSON, dialect: Dialect, place: Place) -> Attachment | None:
        head = await _head(source)
        if is_pdf(head) and dialect.file == "upload":
            id = await self._copies.id_of(source, place, dialect.upload_fields)
            return Attachment(({"type": "input_file", "file_id": id},))
        self._admit(source)
        if is_pdf(head) and dialect.file:
            if "file_data" in part:
                return None
            data = await data_url("application/pdf", await _all(source))
            return Attachment(({"type": "input_file", "filename": source.name, "file_data": data},))
        if (kind := image_type(head)) is not None and "data" in dialect.image:
            return Attachment(({"type": "input_image", "image_url": await data_url(kind, await _all(source))},))
        reading = await self._documents.read(source.key, source.name, source.open, images="data" in dialect.image)
        return Attachment(tuple(_told(reading, source.name)), self._loss(reading, source.name))

    def _loss(self, reading: Reading, name: str) -> str:
        limits = self._documents.limits
        loss = f"the upstream takes no such file, so it is told what stands in '{name}'"
        if reading.full:
            loss += f", not all of it: {limits.characters} characters and {limits.images} pictures are the most"
        return loss


def _parts(items: Sequence[JSON], name: str) -> Iterator[tuple[int, str, JSON]]:
    """The files and images of items: the item's index, the part's path, and the part."""
    for index, item in enumerate(items):
        for key in ("content", "output"):
            content = item.get(key)
            if isinstance(content, list):
                for place, part in enumerate(content):
                    if isinstance(part, dict) and part.get("type") in ("input_file", "input_image"):
                        yield index, f"{name}[{index}].{key}[{place}]", part


def _last_said(items: Sequence[JSON]) -> int:
    """The index of the last item that the model said, and with it the end of the turns that are over; else 0."""
    for index in range(len(items) - 1, -1, -1):
        item = items[index]
        if item.get("role") == "assistant" or item.get("type") in CALLS or item.get("type") == "reasoning":
            return index
    return 0


def _inline(part: JSON, param: str) -> Source:
    given: str = part["file_data"]
    encoded = given.partition(",")[2] if given.startswith("data:") else given
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest(
            f"Invalid '{param}': it is neither base64 nor a base64 data URL.", param=param, code="invalid_value"
        ) from None
    return _source_of(data, part.get("filename"), param)


def _source_of(data: bytes, name: str | None, param: str) -> Source:
    async def pieces() -> AsyncIterator[bytes]:
        yield data

    return Source(hashlib.sha256(data).hexdigest(), _name(name), len(data), pieces, param)


def _name(given: str | None) -> str:
    """A file's name as it can be shown: on one line, and of a length that is no document itself."""
    return "".join(letter for letter in given or "" if letter.isprintable())[:256] or _UNNAMED


async def _head(source: Source) -> bytes:
    async for piece in source.open():
        return piece[:HEAD_BYTES]
    return b""


async def _all(source: Source) -> bytes:
    return b"".join([piece async for piece in source.open()])


async def data_url(kind: str, data: bytes) -> str:
    """Data of a media type, as a URL; made elsewhere than on the event loop, which megabytes would hold up."""
    return f"data:{kind};base64,{(await asyncio.to_thread(base64.b64encode, data)).decode()}"


def _told(reading: Reading, name: str) -> Iterator[JSON]:
    """A document's parts between marks with its name; texts that stand beside each other are one."""
    texts = [f'--- file "{name}" ---\n']
    for part in reading.parts:
        if "text" in part:
            texts.append(part["text"])
            continue
        yield {"type": "input_text", "text": "".join(texts)}
        texts = []
        yield {"type": "input_image", "image_url": f"data:{part['type']};base64,{part['image']}"}
    ending = "\n(The rest is left out.)\n" if reading.full else ""
    yield {"type": "input_text", "text": "".join([*texts, f'{ending}--- end of file "{name}" ---'])}


def _told_size(attachment: Attachment | None) -> int:
    """The bytes, about, of what stands for a part; what goes as it is was in the request itself."""
    parts = attachment.parts if attachment is not None else ()
    return sum(len(value) for part in parts for value in part.values() if isinstance(value, str))


def _missing(error: TranslatorError) -> Attachment:
    return Attachment(({"type": "input_text", "text": f"(A file stood here. {error.message})"},), error.message)


def _unreadable(source: Source, error: Unreadable) -> InvalidRequest:
    return InvalidRequest(f"The file '{source.name}' {error}.", param=source.param, code="unreadable_file")

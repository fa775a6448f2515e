"""A form that brings a file, as it goes upstream: written piece by piece, however large the file is."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import httpx

from ..errors import TranslatorError
from ..store.contents import ContentMissing

PDF = "application/pdf"

PIECE_BYTES = 256 * 1024
"""As much of a request's body as is written at once: more would be copied at once, and hold up everybody."""


def cut(data: bytes) -> Iterator[bytes]:
    """Data in pieces that are written at once."""
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]


class FileForm(httpx.AsyncByteStream):
    """`multipart/form-data` (RFC 7578): fields, then the part `file`, `size` bytes that `open` gives."""

    def __init__(
        self, fields: Mapping[str, str], name: str, kind: str, size: int, open: Callable[[], AsyncIterator[bytes]]
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        parts = [f'name="{_quoted(field)}"\r\n\r\n{value}\r\n' for field, value in fields.items()]
        parts.append(f'name="file"; filename="{_quoted(name)}"\r\nContent-Type: {kind}\r\n\r\n')
        head = "".join(f"--{boundary}\r\nContent-Disposition: form-data; {part}" for part in parts)
        self._head = head.encode("utf-8", "replace")
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._size = size
        self._open = open
        self.failure: TranslatorError | None = None
        """Why the file could not be read to its end: whoever sends the form can only tell that it broke off."""

    def __len__(self) -> int:
        """The whole form, in bytes."""
        return len(self._head) + self._size + len(self._tail)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._size
        yield self._head
        try:
            async for read in self._open():
                left -= len(read)
                for piece in cut(read):
                    yield piece
            if left:
                raise ContentMissing()  # the upstream would wait for the rest
        except TranslatorError as error:
            self.failure = error
            raise
        yield self._tail


def _quoted(name: str) -> str:
    """A name as browsers write it: what would end it, or the line, is percent-encoded."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

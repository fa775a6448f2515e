"""A form that brings a file, as it goes upstream: written piece by piece, however large the file is."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping

import httpx

PDF = "application/pdf"


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

    def __len__(self) -> int:
        """The whole form, in bytes."""
        return len(self._head) + self._size + len(self._tail)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        async for piece in self._open():
            yield piece
        yield self._tail


def _quoted(name: str) -> str:
    """A name as browsers write it: what would end it, or the line, is percent-encoded."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

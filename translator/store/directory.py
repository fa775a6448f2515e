"""A shelf of contents that is a directory: one file for each, readable by their owner alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import StoreUnavailable
from .contents import ContentMissing

_PIECE_BYTES = 256 * 1024
_log = logging.getLogger(__name__)


class Directory:
    """The shelf below `path`; with None below a temporary one, which goes when it is closed."""

    def __init__(self, path: Path | None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="translator-files-") if path is None else None
        self._path = path if path is not None else Path(self._temporary.name if self._temporary else "")

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a new content, to the disk itself."""
        with _failures_named():
            file = await asyncio.to_thread(self._create, key)
        with file:
            async for piece in pieces:
                with _failures_named():
                    await asyncio.to_thread(file.write, piece)
            with _failures_named():
                await asyncio.to_thread(_sync, file)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """The content."""
        with _failures_named():
            file = await asyncio.to_thread(self._at(key).open, "rb")
        with file:
            while True:
                with _failures_named():
                    piece = await asyncio.to_thread(file.read, _PIECE_BYTES)
                if not piece:
                    return
                yield piece

    async def delete(self, key: str) -> None:
        """Remove the content."""
        with _failures_named():
            await asyncio.to_thread(self._at(key).unlink, missing_ok=True)

    async def close(self) -> None:
        """Remove what was there for this process alone."""
        if self._temporary is not None:
            await asyncio.to_thread(self._temporary.cleanup)

    def _at(self, key: str) -> Path:
        return self._path / key[:2] / key  # a directory of very many files is slow to list

    def _create(self, key: str) -> BinaryIO:
        path = self._at(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextlib.contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ContentMissing from error
    except OSError as error:
        _log.error("The files' directory failed: %s: %s", type(error).__name__, error.strerror)
        raise StoreUnavailable(
            "The files that are kept cannot be reached, or there is no room: try again later."
        ) from error

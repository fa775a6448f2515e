"""A shelf of contents that is a bucket of any service that speaks S3.

Where it is and who may write there is told by the environment, in AWS's own words: AWS_ENDPOINT_URL, AWS_REGION,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and their like.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ..errors import StoreUnavailable
from .contents import ContentMissing

_PIECE_BYTES = 256 * 1024
_PARTS_AT_ONCE = 4  # of 5 MiB, which are held until they are sent
_log = logging.getLogger(__name__)


class Bucket:
    """The shelf at `s3://BUCKET/PREFIX`. A content is sent in parts while it arrives, and aborted if it breaks off."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._store = S3Store(parts.netloc, prefix=parts.path.strip("/") or None)

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a new content."""
        with _failures_named():
            await obstore.put_async(self._store, key, pieces, max_concurrency=_PARTS_AT_ONCE)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """The content."""
        with _failures_named():
            try:
                found = await obstore.get_async(self._store, key)
            except FileNotFoundError as error:
                raise ContentMissing from error
            async for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Remove the content."""
        with _failures_named(), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def close(self) -> None:
        """There is nothing to let go of."""


@contextlib.contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except (BaseError, FileNotFoundError, PermissionError) as error:
        _log.error("The files' bucket failed: %s", type(error).__name__)  # its words may hold addresses
        raise StoreUnavailable("The bucket that keeps files cannot be reached: try again later.") from error

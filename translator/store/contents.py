"""Contents: the bytes of files, which stand outside the database, in a directory or a bucket.

A content has a key that is never used again. Its key is written down as loose before its first byte is, and adopted in
the transaction of the row that refers to it; a row that goes makes its contents loose again. So whatever dies in
between, every content is either referred to or found and removed.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, delete, insert, select

from ..errors import StoreUnavailable, TranslatorError
from .bounds import Bounds
from .databases import Database
from .group import GroupCommit
from .tables import loose_contents

_l = loose_contents.c
_log = logging.getLogger(__name__)

WRITING_SECONDS = 6 * 3600.0
"""How long a content may take to be written and referred to; after that it is taken for abandoned."""

_BATCH = 100


class ContentMissing(StoreUnavailable):
    """A content that is referred to is not where it should be: it was removed, or is on another machine."""

    def __init__(self) -> None:
        super().__init__(
            "What was kept of this is not there any more: send it again (where several machines serve, their files "
            "belong in a bucket or a directory that all of them share)."
        )


class Shelf(Protocol):
    """Where contents are, by their keys. Raises StoreUnavailable."""

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a new content; what the pieces raise is raised, and some of the content may be there then."""

    def read(self, key: str) -> AsyncIterator[bytes]:
        """The content, piece by piece. Raises ContentMissing where there is none."""

    async def delete(self, key: str) -> None:
        """Remove the content; one that is not there is as good."""

    async def close(self) -> None:
        """Let go of everything."""


class Written(NamedTuple):
    """A content that was written and that nothing refers to yet."""

    key: str
    size: int


class Contents:
    """The contents of all tenants, and those among them that are loose."""

    def __init__(self, shelf: Shelf, database: Database, group: GroupCommit, bounds: Bounds) -> None:
        self._shelf = shelf
        self._database = database
        self._group = group
        self._bounds = bounds

    async def write(self, pieces: AsyncIterator[bytes]) -> Written:
        """A new content, whole; nothing is left of it if the pieces raise, or the caller goes away."""
        key = secrets.token_hex(16)
        size = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for piece in pieces:
                size += len(piece)
                yield piece

        await self._group.commit(_note, (key, self._bounds.clock() + WRITING_SECONDS))
        try:
            await self._shelf.write(key, counted())
        except BaseException:
            await asyncio.shield(asyncio.ensure_future(self.drop([key])))
            raise
        return Written(key, size)

    async def read(self, keys: Sequence[str]) -> AsyncIterator[bytes]:
        """The contents, one after the other. Raises ContentMissing, StoreUnavailable."""
        for key in keys:
            async for piece in self._shelf.read(key):
                yield piece

    async def drop(self, keys: Sequence[str]) -> None:
        """Remove loose contents; what cannot be removed now is left for `collect`."""
        try:
            for key in keys:
                await self._shelf.delete(key)
            await self._group.commit(_forget, tuple(keys))
        except TranslatorError:
            _log.warning("A content could not be removed: it is tried again later.")

    async def collect(self) -> int:
        """Remove loose contents that are due; how many they were."""
        query = select(_l.key).where(_l.due_at <= self._bounds.clock()).order_by(_l.due_at).limit(_BATCH)
        count = 0
        while True:
            keys = await self._database.read(lambda connection: connection.scalars(query).all())
            if keys:
                await self.drop(keys)
                count += len(keys)
            if len(keys) < _BATCH:
                return count

    async def close(self) -> None:
        """Let go of the shelf."""
        await self._shelf.close()


def adopt(connection: Connection, keys: Sequence[str]) -> bool:
    """Contents are referred to from now on; False where one of them was given up meanwhile."""
    return connection.execute(delete(loose_contents).where(_l.key.in_(keys))).rowcount == len(keys)


def loosen(connection: Connection, keys: Sequence[str], now: float) -> None:
    """Contents that nothing refers to any more."""
    if keys:
        connection.execute(insert(loose_contents), [{"key": key, "due_at": now} for key in keys])


def _note(connection: Connection, entries: Sequence[tuple[str, float]]) -> list[None]:
    connection.execute(insert(loose_contents), [{"key": key, "due_at": due} for key, due in entries])
    return [None] * len(entries)


def _forget(connection: Connection, entries: Sequence[tuple[str, ...]]) -> list[None]:
    keys = [key for entry in entries for key in entry]
    connection.execute(delete(loose_contents).where(_l.key.in_(keys)))
    return [None] * len(entries)

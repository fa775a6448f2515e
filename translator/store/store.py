"""The store as the server sees it: opened by a URL, it holds itself to its bounds until it is closed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ..errors import StoreUnavailable
from .bounds import Bounds, Eviction
from .conversations import Conversations
from .databases import Database
from .group import GroupCommit
from .learned import LearnedFacts
from .postgres import PostgresDatabase
from .responses import Responses
from .schema import migrate
from .sqlite import SqliteDatabase, Synchronous, open_file

_log = logging.getLogger(__name__)


class Store:
    """Everything that is kept between requests. Any method may raise StoreUnavailable.

    With the URL `none` it is empty and `keeps` is False: nothing is found, and a write raises StoreUnavailable.
    """

    def __init__(self, database: Database, *, location: str, bounds: Bounds, sweep_interval: float) -> None:
        self._database = database
        self._group = GroupCommit(database)
        self._eviction = Eviction(database, self._group, bounds)
        self.keeps = bounds.size > 0
        """Whether a response can be stored at all."""
        self.location = location
        """Where things are kept, for people to read: a path, or a URL without user and password."""
        self.conversations = Conversations(database, self._group, bounds, self._eviction)
        self.responses = Responses(database, self._group, bounds, self._eviction, self.conversations)
        self.learned = LearnedFacts(database, self._group, bounds)
        self._sweeping = asyncio.create_task(self._sweep(sweep_interval))

    async def evict(self) -> int:
        """Remove what has expired or is too much; how many responses and conversations. Happens by itself too."""
        return await self._eviction.evict()

    async def close(self) -> None:
        """Finish what is being written, then let go of the database."""
        self._sweeping.cancel()
        await asyncio.wait([self._sweeping])
        await self._group.close()
        await self._database.close()

    async def _sweep(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            try:
                await self.evict()
            except StoreUnavailable:
                _log.warning("Eviction is put off: the store is unavailable.")


async def open_store(
    url: str,
    *,
    ttl: float = Bounds.ttl,
    size_limit: int = Bounds.size,
    synchronous: Synchronous = "normal",
    timeout: float = 10.0,
    chain_turns: int = Bounds.chain_turns,
    chain_bytes: int = Bounds.chain_bytes,
    sweep_interval: float = 60.0,
    clock: Callable[[], float] = time.time,
) -> Store:
    """Open `sqlite:///PATH`, `postgresql://…`, `memory:` or `none`, and bring its schema to this version.

    `ttl`, `timeout` and `sweep_interval` are seconds, `size_limit` and `chain_bytes` bytes; `synchronous` and
    `timeout` are explained at the databases, the limits at `Bounds`. Raises ValueError for another URL and
    StoreUnavailable when the database cannot be opened.
    """
    bounds = Bounds(ttl, 0 if url == "none" else size_limit, chain_turns, chain_bytes, clock)
    database, location = await _open_database(url, synchronous, timeout)
    try:
        await database.write(migrate)
        store = Store(database, location=location, bounds=bounds, sweep_interval=sweep_interval)
    except BaseException:
        await database.close()
        raise
    try:
        await store.evict()
    except BaseException:
        await store.close()
        raise
    return store


def default_url() -> str:
    """A file in the user's data directory of this platform."""
    return f"sqlite:///{user_data_path('responses-translator', appauthor=False) / 'store.db'}"


async def _open_database(url: str, synchronous: Synchronous, timeout: float) -> tuple[Database, str]:
    if url in ("memory:", "none"):
        return SqliteDatabase(None), url
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername == "sqlite" and parsed.database:
        path = Path(parsed.database).expanduser().absolute()
        return await open_file(path, synchronous=synchronous, timeout=timeout), str(path)
    if parsed is not None and parsed.drivername in ("postgresql", "postgres"):
        shown = parsed.set(username=None, password=None, query={}).render_as_string()
        return PostgresDatabase(url, timeout=timeout), shown
    # Not the URL itself: it may hold a password.
    raise ValueError("a store is sqlite:///PATH, postgresql://USER:PASSWORD@HOST/DATABASE, memory: or none")

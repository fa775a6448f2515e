"""The store as the server sees it: opened by a URL, it holds itself to its bounds until it is closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

from ..errors import StoreUnavailable
from .bounds import DEFAULT_BOUNDS, Bounds, Eviction
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
    bounds: Bounds = DEFAULT_BOUNDS,
    synchronous: Synchronous = "normal",
    wait: float = 10.0,
    sweep_interval: float = 60.0,
) -> Store:
    """Open `sqlite:///PATH`, `postgresql://…`, `memory:` or `none`, and bring its schema to this version.

    `wait` and `sweep_interval` are seconds; `synchronous` and `wait` are explained at the databases. Raises
    ValueError for any other URL and StoreUnavailable when the database cannot be opened.
    """
    database, location = await _open_database(url, synchronous, wait)
    kept = replace(bounds, size=0) if url == "none" else bounds
    store = Store(database, location=location, bounds=kept, sweep_interval=sweep_interval)
    try:
        await database.write(migrate)
        await store.evict()
    except BaseException:
        await store.close()
        raise
    return store


def default_url() -> str:
    """A file in the user's data directory of this platform."""
    return f"sqlite:///{_user_directory() / 'store.db'}"


def data_directory(url: str) -> Path:
    """The directory for what belongs to a store beside it: its file's own, else the user's data directory."""
    with contextlib.suppress(ArgumentError):
        parsed = make_url(url)
        if parsed.drivername == "sqlite" and parsed.database:
            return _absolute(parsed.database).parent
    return _user_directory()


def _user_directory() -> Path:
    return user_data_path("responses-translator", appauthor=False)


async def _open_database(url: str, synchronous: Synchronous, wait: float) -> tuple[Database, str]:
    if url in ("memory:", "none"):
        return SqliteDatabase(None), url
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and len(rest) > 1 and rest.startswith("/"):
        path = _absolute(rest[1:])  # as it is written, nothing decoded
        return await open_file(path, synchronous=synchronous, wait=wait), str(path)
    if scheme in ("postgresql", "postgres"):
        parts = urlsplit(url)
        shown = f"{scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return PostgresDatabase(url, wait=wait), shown
    # Not the URL itself: it may hold a password.
    raise ValueError("a store is sqlite:///PATH, postgresql://USER:PASSWORD@HOST/DATABASE, memory: or none")


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()

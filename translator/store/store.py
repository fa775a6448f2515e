"""The store as the server sees it: opened by a URL, it holds itself to its bounds until it is closed."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

from ..errors import StoreUnavailable
from .belongings import Belongings
from .blobs import Blobs
from .bounds import DEFAULT_BOUNDS, Bounds, Eviction
from .contents import Contents, Shelf
from .conversations import Conversations
from .copies import Copies
from .databases import Database
from .directory import Directory
from .files import DEFAULT_FILE_BOUNDS, FileBounds, Files
from .group import GroupCommit
from .learned import LearnedFacts
from .postgres import PostgresDatabase
from .responses import Responses
from .schema import migrate
from .sqlite import SqliteDatabase, Synchronous, open_file
from .uploads import Uploads

_MIGRATION = threading.Lock()
"""Alembic keeps what it is working on in its modules: one migration at a time in each process."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def _migrating() -> AsyncIterator[None]:
    # other stores may be opened in other threads' loops, and a thread that waited could not be called off
    while not _MIGRATION.acquire(blocking=False):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        _MIGRATION.release()


class Store:
    """Everything that is kept between requests. Any method may raise StoreUnavailable.

    With the URL `none` it is empty and `keeps` is False: nothing is found, and a write raises StoreUnavailable. Only
    what upstreams keep is remembered then too, as long as the process lives.
    """

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        *,
        location: str,
        bounds: Bounds,
        file_bounds: FileBounds,
        sweep_interval: float,
    ) -> None:
        self._database = database
        self._group = GroupCommit(database)
        self._eviction = Eviction(database, self._group, bounds)
        self.keeps = bounds.size > 0
        """Whether a response can be stored at all."""
        self.lasts = location not in ("memory:", "none")
        """Whether what it holds outlives this process."""
        self.location = location
        """Where things are kept, for people to read: a path, or a URL without user and password."""
        self.conversations = Conversations(database, self._group, bounds, self._eviction)
        self.responses = Responses(database, self._group, bounds, self._eviction, self.conversations)
        self.belongings = Belongings(database, self._group, bounds, self._eviction)
        self.learned = LearnedFacts(database, self._group, bounds)
        self._contents = Contents(shelf, database, self._group, bounds)
        self.files = Files(database, self._group, bounds, file_bounds, self._contents)
        self.uploads = Uploads(database, self._group, bounds, self._contents, self.files)
        self.blobs = Blobs(database, self._group, bounds, self._contents)
        self.copies = Copies(database, self._group, bounds, file_bounds)
        self.chain_bytes = bounds.chain_bytes
        """How much of a chain or a conversation is read at once, in bytes."""
        self._sweeping = asyncio.create_task(self._sweep(sweep_interval))

    async def evict(self) -> int:
        """Remove what has expired or is too much; how many rows that were. Happens by itself too."""
        return await self._eviction.evict()

    async def tidy(self) -> None:
        """Remove files and uploads whose time is over, and what nothing refers to. Happens by itself too."""
        await self.files.expire()
        await self.uploads.expire()
        await self.blobs.sweep()
        await self._contents.collect()

    async def close(self) -> None:
        """Finish what is being written, then let go of the database."""
        self._sweeping.cancel()
        await asyncio.wait([self._sweeping])
        await self._group.close()
        await self._database.close()
        await self._contents.close()

    async def _sweep(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            try:
                await self.evict()
                await self.tidy()
            except StoreUnavailable:
                _log.warning("Eviction is put off: the store is unavailable.")
            except Exception as error:  # whatever it is, the store must not grow without end for it
                _log.error("Eviction failed and is tried again: %s", type(error).__name__)


async def open_store(
    url: str,
    *,
    bounds: Bounds = DEFAULT_BOUNDS,
    synchronous: Synchronous = "normal",
    wait: float = 10.0,
    sweep_interval: float = 60.0,
    files: str | None = None,
    file_bounds: FileBounds = DEFAULT_FILE_BOUNDS,
) -> Store:
    """Open `sqlite:///PATH`, `postgresql://…`, `memory:` or `none`, and bring its schema to this version.

    `files` is where the contents of files are, a directory or `s3://BUCKET/PREFIX`; beside the store where it is None.
    `wait` and `sweep_interval` are seconds; `synchronous` and `wait` are explained at the databases. Raises
    ValueError for any other URL and StoreUnavailable when the database cannot be opened.
    """
    database, location = await _open_database(url, synchronous, wait)
    kept = replace(bounds, size=0) if url == "none" else bounds
    store = Store(
        database,
        _open_shelf(url, files),
        location=location,
        bounds=kept,
        file_bounds=file_bounds,
        sweep_interval=sweep_interval,
    )
    try:
        async with _migrating():
            await database.write(migrate)
        await store.evict()
        await store.tidy()
    except BaseException:
        await store.close()
        raise
    return store


def default_url() -> str:
    """A file in the user's data directory of this platform."""
    return f"sqlite:///{_user_directory() / 'store.db'}"


def data_directory(url: str) -> Path:
    """The directory for what belongs to a store beside it: its file's own, else the user's data directory."""
    if (path := _file_of(url)) is not None:
        return path.parent
    return _user_directory()


def _user_directory() -> Path:
    return user_data_path("responses-translator", appauthor=False)


async def _open_database(url: str, synchronous: Synchronous, wait: float) -> tuple[Database, str]:
    if url in ("memory:", "none"):
        return SqliteDatabase(None), url
    if (path := _file_of(url)) is not None:
        return await open_file(path, synchronous=synchronous, wait=wait), str(path)
    parts = urlsplit(url)
    if parts.scheme in ("postgresql", "postgres"):
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return PostgresDatabase(url, wait=wait), shown
    # Not the URL itself: it may hold a password.
    raise ValueError("a store is sqlite:///PATH, postgresql://USER:PASSWORD@HOST/DATABASE, memory: or none")


def _open_shelf(url: str, files: str | None) -> Shelf:
    if files is not None and files.startswith("s3://"):
        from .bucket import Bucket  # what it needs is there where the extra `s3` is installed

        return Bucket(files)
    if files is not None:
        return Directory(Path(files).expanduser().absolute())
    return Directory(None if url in ("memory:", "none") else data_directory(url) / "files")


def _file_of(url: str) -> Path | None:
    """The file of `sqlite:///PATH`, as it is written: nothing is decoded."""
    scheme, _, rest = url.partition("://")
    return Path(rest[1:]).expanduser().absolute() if scheme == "sqlite" and rest[:1] == "/" and rest[1:] else None

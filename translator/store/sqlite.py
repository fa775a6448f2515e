"""SQLite: one thread that writes, a few that read, and one process after another at the file's lock.

The driver is Python's own, in threads of ours. An async driver would hop to its thread and back for every single
statement; here a whole transaction is one hop, which is most of what a stored response costs.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, StaticPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from ..errors import StoreUnavailable
from .databases import Query, failures_named

T = TypeVar("T")
Synchronous = Literal["normal", "full"]

_READERS = 2
_CHECKPOINT_PAGES = 4000  # 16 MB of log: pages written several times are copied into the file once


class SqliteDatabase:
    """A file, or with `path` None the memory of this process.

    `wait` is how long, in seconds, a write waits for other processes' writes. `synchronous` normal keeps what
    was committed when the process dies; full also when the machine loses power, at the price of a disk sync for
    each commit.
    """

    def __init__(self, path: Path | None, *, synchronous: Synchronous = "normal", wait: float = 10.0) -> None:
        if sqlite3.sqlite_version_info < (3, 35):
            raise StoreUnavailable(f"The store needs SQLite 3.35 or newer; this Python has {sqlite3.sqlite_version}.")
        self._path = path
        self._synchronous = synchronous
        self._wait = wait
        self._writer = self._engine(1)
        self._writing: Connection | None = None
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        event.listen(self._writer, "begin", _take_the_lock)
        if path is None:
            self._reader, self._read_threads = self._writer, self._write_thread
        else:
            self._reader = self._engine(_READERS)
            self._read_threads = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")

    async def read(self, query: Query[T]) -> T:
        """The query's result."""
        with failures_named():
            return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._read, query)

    async def write(self, query: Query[T]) -> T:
        """The query's result, committed."""
        with failures_named():
            return await asyncio.get_running_loop().run_in_executor(self._write_thread, self._write, query)

    async def close(self) -> None:
        """Wait for what runs, then close the connections."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._read_threads.shutdown()
        self._write_thread.shutdown()
        if self._writing is not None:
            self._writing.close()
        self._reader.dispose()
        self._writer.dispose()

    def _read(self, query: Query[T]) -> T:
        with self._reader.connect() as connection:
            return query(connection)

    def _write(self, query: Query[T]) -> T:
        if self._writing is None:
            self._writing = self._writer.connect()  # kept: taking it from the pool costs as much as five rows
        with self._writing.begin():
            return query(self._writing)

    def _engine(self, connections: int) -> Engine:
        arguments = {"timeout": self._wait, "check_same_thread": False}
        if self._path is None:
            return create_engine("sqlite://", poolclass=StaticPool, connect_args=arguments, hide_parameters=True)
        engine = create_engine(
            URL.create("sqlite", database=str(self._path)),
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            connect_args=arguments,
            hide_parameters=True,
        )
        event.listen(engine, "connect", self._configure)
        return engine

    def _configure(self, connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous = {self._synchronous}")
        cursor.execute("PRAGMA secure_delete = ON")  # what was deleted is no longer in the file either
        cursor.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        cursor.close()


async def open_file(path: Path, *, synchronous: Synchronous = "normal", wait: float = 10.0) -> SqliteDatabase:
    """Make the file, readable by its owner alone, where there is none; turn on its write-ahead log; open it."""
    with failures_named():
        await asyncio.to_thread(_make, path, wait)
    return SqliteDatabase(path, synchronous=synchronous, wait=wait)


def _make(path: Path, wait: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # An existing file is not opened: closing it again would take away the locks that this process has on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    try:
        _turn_on_log(connection, time.monotonic() + wait)
    finally:
        connection.close()


def _turn_on_log(connection: sqlite3.Connection, deadline: float) -> None:
    """Of several that turn it on at once SQLite refuses some without waiting, or each would wait for the other."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _take_the_lock(connection: Connection) -> None:
    # A transaction that reads first and then writes fails when another process wrote in between; this one waits.
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("BEGIN IMMEDIATE")

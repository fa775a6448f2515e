"""Databases to test on, each new and empty: a file, memory, and a schema of its own on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import make_url

POSTGRES = "TRANSLATOR_TEST_POSTGRES"
"""The environment variable that names the PostgreSQL."""


@asynccontextmanager
async def postgres_schema(**parameters: str) -> AsyncIterator[str]:
    """The URL of an empty schema; `parameters` are added to it. It is dropped in the end."""
    address = os.environ[POSTGRES]
    try:
        connection = await asyncpg.connect(address)
    except (OSError, asyncpg.PostgresError) as error:
        pytest.fail(f"{POSTGRES} is set, but no PostgreSQL can be reached there: {error}", pytrace=False)
    schema = f"test_{secrets.token_hex(8)}"
    try:
        await connection.execute(f"CREATE SCHEMA {schema}")
        try:
            pairs = "&".join(f"{key}={value}" for key, value in {"search_path": schema, **parameters}.items())
            yield f"{address}{'&' if '?' in address else '?'}{pairs}"
        finally:
            await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    finally:
        await connection.close()


@asynccontextmanager
async def database(kind: str, directory: Path) -> AsyncIterator[str]:
    """The URL of a new one: `sqlite` makes a file in the directory, the others are `memory` and `postgres`."""
    if kind == "postgres":
        async with postgres_schema() as address:
            yield address
    else:
        yield "memory:" if kind == "memory" else f"sqlite:///{directory / 'store.db'}"


class Proxy:
    """A way to the PostgreSQL that can be cut, or that loses all that is sent on it from a moment on."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost: set[asyncio.StreamReader] = set()
        self._sources: set[asyncio.StreamReader] = set()
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def lose(self) -> None:
        """Pass on nothing more on the connections there are, without a word to either side."""
        self._lost |= self._sources

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await asyncio.gather(*self._tasks)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        self._writers += [writer, back]
        self._sources |= {reader, there}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                if source not in self._lost:
                    sink.write(data)
                    await sink.drain()
        except OSError:
            pass
        sink.close()


@asynccontextmanager
async def proxied() -> AsyncIterator[Proxy]:
    """A proxy to the PostgreSQL, open."""
    address = make_url(os.environ[POSTGRES])
    proxy = Proxy(address.host or "127.0.0.1", address.port or 5432)
    await proxy.open()
    yield proxy
    await proxy.cut()


def through(proxy: Proxy, url: str) -> str:
    """The URL of the same database, by way of the proxy."""
    return make_url(url).set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)

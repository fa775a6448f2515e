"""Databases to test on, each new and empty: a file, memory, and a schema of its own on a real PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from translator.store import Bounds, Store, open_store

POSTGRES = "TRANSLATOR_TEST_POSTGRES"

Open = Callable[..., Awaitable[Store]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without an address of a PostgreSQL its tests are left out; with one they run, and fail if it is not there."""
    if os.environ.get(POSTGRES):
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("postgres")]


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


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
    if kind == "postgres":
        async with postgres_schema() as address:
            yield address
    else:
        yield "memory:" if kind == "memory" else f"sqlite:///{directory / 'store.db'}"


@pytest.fixture(params=["sqlite", "memory", pytest.param("postgres", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    async with database(request.param, tmp_path) as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database that outlives the store and that several processes may open."""
    async with database(request.param, tmp_path) as address:
        yield address


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """`open_store`, and every store it opened is closed in the end."""
    stores: list[Store] = []

    async def open(url: str, **settings: Any) -> Store:
        stores.append(await open_store(url, **settings))
        return stores[-1]

    yield open
    for store in stores:
        await store.close()


@pytest.fixture
async def store(url: str, opened: Open, clock: Clock) -> Store:
    return await opened(url, bounds=Bounds(clock=clock))

"""Stores on each kind of database, and a clock that passes when told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.databases import database
from translator.store import Bounds, Store, open_store

Open = Callable[..., Awaitable[Store]]


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "memory", pytest.param("postgres", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
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


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that reaches a database meanwhile."""
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", see)

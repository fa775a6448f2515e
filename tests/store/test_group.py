from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection

from translator.errors import StoreUnavailable
from translator.store.databases import Query
from translator.store.group import GroupCommit

T = TypeVar("T")


class SlowDatabase:
    """Commits when told, and remembers what it committed."""

    def __init__(self) -> None:
        self.transactions = 0
        self.begun = asyncio.Event()
        self.may_commit = asyncio.Event()
        self.error: Exception | None = None

    async def read(self, query: Query[T]) -> T:
        raise NotImplementedError

    async def write(self, query: Query[T]) -> T:
        self.transactions += 1
        self.begun.set()
        await self.may_commit.wait()
        if self.error is not None:
            raise self.error
        return query(None)  # type: ignore[arg-type]

    async def close(self) -> None:
        raise NotImplementedError


def double(_connection: Connection, numbers: Sequence[int]) -> list[int]:
    return [2 * number for number in numbers]


def negate(_connection: Connection, numbers: Sequence[int]) -> list[int]:
    return [-number for number in numbers]


async def test_writes_that_wait_together_share_a_commit_and_get_their_own_results() -> None:
    database = SlowDatabase()
    group = GroupCommit(database)
    first = asyncio.create_task(group.commit(double, 100))
    await database.begun.wait()
    others = [asyncio.create_task(group.commit(write, n)) for n in range(1, 20) for write in (double, negate)]
    await asyncio.sleep(0)
    database.may_commit.set()
    assert await first == 200
    assert await asyncio.gather(*others) == [result for n in range(1, 20) for result in (2 * n, -n)]
    assert database.transactions == 2


async def test_nobody_is_answered_before_the_commit() -> None:
    database = SlowDatabase()
    group = GroupCommit(database)
    write = asyncio.create_task(group.commit(double, 1))
    await database.begun.wait()
    assert not write.done()
    database.may_commit.set()
    assert await write == 2


async def test_a_commit_that_fails_fails_for_each_of_its_writers_and_the_next_one_works() -> None:
    database = SlowDatabase()
    group = GroupCommit(database)
    database.may_commit.set()
    database.error = StoreUnavailable("down")
    results: list[Any] = await asyncio.gather(*(group.commit(double, n) for n in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * 3
    database.error = None
    assert await group.commit(double, 4) == 8


async def test_a_writer_that_goes_away_does_not_hold_up_the_others() -> None:
    database = SlowDatabase()
    group = GroupCommit(database)
    leaving = asyncio.create_task(group.commit(double, 1))
    staying = asyncio.create_task(group.commit(double, 2))
    await database.begun.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    database.may_commit.set()
    assert await staying == 4


async def test_closing_waits_for_what_was_handed_in() -> None:
    database = SlowDatabase()
    group = GroupCommit(database)
    write = asyncio.create_task(group.commit(double, 1))
    await database.begun.wait()
    closing = asyncio.create_task(group.close())
    await asyncio.sleep(0)
    assert not closing.done()
    database.may_commit.set()
    await closing
    assert await write == 2

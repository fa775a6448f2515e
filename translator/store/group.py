"""Group commit: writes that wait at the same time share one transaction, and each is answered after its commit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from .databases import Database

Entry = TypeVar("Entry")
Result = TypeVar("Result")

Write = Callable[[Connection, Sequence[Entry]], Sequence[Result]]
"""Writes all entries at once and gives each its result, in order. It may run again when the database says so."""

_MAX_GROUP = 256


class GroupCommit:
    """Gathers what waits while the last group is being committed, and commits it as one.

    One commit costs about as much as thirty rows, and it blocks nobody but the writers. A group that cannot be
    committed fails as a whole: each of its writers gets the error, and nothing of it was kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[tuple[Write[Any, Any], Any, asyncio.Future[Any]]] = deque()
        self._committing: asyncio.Task[None] | None = None

    async def commit(self, write: Write[Entry, Result], entry: Entry) -> Result:
        """The entry's result, once it is committed. A caller that goes away meanwhile does not take it back."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, entry, done))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting())
        return await done

    async def close(self) -> None:
        """Wait until everything that was handed in is committed or has failed."""
        while self._committing is not None:
            await asyncio.wait([self._committing])

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # whoever became ready in the same round of the loop joins
                size = min(len(self._waiting), _MAX_GROUP)
                await self._commit_group([self._waiting.popleft() for _ in range(size)])
        finally:
            self._committing = None

    async def _commit_group(self, group: list[tuple[Write[Any, Any], Any, asyncio.Future[Any]]]) -> None:
        batches: dict[Write[Any, Any], list[tuple[Any, asyncio.Future[Any]]]] = {}
        for write, entry, done in group:
            batches.setdefault(write, []).append((entry, done))

        def transaction(connection: Connection) -> list[Sequence[Any]]:
            return [write(connection, [entry for entry, _ in batch]) for write, batch in batches.items()]

        try:
            results = await self._database.write(transaction)
        except Exception as error:  # whatever it is, it is the writers' to hear
            for _, _, done in group:
                if not done.done():
                    done.set_exception(error)
            return
        for batch, outcome in zip(batches.values(), results, strict=True):
            for (_, done), result in zip(batch, outcome, strict=True):
                if not done.done():
                    done.set_result(result)

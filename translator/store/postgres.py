"""PostgreSQL: any number of processes and machines share one database."""

from __future__ import annotations

from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from .databases import Query, failures_named

T = TypeVar("T")

_CONNECTIONS = 5
_ATTEMPTS = 3
_READ_ONLY = "25006"  # what a server answers that was the primary once, until another took its place
_LOST_RACES = frozenset({"40001", "40P01"})  # serialization failure and deadlock: the server undid one of two


class PostgresDatabase:
    """`url` as libpq understands it: `postgresql://user:password@host/database?sslmode=require`.

    `wait` bounds, in seconds, connecting, waiting for a free connection, and every statement.
    """

    def __init__(self, url: str, *, wait: float = 10.0) -> None:
        async def connect() -> Any:
            try:
                return await asyncpg.connect(url, timeout=wait, command_timeout=wait)
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise ConnectionError(str(error)) from error

        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_timeout=wait,
            hide_parameters=True,
        )
        event.listen(self._engine.sync_engine, "handle_error", _suspect_all)
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def read(self, query: Query[T]) -> T:
        """The query's result."""
        with failures_named():
            return await self._run(query, commit=False)

    async def write(self, query: Query[T]) -> T:
        """The query's result, committed."""
        with failures_named():
            return await self._run(query, commit=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()

    async def _run(self, query: Query[T], *, commit: bool) -> T:
        attempts = _ATTEMPTS
        while True:
            attempts -= 1
            async with (self._engine if commit else self._reader).connect() as connection:
                try:
                    result = await connection.run_sync(query)
                except DBAPIError as error:
                    if attempts and _was_undone(error):
                        continue
                    raise
                if commit:
                    await connection.commit()  # never tried again: whether a commit that broke off holds is unknown
                return result


def _suspect_all(context: ExceptionContext) -> None:
    """Have the pool replace all its connections when one does not answer in time, or leads to a former primary.

    The network that lost one without a word has most likely lost the others too; each would be waited for in turn.
    """
    error = context.original_exception
    if isinstance(error, TimeoutError) or getattr(error, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = context.invalidate_pool_on_disconnect = True


def _was_undone(error: DBAPIError) -> bool:
    """Whether nothing of the transaction can have been kept, and a new one may well succeed."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _LOST_RACES

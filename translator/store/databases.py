"""What a database does for the store: it runs a function of queries on a connection, to read or in a transaction."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import StoreUnavailable

T = TypeVar("T")

Query = Callable[[Connection], T]
"""Synchronous on purpose: one set of queries runs in a thread on SQLite and under greenlet on PostgreSQL."""

_log = logging.getLogger(__name__)


class Database(Protocol):
    """Runs queries; raises StoreUnavailable when it cannot."""

    async def read(self, query: Query[T]) -> T:
        """The query's result; it writes nothing."""

    async def write(self, query: Query[T]) -> T:
        """The query's result, after the transaction it ran in was committed."""

    async def close(self) -> None:
        """Let go of every connection and thread."""


@contextmanager
def failures_named() -> Iterator[None]:
    """What a driver raises is logged without the query's values and raised anew as StoreUnavailable."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        _log.error("The store failed: %s: %s", type(reason).__name__, reason)
        raise StoreUnavailable(
            "The store that keeps responses cannot be reached or is full: try again later, or send store: false."
        ) from error

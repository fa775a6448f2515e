"""Databases to test on, each new and empty: a file, memory, and a schema of its own on a real PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

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

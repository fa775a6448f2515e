"""Brings a database's schema to this version: the migrations that it lacks, under a lock, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from ..errors import StoreUnavailable

VERSION_TABLE = "translator_schema"

_LOCK = 0x7472616E736C6174  # any number will do, as long as every process takes the same one


def migrate(connection: Connection, revision: str = "head") -> None:
    """Upgrade to `revision`, on a connection whose transaction the caller commits.

    Processes that start together wait for one another: by an advisory lock on PostgreSQL, on SQLite because
    every transaction that writes begins by taking the file's lock. A database that a newer version of this
    program has migrated raises StoreUnavailable.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = Config(attributes={"connection": connection})
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise StoreUnavailable(
            "The store was written by a newer version of this program: start that version, or name another store."
        ) from error

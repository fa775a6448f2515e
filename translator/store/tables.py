"""The tables as the queries see them; the migrations make them.

Every key begins with the tenant, so that no query finds another tenant's row by its id alone. Times are Unix
seconds by the store's clock; `size` is what a row and all that hangs on it count against the size limit, in bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Double,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql, sqlite

metadata = MetaData()

responses = Table(
    "translator_responses",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("parent_id", Text),
    Column("conversation_id", Text),
    Column("status", Text, nullable=False),
    Column("stored_at", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("input", LargeBinary, nullable=False),
    Column("output", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "id", name="translator_responses_key"),
    Index("translator_responses_age", "stored_at", "size"),
)

conversations = Table(
    "translator_conversations",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("metadata", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "id", name="translator_conversations_key"),
    Index("translator_conversations_age", "touched_at", "size"),
)

conversation_items = Table(
    "translator_conversation_items",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "conversation_id", "position", name="translator_conversation_items_key"),
    Index("translator_conversation_items_id", "tenant", "id"),
)

belongings = Table(
    "translator_belongings",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("upstream", Text, nullable=False),
    Column("claimed_at", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "id", name="translator_belongings_key"),
    Index("translator_belongings_age", "claimed_at", "size"),
)

learned_facts = Table(
    "translator_learned_facts",
    metadata,
    Column("upstream", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("learned_at", Double, nullable=False),
    Column("value", LargeBinary, nullable=False),
    PrimaryKeyConstraint("upstream", "model", "name", name="translator_learned_facts_key"),
)

files = Table(
    "translator_files",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("size", BigInteger, nullable=False),
    Column("filename", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("contents", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "id", name="translator_files_key"),
    Index("translator_files_expiry", "expires_at"),
)

uploads = Table(
    "translator_uploads",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("status", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("filename", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("lifetime", Double),
    PrimaryKeyConstraint("tenant", "id", name="translator_uploads_key"),
    Index("translator_uploads_expiry", "expires_at"),
)

upload_parts = Table(
    "translator_upload_parts",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("upload_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "upload_id", "id", name="translator_upload_parts_key"),
)

blobs = Table(
    "translator_blobs",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "digest", name="translator_blobs_key"),
)

blob_uses = Table(
    "translator_blob_uses",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("used_at", Double, nullable=False),
    PrimaryKeyConstraint("tenant", "digest", "owner", name="translator_blob_uses_key"),
)

loose_contents = Table(
    "translator_loose_contents",
    metadata,
    Column("key", Text, nullable=False),
    Column("due_at", Double, nullable=False),
    PrimaryKeyConstraint("key", name="translator_loose_contents_key"),
    Index("translator_loose_contents_due", "due_at"),
)

copies = Table(
    "translator_copies",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("file_id", Text),
    Column("size", BigInteger, nullable=False),
    Column("used_at", Double, nullable=False),
    PrimaryKeyConstraint("tenant", "account", "digest", name="translator_copies_key"),
    Index("translator_copies_file", "tenant", "file_id"),
)


class Upsert:
    """`INSERT … ON CONFLICT DO UPDATE` by primary key, for many rows at once.

    Compiled once for each dialect and handed to the driver as it is: going through the expression for every group
    of rows costs as much as SQLite's own work.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._compiled: dict[str, tuple[str, list[str]]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows, each with a value for every column."""
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = self._compile(dialect)
        text, names = self._compiled[dialect.name]
        connection.exec_driver_sql(text, [tuple([row[name] for name in names]) for row in rows])

    def _compile(self, dialect: Dialect) -> tuple[str, list[str]]:
        insert: sqlite.Insert | postgresql.Insert
        insert = (sqlite if dialect.name == "sqlite" else postgresql).insert(self._table)
        others = {column.name: insert.excluded[column.name] for column in self._table.c if not column.primary_key}
        compiled = insert.on_conflict_do_update(index_elements=list(self._table.primary_key), set_=others).compile(
            dialect=dialect
        )
        return str(compiled), list(compiled.positiontup or ())

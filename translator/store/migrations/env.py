"""Alembic's entry: runs the migrations on the connection it was given, within that connection's transaction."""

from __future__ import annotations

from alembic import context

from translator.store.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()

"""Contents that upstreams were given to keep: what they call them, and for whom they keep them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of copies."""
    op.create_table(
        "translator_copies",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("file_id", sa.Text),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "account", "digest", name="translator_copies_key"),
    )
    op.create_index("translator_copies_file", "translator_copies", ["tenant", "file_id"])

"""What upstreams keep for tenants: the ids alone, and at which upstream each is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of belongings."""
    op.create_table(
        "translator_belongings",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("upstream", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.Double, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="translator_belongings_key"),
    )
    op.create_index("translator_belongings_age", "translator_belongings", ["claimed_at", "size"])

"""Files, uploads and their parts, the data that history refers to, and contents that nothing refers to yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of files and of what belongs to them."""
    op.create_table(
        "translator_files",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("contents", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="translator_files_key"),
    )
    op.create_index("translator_files_expiry", "translator_files", ["expires_at"])
    op.create_table(
        "translator_uploads",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("lifetime", sa.Double),
        sa.PrimaryKeyConstraint("tenant", "id", name="translator_uploads_key"),
    )
    op.create_index("translator_uploads_expiry", "translator_uploads", ["expires_at"])
    op.create_table(
        "translator_upload_parts",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("upload_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "upload_id", "id", name="translator_upload_parts_key"),
    )
    op.create_table(
        "translator_blobs",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name="translator_blobs_key"),
    )
    op.create_table(
        "translator_blob_uses",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("used_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", "owner", name="translator_blob_uses_key"),
    )
    op.create_table(
        "translator_loose_contents",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("key", name="translator_loose_contents_key"),
    )
    op.create_index("translator_loose_contents_due", "translator_loose_contents", ["due_at"])

"""Call the column by which entries are found what it holds: the topic of the entry's log."""

from __future__ import annotations

from alembic import op

revision = "r0006"
down_revision = "r0005"


def upgrade() -> None:
    """Rename column and index."""
    op.drop_index("ix_entries_subject_kind_number", "entries")
    op.execute("ALTER TABLE entries RENAME COLUMN subject TO topic")
    op.create_index("ix_entries_topic_kind_number", "entries", ["topic", "kind", "number"])

"""Keep the index of subjects: its pages, and the sizes of which there is an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"


def upgrade() -> None:
    """Make both tables; what is in them follows from the entries."""
    op.create_table(
        "index_sizes",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("index_root", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_index_sizes"),
    )
    op.create_table(
        "index_pages",
        sa.Column("prefix", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "since", name="pk_index_pages"),
    )
    op.create_index("ix_index_pages_until", "index_pages", ["until"])
    op.create_index("ix_index_pages_since", "index_pages", ["since"])

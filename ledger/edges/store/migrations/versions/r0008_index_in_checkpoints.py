"""Checkpoints have the root of the index of subjects. Those without it are malformed: nobody reads them any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"


def upgrade() -> None:
    """Begin anew with what was published and cosigned."""
    op.execute("DELETE FROM checkpoints")
    op.drop_table("cosigned")
    op.create_table(
        "cosigned",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("index_root", sa.LargeBinary(32), nullable=False),
        sa.Column("cosigned_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_cosigned"),
    )

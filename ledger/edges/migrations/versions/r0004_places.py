"""Places that holders' evidence proves. What the table holds is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"

HASH = sa.LargeBinary(32)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "places",
        sa.Column("root", HASH, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("declaration", HASH, nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("root", "size", "position", name="pk_places"),
    )
    op.create_index("ix_places_declaration", "places", ["declaration"])

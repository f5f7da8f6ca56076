"""Places that holders' evidence proves. What the table holds is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint

revision = "r0004"
down_revision = "r0003"

HASH = LargeBinary(32)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "places",
        Column("root", HASH, nullable=False),
        Column("size", BigInteger(), autoincrement=False, nullable=False),
        Column("position", BigInteger(), autoincrement=False, nullable=False),
        Column("declaration", HASH, nullable=False),
        Column("path", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("root", "size", "position", name="pk_places"),
    )
    op.create_index("ix_places_declaration", "places", ["declaration"])

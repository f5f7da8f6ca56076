"""What a witness has cosigned. What the table holds is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "cosigned",
        Column("size", BigInteger(), autoincrement=False, nullable=False),
        Column("root", LargeBinary(32), nullable=False),
        Column("cosigned_at", BigInteger(), nullable=False),
        PrimaryKeyConstraint("size", name="pk_cosigned"),
    )

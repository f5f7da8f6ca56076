"""What anchoring and relaying cost. What tables hold is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0010"
down_revision = "r0009"


def upgrade() -> None:
    """Make the tables of the relayer's budget; let batches say what they cost."""
    op.add_column("batches", sa.Column("gas", sa.BigInteger()))
    op.add_column("batches", sa.Column("fees", sa.BigInteger()))
    op.create_index("ix_batches_created_at", "batches", ["created_at"])
    op.create_table(
        "relay_spending",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payer_kind", sa.String(8), nullable=False),
        sa.Column("payer", sa.LargeBinary(128), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "payer_kind", "payer", name="pk_relay_spending"),
    )
    op.create_table(
        "relay_reservations",
        sa.Column("statement", sa.LargeBinary(32), nullable=False),
        sa.Column("payer_kind", sa.String(8), nullable=False),
        sa.Column("payer", sa.LargeBinary(128), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("statement", name="pk_relay_reservations"),
    )

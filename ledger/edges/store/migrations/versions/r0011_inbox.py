"""Let an agency's inbox be found. What tables hold is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0011"
down_revision = "r0010"


def upgrade() -> None:
    """Make the tables; what is in them follows from the entries and from the members of sets."""
    op.create_table(
        "inbox_numbers",
        sa.Column("declaration", sa.LargeBinary(32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("declaration", name="pk_inbox_numbers"),
    )
    op.create_index("ix_inbox_numbers_number", "inbox_numbers", ["number"], unique=True)
    op.create_index("ix_inbox_numbers_leaf", "inbox_numbers", ["leaf"])
    op.create_table(
        "inbox_blocks",
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_received", sa.BigInteger(), nullable=False),
        sa.Column("last_received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("block", name="pk_inbox_blocks"),
    )
    op.create_table(
        "inbox_types",
        sa.Column("document_type", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_type", "block", name="pk_inbox_types"),
    )
    op.create_table(
        "inbox_attested",
        sa.Column("agency", sa.String(16), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "block", "kind", name="pk_inbox_attested"),
    )
    op.create_index("ix_inbox_attested_block", "inbox_attested", ["block"])
    op.create_table(
        "inbox_sets",
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("root", "size", name="pk_inbox_sets"),
    )

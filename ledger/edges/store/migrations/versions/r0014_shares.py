"""Keep shares: sealed documents that parties leave for who has a link. ``ledger/edges/store/tables.py`` says more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0014"
down_revision = "r0013"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "shares",
        sa.Column("id", sa.LargeBinary(32), nullable=False),
        sa.Column("signer", sa.LargeBinary(128), nullable=False),
        sa.Column("declaration", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["declaration"], ["declarations.id"], name="fk_shares_declaration"),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
    )
    op.create_index("ix_shares_signer_made_at", "shares", ["signer", "made_at"])
    op.create_index("ix_shares_until_size", "shares", ["until", "size"])
    op.create_index("ix_shares_removed_at", "shares", ["removed_at"])
    op.create_table(
        "share_pieces",
        sa.Column("share", sa.LargeBinary(32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["share"], ["shares.id"], name="fk_share_pieces_share"),
        sa.PrimaryKeyConstraint("share", "number", name="pk_share_pieces"),
    )

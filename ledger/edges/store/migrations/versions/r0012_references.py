"""References and digests by which declarations are found. ``ledger/edges/store/tables.py`` says what tables hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0012"
down_revision = "r0011"


def upgrade() -> None:
    """Make the table of references; index the digests of declarations."""
    op.create_index("ix_declarations_digest", "declarations", ["digest"])
    op.create_table(
        "declared_references",
        sa.Column("declaration", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.String(35), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["declaration"], ["declarations.id"], name="fk_declared_references_declaration"),
        sa.PrimaryKeyConstraint("declaration", "kind", "number", name="pk_declared_references"),
    )
    op.create_index("ix_declared_references_number", "declared_references", ["number"])

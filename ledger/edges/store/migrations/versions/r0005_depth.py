"""How deep reorganisations were. What tables hold is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, text

revision = "r0005"
down_revision = "r0004"


def upgrade() -> None:
    """Add the column, and find reorganisations among the changes without reading all of them."""
    op.add_column("changes", Column("depth", BigInteger()))
    reorganised = text("kind = 'reorganised'")
    op.create_index("ix_changes_reorganised", "changes", ["id"], postgresql_where=reorganised, sqlite_where=reorganised)

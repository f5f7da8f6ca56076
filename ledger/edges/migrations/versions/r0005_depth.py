"""How deep reorganisations were. What tables hold is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"


def upgrade() -> None:
    """Add the column, and find reorganisations among the changes without reading all of them."""
    op.add_column("changes", sa.Column("depth", sa.BigInteger()))
    reorganised = sa.text("kind = 'reorganised'")
    op.create_index("ix_changes_reorganised", "changes", ["id"], postgresql_where=reorganised, sqlite_where=reorganised)

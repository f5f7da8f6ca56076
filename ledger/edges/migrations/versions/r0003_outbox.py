"""The outbox: a declaration shares its batch's state. What tables hold is said in ``ledger/edges/store/tables.py``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"

COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEW = ("nonce", "tip", "max_fee", "sent_at", "retry_at")


def upgrade() -> None:
    """Give batches what their sending needs; take the state from declarations; keep changes and answers."""
    with op.batch_alter_table("batches") as batches:
        batches.drop_constraint(op.f("ck_batches_state"), type_="check")
        batches.drop_constraint(op.f("ck_batches_anchored_by_an_entry"), type_="check")
        for name in NEW:
            batches.add_column(sa.Column(name, sa.BigInteger()))
        batches.add_column(sa.Column("tries", sa.BigInteger(), nullable=False, server_default="0"))
        batches.add_column(sa.Column("problem", sa.Text()))
    # Of a transaction only the hash was known. If it is mined all the same, the history says so.
    op.execute("UPDATE batches SET state = 'batched', tx_hash = NULL WHERE state IN ('formed', 'sent')")
    with op.batch_alter_table("batches") as batches:
        batches.create_check_constraint(op.f("ck_batches_state"), "state IN ('batched', 'sent', 'anchored', 'final')")
        batches.create_check_constraint(
            op.f("ck_batches_anchored_by_an_entry"), "(state IN ('anchored', 'final')) = (entry_number IS NOT NULL)"
        )
        batches.create_index("ix_batches_entry_number", ["entry_number"])
    with op.batch_alter_table("declarations") as declarations:
        declarations.drop_index("ix_declarations_state_received_at_id")
        declarations.drop_constraint(op.f("ck_declarations_state"), type_="check")
        declarations.drop_constraint(op.f("ck_declarations_pending_without_batch"), type_="check")
        declarations.drop_column("state")
    pending = sa.text("batch_id IS NULL")
    op.create_index(
        "ix_declarations_pending", "declarations", ["received_at", "id"], postgresql_where=pending, sqlite_where=pending
    )
    op.create_table(
        "changes",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("batch_id", COUNTED),
        sa.Column("entry_number", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_table(
        "idempotency",
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request", sa.LargeBinary(32), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])

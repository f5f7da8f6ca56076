"""A declaration shares its batch's state. ``ledger/edges/store/tables.py`` describes the tables."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Text, text

revision = "r0003"
down_revision = "r0002"

COUNTED = BigInteger().with_variant(Integer(), "sqlite")
NEW = ("nonce", "tip", "max_fee", "sent_at", "retry_at")


def upgrade() -> None:
    """Give batches what their sending needs; take the state from declarations; keep changes and answers."""
    with op.batch_alter_table("batches") as batches:
        batches.drop_constraint(op.f("ck_batches_state"), type_="check")
        batches.drop_constraint(op.f("ck_batches_anchored_by_an_entry"), type_="check")
        for name in NEW:
            batches.add_column(Column(name, BigInteger()))
        batches.add_column(Column("tries", BigInteger(), nullable=False, server_default="0"))
        batches.add_column(Column("problem", Text()))
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
    pending = text("batch_id IS NULL")
    op.create_index(
        "ix_declarations_pending", "declarations", ["received_at", "id"], postgresql_where=pending, sqlite_where=pending
    )
    op.create_table(
        "changes",
        Column("id", COUNTED, nullable=False),
        Column("kind", String(12), nullable=False),
        Column("batch_id", COUNTED),
        Column("entry_number", BigInteger()),
        PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_table(
        "idempotency",
        Column("client", String(64), nullable=False),
        Column("key", String(255), nullable=False),
        Column("request", LargeBinary(32), nullable=False),
        Column("status", Integer()),
        Column("body", LargeBinary()),
        Column("created_at", BigInteger(), nullable=False),
        PrimaryKeyConstraint("client", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])

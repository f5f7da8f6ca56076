"""The first tables. What they hold is said in ``ledger/edges/store/tables.py``; here they stay as they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None

HASH = sa.LargeBinary(32)
COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create all tables and indices."""
    op.create_table(
        "meta",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "batches",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", sa.String(66)),
        sa.Column("entry_number", sa.BigInteger()),
        sa.Column("entry_time", sa.BigInteger()),
        sa.CheckConstraint("state IN ('formed', 'sent', 'anchored')", name=op.f("ck_batches_state")),
        sa.CheckConstraint(
            "(state = 'anchored') = (entry_number IS NOT NULL)", name=op.f("ck_batches_anchored_by_an_entry")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("root", "size", name="uq_batches_root_size"),
    )
    op.create_index("ix_batches_state_id", "batches", ["state", "id"])
    _create_declarations()
    op.create_table(
        "entries",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("subject", HASH, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.String(66), nullable=False),
        sa.Column("tx_hash", sa.String(66), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_entries"),
    )
    op.create_index("ix_entries_subject_kind_number", "entries", ["subject", "kind", "number"])
    op.create_table(
        "attested_sets",
        sa.Column("id", COUNTED, nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attested_sets"),
        sa.UniqueConstraint("root", "size", name="uq_attested_sets_root_size"),
    )
    op.create_table(
        "set_members",
        sa.Column("set_id", COUNTED, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("declaration", HASH, nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["attested_sets.id"], name="fk_set_members_set_id"),
        sa.PrimaryKeyConstraint("set_id", "position", name="pk_set_members"),
    )
    op.create_index("ix_set_members_declaration", "set_members", ["declaration"])
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoints"),
    )


def _create_declarations() -> None:
    op.create_table(
        "declarations",
        sa.Column("id", HASH, nullable=False),
        sa.Column("party", sa.LargeBinary(128), nullable=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("document_type", sa.Integer(), nullable=False),
        sa.Column("replaces", HASH, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("batch_id", COUNTED),
        sa.Column("batch_index", sa.BigInteger()),
        sa.CheckConstraint("state IN ('pending', 'batched', 'anchored')", name=op.f("ck_declarations_state")),
        sa.CheckConstraint(
            "(state = 'pending') = (batch_id IS NULL)", name=op.f("ck_declarations_pending_without_batch")
        ),
        sa.CheckConstraint("(batch_id IS NULL) = (batch_index IS NULL)", name=op.f("ck_declarations_placed_in_batch")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_declarations_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_declarations"),
        sa.UniqueConstraint("batch_id", "batch_index", name="uq_declarations_batch_id_batch_index"),
    )
    for columns in (["received_at", "id"], ["state", "received_at", "id"], ["party", "received_at", "id"],
                    ["document_type", "received_at", "id"]):  # fmt: skip
        op.create_index("ix_declarations_" + "_".join(columns), "declarations", columns)

"""The first tables. What they hold is said in ``ledger/edges/store/tables.py``; here they stay as they were."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)

revision = "r0001"
down_revision = None

HASH = LargeBinary(32)
COUNTED = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Create all tables and indices."""
    op.create_table(
        "meta",
        Column("key", String(40), nullable=False),
        Column("value", Text(), nullable=False),
        PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "batches",
        Column("id", COUNTED, nullable=False),
        Column("root", HASH, nullable=False),
        Column("size", BigInteger(), nullable=False),
        Column("state", String(8), nullable=False),
        Column("created_at", BigInteger(), nullable=False),
        Column("tx_hash", String(66)),
        Column("entry_number", BigInteger()),
        Column("entry_time", BigInteger()),
        CheckConstraint("state IN ('formed', 'sent', 'anchored')", name=op.f("ck_batches_state")),
        CheckConstraint(
            "(state = 'anchored') = (entry_number IS NOT NULL)", name=op.f("ck_batches_anchored_by_an_entry")
        ),
        PrimaryKeyConstraint("id", name="pk_batches"),
        UniqueConstraint("root", "size", name="uq_batches_root_size"),
    )
    op.create_index("ix_batches_state_id", "batches", ["state", "id"])
    _create_declarations()
    op.create_table(
        "entries",
        Column("number", BigInteger(), autoincrement=False, nullable=False),
        Column("kind", Integer(), nullable=False),
        Column("subject", HASH, nullable=False),
        Column("time", BigInteger(), nullable=False),
        Column("payload", LargeBinary(), nullable=False),
        Column("hash", HASH, nullable=False),
        Column("block_number", BigInteger(), nullable=False),
        Column("block_hash", String(66), nullable=False),
        Column("tx_hash", String(66), nullable=False),
        Column("log_index", BigInteger(), nullable=False),
        PrimaryKeyConstraint("number", name="pk_entries"),
    )
    op.create_index("ix_entries_subject_kind_number", "entries", ["subject", "kind", "number"])
    op.create_table(
        "attested_sets",
        Column("id", COUNTED, nullable=False),
        Column("root", HASH, nullable=False),
        Column("size", BigInteger(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_attested_sets"),
        UniqueConstraint("root", "size", name="uq_attested_sets_root_size"),
    )
    op.create_table(
        "set_members",
        Column("set_id", COUNTED, nullable=False),
        Column("position", BigInteger(), autoincrement=False, nullable=False),
        Column("declaration", HASH, nullable=False),
        ForeignKeyConstraint(["set_id"], ["attested_sets.id"], name="fk_set_members_set_id"),
        PrimaryKeyConstraint("set_id", "position", name="pk_set_members"),
    )
    op.create_index("ix_set_members_declaration", "set_members", ["declaration"])
    op.create_table(
        "checkpoints",
        Column("size", BigInteger(), autoincrement=False, nullable=False),
        Column("root", HASH, nullable=False),
        Column("note", Text(), nullable=False),
        Column("created_at", BigInteger(), nullable=False),
        PrimaryKeyConstraint("size", name="pk_checkpoints"),
    )


def _create_declarations() -> None:
    op.create_table(
        "declarations",
        Column("id", HASH, nullable=False),
        Column("party", LargeBinary(128), nullable=False),
        Column("digest", HASH, nullable=False),
        Column("document_type", Integer(), nullable=False),
        Column("replaces", HASH, nullable=False),
        Column("signature", LargeBinary(), nullable=False),
        Column("received_at", BigInteger(), nullable=False),
        Column("state", String(8), nullable=False),
        Column("batch_id", COUNTED),
        Column("batch_index", BigInteger()),
        CheckConstraint("state IN ('pending', 'batched', 'anchored')", name=op.f("ck_declarations_state")),
        CheckConstraint("(state = 'pending') = (batch_id IS NULL)", name=op.f("ck_declarations_pending_without_batch")),
        CheckConstraint("(batch_id IS NULL) = (batch_index IS NULL)", name=op.f("ck_declarations_placed_in_batch")),
        ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_declarations_batch_id"),
        PrimaryKeyConstraint("id", name="pk_declarations"),
        UniqueConstraint("batch_id", "batch_index", name="uq_declarations_batch_id_batch_index"),
    )
    for columns in (["received_at", "id"], ["state", "received_at", "id"], ["party", "received_at", "id"],
                    ["document_type", "received_at", "id"]):  # fmt: skip
        op.create_index("ix_declarations_" + "_".join(columns), "declarations", columns)

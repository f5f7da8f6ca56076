"""No batch is empty: one was formed where two processes formed batches at once, and no node ever took it."""

from __future__ import annotations

from alembic import op

revision = "r0013"
down_revision = "r0012"


def upgrade() -> None:
    """Drop an empty batch and its changes; let no other be added."""
    op.execute("DELETE FROM changes WHERE batch_id IN (SELECT id FROM batches WHERE size = 0)")
    op.execute("DELETE FROM batches WHERE size = 0")
    with op.batch_alter_table("batches") as batches:
        batches.create_check_constraint(op.f("ck_batches_not_empty"), "size > 0")

"""Keep who is signed in: nonces, tries and sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0009"
down_revision = "r0008"

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "nonces",
        sa.Column("nonce", sa.LargeBinary(32), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("nonce", name="pk_nonces"),
    )
    op.create_index("ix_nonces_created_at", "nonces", ["created_at"])
    op.create_index("ix_nonces_client_created_at", "nonces", ["client", "created_at"])
    op.create_table(
        "sign_in_tries",
        sa.Column("id", _COUNTED, nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_tries"),
    )
    op.create_index("ix_sign_in_tries_tried_at", "sign_in_tries", ["tried_at"])
    op.create_index("ix_sign_in_tries_client_tried_at", "sign_in_tries", ["client", "tried_at"])
    op.create_table(
        "sessions",
        sa.Column("name", sa.LargeBinary(32), nullable=False),
        sa.Column("signer", sa.LargeBinary(128), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sessions"),
    )
    op.create_index("ix_sessions_used_at", "sessions", ["used_at"])
    op.create_index("ix_sessions_begun_at", "sessions", ["begun_at"])
    op.create_index("ix_sessions_signer_used_at", "sessions", ["signer", "used_at"])

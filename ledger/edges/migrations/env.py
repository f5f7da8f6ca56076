"""Alembic's entry: runs the revisions on the connection, and in the transaction, that the store hands over."""

from __future__ import annotations

from alembic import context

from ledger.edges.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # also on SQLite: an upgrade that fails leaves nothing behind
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

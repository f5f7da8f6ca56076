"""Alembic's entry: runs the revisions on the connection that the store hands over.

The connection is in a transaction already, so an upgrade that fails leaves nothing behind.
"""

from __future__ import annotations

from alembic import context

from ledger.edges.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()

"""What alembic runs for the migrations of any ``ledger.edges.store.schema.Schema``, on the connection that it is given.

The connection is in a transaction already, so an upgrade that fails leaves nothing behind.
"""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    target_metadata=attributes["tables"],
)
with context.begin_transaction():
    context.run_migrations()

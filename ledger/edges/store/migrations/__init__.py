"""The migrations of the store, run by ``ledger.edges.store.schema`` when a store is opened."""

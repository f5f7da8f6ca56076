"""The history of the store's schema; run by ``ledger.edges.store.schema`` whenever a store is opened."""

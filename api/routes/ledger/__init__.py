"""Routes of the evidence ledger."""

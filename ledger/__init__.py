"""A blockchain-backed trade document ledger."""

__version__ = "0.1.0"

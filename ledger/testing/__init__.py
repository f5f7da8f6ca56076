"""Worlds and keys that tests, demo and benches share. The product imports nothing of it."""

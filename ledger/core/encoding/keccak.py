"""Keccak-256, the hash of Ethereum."""

from __future__ import annotations

from sha3 import keccak_256


def keccak(data: bytes) -> bytes:
    """Keccak-256, 32 bytes."""
    return bytes(keccak_256(data).digest())

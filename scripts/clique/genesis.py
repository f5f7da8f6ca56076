"""The first block of a Clique network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.core.statements.origin import ADDRESS_SIZE

VANITY_SIZE, SEAL_SIZE = 32, 65
GAS_LIMIT = 30_000_000
# London is the last fork that Clique knows.
_FORKS = (
    "homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul", "berlin",
    "london",
)  # fmt: skip


def genesis(chain_id: int, period: int, sealers: Sequence[bytes], funded: Mapping[bytes, int]) -> dict[str, Any]:
    """geth's genesis file as JSON.

    :param period: seconds between blocks.
    :param sealers: addresses that take turns.
    :param funded: wei by address.
    """
    return {
        "config": {
            "chainId": chain_id,
            **{f"{fork}Block": 0 for fork in _FORKS},
            "clique": {"period": period, "epoch": 30_000},
        },
        "extraData": "0x" + extra_data(sealers).hex(),
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x1",
        "alloc": {address.hex(): {"balance": hex(wei)} for address, wei in funded.items()},
    }


def extra_data(sealers: Sequence[bytes]) -> bytes:
    """EIP-225: 32 bytes of vanity, the first sealers in ascending order, 65 bytes for a seal that block 0 lacks."""
    if not sealers or any(len(sealer) != ADDRESS_SIZE for sealer in sealers) or len(set(sealers)) != len(sealers):
        raise ValueError("sealers must be at least one address, each once")
    return bytes(VANITY_SIZE) + b"".join(sorted(sealers)) + bytes(SEAL_SIZE)

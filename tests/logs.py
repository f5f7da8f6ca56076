"""Logs as the contract writes them, for tests that stand in for a node."""

from __future__ import annotations

from eth_abi.abi import encode

from ledger.core.history.entry import Entry
from ledger.core.statements.eip712 import uint_word
from ledger.core.statements.origin import Origin
from ledger.edges.chain.events import ENTRY_TOPIC


def log_of(entry: Entry, origin: Origin) -> tuple[tuple[bytes, ...], bytes]:
    """Topics and data of the log that the contract writes for ``entry``."""
    topics = (ENTRY_TOPIC, uint_word(entry.number), uint_word(entry.kind), entry.topic(origin))
    return topics, bytes(encode(["uint64", "bytes"], [entry.time, entry.payload]))

"""What the entries in evidence say: their payloads, decoded once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ledger.core.evidence.evidence import ProvenEntry
from ledger.core.history.entry import Content, decode_payload
from ledger.core.history.replay import Mark
from ledger.errors import Malformed

MAX_REMEMBERED = 2_048  # bytes of a payload


# A history's council, agencies, mandates and attesters come again in the evidence of each of its documents.
remembered = lru_cache(maxsize=1_024)(decode_payload)


def contents(entries: Iterable[ProvenEntry]) -> list[tuple[Mark, Content]]:
    """Decode the payloads; Malformed, naming the entry, for one that is no encoding of its kind."""
    decoded = []
    for item in entries:
        try:
            read = remembered if len(item.entry.payload) <= MAX_REMEMBERED else decode_payload
            content = read(item.entry.kind, item.entry.payload)
        except Malformed as error:
            raise Malformed(error.what, f"entry {item.entry.number}") from None
        decoded.append((Mark(item.entry.number, item.entry.time), content))
    return decoded

"""What the entries in evidence say: their payloads, decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ledger.core.evidence.evidence import ProvenEntry
from ledger.core.history.entry import Content, EntryKind, decode_payload
from ledger.core.history.replay import EntryRef
from ledger.errors import Malformed


def contents(
    entries: Iterable[ProvenEntry], decode: Callable[[EntryKind, bytes], Content] = decode_payload
) -> list[tuple[EntryRef, Content]]:
    """Decode the payloads; Malformed, naming the entry, for one that is no encoding of its kind.

    ``decode`` reads one payload. Who reads much evidence of one history gives one that remembers.
    """
    decoded = []
    for item in entries:
        try:
            content = decode(item.entry.kind, item.entry.payload)
        except Malformed as error:
            raise Malformed(error.what, f"entry {item.entry.number}") from None
        decoded.append((EntryRef(item.entry.number, item.entry.time), content))
    return decoded

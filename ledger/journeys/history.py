"""History: entries by number, as the doors show them."""

from __future__ import annotations

from typing import Any

from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.history.history import History
from ledger.errors import Malformed
from ledger.journeys.follow import Follower


def read_entries(follower: Follower, history: History, first: int, limit: int) -> list[Entry]:
    """Entries from number ``first`` on, at most ``limit``; fewer at the end of the history."""
    return [follower.entry(number) for number in range(first, min(first + limit, history.size))]


def read_entry(follower: Follower, history: History, number: int) -> Entry:
    """One entry; Malformed if the history does not have it."""
    if not 0 <= number < history.size:
        raise Malformed(f"the history has the entries 0 to {history.size - 1}", f"entry {number}")
    return follower.entry(number)


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry for machines: payload and hash in hex, time in seconds."""
    return {
        "number": entry.number,
        "kind": entry.kind.name.lower(),
        "time": entry.time,
        "payload": hex_text(entry.payload),
        "hash": hex_text(entry.hash),
    }

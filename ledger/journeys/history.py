"""History: entries by number, and the newest that somebody looks for, as the doors show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.history.agencies import Agencies
from ledger.core.history.entry import Attested, Content, Enacted, Entry, EntryKind, Posted, Revoked
from ledger.core.history.history import History
from ledger.core.statements.resolutions import AttesterCompromise, AttesterRetirement, CouncilChange, Resolution
from ledger.edges.store import Store
from ledger.errors import Malformed
from ledger.journeys.follow import Follower

MOST_ENTRIES = 2_000
"""How many entries one look back goes through."""
_READ_AT_ONCE = 200


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


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries somebody looks for. ``kinds``: empty for all; ``agency``: only what it did, or what is about it;
    ``since`` and ``until``: block times in seconds, the first inclusive, the second not.
    """

    kinds: frozenset[EntryKind] = frozenset()
    agency: str | None = None
    since: int = 0
    until: int | None = None


@dataclass(frozen=True, slots=True)
class FoundEntries:
    """Entries, newest first. ``below``: the number below which the search goes on; None at the beginning of history."""

    entries: tuple[Entry, ...]
    below: int | None


def look_back(
    store: Store, register: Agencies, size: int, sought: Sought, limit: int, below: int | None = None
) -> FoundEntries:
    """The newest entries that fit, at most ``limit``, among the first ``size`` and below the number ``below``.

    One look goes through :data:`MOST_ENTRIES` entries at most, whatever is sought, so that it cannot cost more; it may
    find fewer than there are, or none, and then says where to go on.
    """
    highest = min(size, size if below is None else max(0, below))
    if sought.until is not None:
        highest = _first_at(store, sought.until, highest)
    lowest = _first_at(store, sought.since, highest) if sought.since else 0
    floor = max(lowest, highest - MOST_ENTRIES)
    found: list[Entry] = []
    at = highest
    while at > floor:
        begin = max(floor, at - _READ_AT_ONCE)
        for logged in reversed(list(store.entries.read(begin, at))):
            if _fits(logged.entry, register, sought):
                found.append(logged.entry)
                if len(found) == limit:
                    number = logged.entry.number
                    return FoundEntries(tuple(found), number if number > lowest else None)
        at = begin
    return FoundEntries(tuple(found), floor if floor > lowest else None)


def agency_of(content: Content, register: Agencies) -> str | None:
    """The agency that speaks in an entry, or that a resolution is about; None for what is about no agency."""
    match content:
        case Attested(attestation=attestation):
            return attestation.agency
        case Posted(posting=posting):
            return posting.agency
        case Revoked(signer=signer):
            return _agency_of_key(signer, register)
        case Enacted(resolution=resolution):
            return _agency_of_resolution(resolution, register)
    return None


def _agency_of_resolution(resolution: Resolution, register: Agencies) -> str | None:
    match resolution:
        case AttesterRetirement() | AttesterCompromise():
            return _agency_of_key(resolution.attester, register)
        case CouncilChange():
            return None
    return resolution.agency


def _agency_of_key(signer: Signer, register: Agencies) -> str | None:
    known = register.attesters.get(signer)
    return None if known is None else known.agency


def _fits(entry: Entry, register: Agencies, sought: Sought) -> bool:
    if sought.kinds and entry.kind not in sought.kinds:
        return False
    return sought.agency is None or agency_of(entry.content, register) == sought.agency


def _first_at(store: Store, time: int, size: int) -> int:
    """Number of the first of ``size`` entries that is not earlier; block times never go back."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if store.entries.by_number(middle).entry.time < time:
            low = middle + 1
        else:
            high = middle
    return low

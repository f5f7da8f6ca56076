"""Say in which subject the index that a log signed differs from that of its entries: for witness, mirror and audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.core.encoding.ids import IndexRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.history.subjects import describe, subject_key, subjects_of
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_difference import Difference, IndexAt, PageSource, first_difference
from ledger.core.tree.subject_index import Numbers
from ledger.errors import DefiniteNo, HistoryBroken, Unavailable

EntryOf = Callable[[int], Entry | None]
"""Gives the entry of a number, or None where it is not known."""

_SHOWN = 8  # of a long list, the last few: a checkpoint may lag


def other_index(
    ours: IndexAt, signed: IndexRoot, sources: Sequence[PageSource], origin: Origin, entry_of: EntryOf
) -> HistoryBroken:
    """The finding that a log signed another index of the same entries than they have.

    It has both roots. Where the log's pages lead to the root that it signed, it has the first subject that differs
    with both lists, too; where they do not, it says why.

    :param signed: the root of the index that the log signed.
    :param sources: whoever may have the pages of that index; the first that has them counts.
    """
    words = f"a checkpoint of {ours.size} entries has another index of subjects than these entries"
    expected, found = hex_text(ours.root), hex_text(signed)
    reasons = []
    for pages in sources:
        try:
            difference = first_difference(ours, IndexAt(pages, ours.size, signed))
        except (DefiniteNo, Unavailable) as error:
            reasons.append(str(error))
            continue
        assert difference is not None, "the roots differ"
        return _named(words, expected, found, difference, _subject(difference, origin, entry_of))
    because = f"; in which subject cannot be said: {reasons[-1]}" if reasons else ""
    return HistoryBroken(words + because, expected=expected, found=found)


def _named(words: str, expected: str, found: str, difference: Difference, subject: str) -> HistoryBroken:
    _, whole, shown = difference
    return HistoryBroken(
        f"{words}; the first subject that differs is {subject}",
        expected=f"{expected} with {_entries(whole)}",
        found=f"{found} with {_entries(shown)}",
        number=min(set(whole) ^ set(shown), default=None),
    )


def _subject(difference: Difference, origin: Origin, entry_of: EntryOf) -> str:
    """The subject in words, from an entry about it; else its key."""
    key, whole, _ = difference
    by_key = f"the one with the key {hex_text(key)}"
    if not whole:
        return f"{by_key}, which none of these entries is about"
    try:
        entry = entry_of(whole[0])
        subjects = () if entry is None else subjects_of(entry, origin)
    except (DefiniteNo, Unavailable):
        return by_key
    return next((describe(subject) for subject in subjects if subject_key(subject) == key), by_key)


def _entries(numbers: Numbers) -> str:
    """A list in words."""
    if not numbers:
        return "no entry"
    word = "entry" if len(numbers) == 1 else "entries"
    return f"{word} {'... ' if len(numbers) > _SHOWN else ''}{', '.join(map(str, numbers[-_SHOWN:]))}"

"""Inbox: what an agency has not attested yet, oldest first; and lists of declarations by who attested them.

The store keeps sets of bits that say who attested what (``edges/store/inbox.py``, docs/adr/0032). They are made here,
by the confirmed entries, when somebody asks. What came after those is looked at for each declaration that is shown.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice

from ledger.core.encoding.ids import DeclarationId, Digest, SetName, Signer
from ledger.core.evidence.inclusion import set_of_one
from ledger.core.history.attested import AttestedAs, attested_as, is_withdrawn
from ledger.core.history.entry import Anchored, Attested, Enacted, Entry, Revoked, Withdrawn
from ledger.core.history.history import History
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.resolutions import AttesterCompromise
from ledger.edges.store import DeclarationRow, Marked, Store
from ledger.edges.store.inbox import WITHDRAWN, Maker, Mark
from ledger.errors import HistoryBroken, Malformed, MandateMissing, Source, Unavailable
from ledger.journeys.follow import Follower
from ledger.journeys.progress import Progress, no_progress
from ledger.journeys.status import DeclarationStatus, status_of_row, stored_statuses

_STEP = 2_000  # members of sets that one transaction looks at
_STEPS = 25  # that one request waits for
_EXAMINED = 2_000  # declarations that one page looks at
_FEWEST = 100  # that are looked for together
_NUMBER_SIZE = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which declarations a list shows: all that is not None must hold.

    ``attested_by``, ``not_attested_by``: codes of agencies; ``kind``: of what they attested (UNCL 1001), any if None.
    ``document_type``: UNCL 1001. ``since`` (inclusive) and ``until`` (exclusive): seconds, when it was received here.
    ``digest``: of the declared document. ``reference``: that the party disclosed, in its normal form.
    """

    attested_by: str | None = None
    not_attested_by: str | None = None
    kind: int | None = None
    document_type: int | None = None
    since: int | None = None
    until: int | None = None
    party: Signer | None = None
    with_withdrawn: bool = True
    digest: Digest | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some declarations, each with where it stands, and the cursor of the next page; None on the last.

    A page may have fewer than were asked for, or none, and a cursor all the same: it looks at 2,000 declarations.
    """

    found: tuple[DeclarationStatus, ...]
    next_cursor: str | None


def inbox_of(agency: str, history: History, at: int, kind: int | None = None) -> Wanted:
    """What an agency has not attested: neither withdrawn, nor attested by it, under ``kind`` or under any.

    :raises AgencyUnknown: it was never enrolled.
    :raises MandateMissing: it has no mandate for this kind at ``at`` (seconds).
    """
    if kind is not None and not history.agencies.agency(agency).mandated(kind, at):
        raise MandateMissing(agency, kind)
    history.agencies.agency(agency)
    return Wanted(not_attested_by=agency, kind=kind, with_withdrawn=False)


def look(follower: Follower, max_age: float = 0.0) -> None:
    """See what is new on the chain. While it is away, lists are as of what is known."""
    with suppress(Unavailable, HistoryBroken):
        follower.refresh(max_age=max_age)


def stored_page(store: Store, wanted: Wanted, cursor: str | None = None, limit: int = 100) -> Page:
    """A page by time of receipt, whatever agencies said of them: what the store alone knows.

    :raises Malformed: the cursor did not come from here.
    """
    rows, following = store.declarations.page(
        party=wanted.party, document_type=wanted.document_type, received_from=wanted.since,
        received_until=wanted.until, digest=wanted.digest, reference=wanted.reference, cursor=cursor, limit=limit,
    )  # fmt: skip
    return Page(tuple(stored_statuses(rows, store)), following)


def list_by_agency(
    store: Store, history: History, wanted: Wanted, at: int, cursor: str | None = None, limit: int = 100
) -> Page:
    """A page of anchored declarations by who attested them, each with where it stands at ``at`` (seconds).

    They come in the order in which they were anchored, and the marks must be made (``make_marks``); those of one party
    by time of receipt, and need no marks.

    :raises AgencyUnknown: an agency was never enrolled.
    :raises Malformed: the cursor did not come from here.
    """
    for code in (wanted.attested_by, wanted.not_attested_by):
        if code is not None:
            history.agencies.agency(code)
    if wanted.party is not None:
        return _list_of_party(store, history, wanted, at, cursor, limit)
    marked = Marked(
        wanted.attested_by, wanted.not_attested_by, wanted.kind, wanted.document_type, wanted.since, wanted.until,
        wanted.with_withdrawn,
    )  # fmt: skip
    batch_of = cache(store.batches.get)
    found: list[DeclarationStatus] = []
    number, examined, last = _read_cursor(cursor), 0, 0
    while examined < _EXAMINED:
        asked = min(max(limit + 1 - len(found), _FEWEST), _EXAMINED - examined)
        numbers = store.inbox.find(marked, number, asked)
        for item in store.inbox.read(numbers):
            if not _is_wanted(item.row, item.sets, wanted, history):
                continue
            if len(found) == limit:
                return Page(tuple(found), _cursor(last + 1))
            found.append(status_of_row(item.row, item.sets, batch_of, history, at))
            last = item.number
        if len(numbers) < asked:
            return Page(tuple(found), None)
        examined, number = examined + len(numbers), numbers[-1] + 1
    return Page(tuple(found), _cursor(number))


def make_marks(store: Store, follower: Follower, progress: Progress | None = None) -> None:
    """Bring the marks up to the confirmed entries.

    :param progress: told how far it is, until all is done; None: it does some steps, as a server's request does.
    :raises Unavailable: there is more to do than one request waits for. What was done stays done.
    """
    steps = 0
    while True:
        with follower.known_history() as history:
            confirmed = min(follower.confirmed, history.size)
            if advance(store, history, confirmed):
                return
        steps += 1
        done = store.inbox.made().entries
        (progress or no_progress)(done, confirmed)
        if progress is None and steps == _STEPS:
            raise Unavailable(
                f"the list is being made ready, {done} of {confirmed} entries so far: try again shortly",
                source=Source.STORE,
            )


def advance(store: Store, history: History, confirmed: int, most: int = _STEP) -> bool:
    """Make marks by the first ``confirmed`` entries, looking at ``most`` members of sets; whether all is made now.

    Marks of another history are made again from its beginning.
    """
    made = store.inbox.made()
    if made.entries > history.size:
        return True  # another process is ahead
    is_of = made.entries == 0 or history.log.leaf(made.entries - 1) == made.hash
    if is_of and made.entries >= confirmed and not store.inbox.has_sets():
        return True
    entries = [logged.entry for logged in islice(store.entries.read(made.entries if is_of else 0, confirmed), most)]
    with store.inbox.making() as maker:
        if maker.made != made:
            return False  # another process was here meanwhile
        if not is_of:
            maker.begin_again()
        return _Making(maker, history, confirmed).go_on(entries, most)


class _Making:
    """One transaction's work over a history that is held still."""

    def __init__(self, maker: Maker, history: History, confirmed: int) -> None:
        self._maker = maker
        self._history = history
        self._confirmed = confirmed

    def go_on(self, entries: Sequence[Entry], budget: int) -> bool:
        """Whether nothing is left to do."""
        maker = self._maker
        while budget > 0 and (noted := maker.next_set()) is not None:
            name, position = noted
            taken, following = self._look_at(name, position, budget)
            maker.move_set(name, following)
            budget -= taken
        for entry in entries:
            if budget <= 0:
                return False
            budget -= self._take(entry)
        return maker.made.entries >= self._confirmed and maker.next_set() is None

    def _take(self, entry: Entry) -> int:
        """Look at what an entry is about; how much that was."""
        maker, content = self._maker, entry.content
        taken = 1
        match content:
            case Anchored(root, size):
                taken = self._begin(SetName(root, size))
            case Attested(said):
                taken = self._begin(SetName(said.root, said.size))
            case Revoked(revocation):
                said = self._history.attestations[revocation.attestation].attested.attestation
                if revocation.member == NO_DECLARATION:
                    taken = self._begin(SetName(said.root, said.size))
                else:
                    self._mark([revocation.member])
            case Withdrawn(withdrawal=withdrawal):
                self._mark([withdrawal.declaration])
            case Enacted(resolution=AttesterCompromise(attester=attester)):
                for recorded in list(self._history.attestations.values()):
                    if recorded.attested.signer == attester:
                        said = recorded.attested.attestation
                        maker.look_again(SetName(said.root, said.size))
            case _:
                pass
        maker.made = maker.made._replace(entries=entry.number + 1, hash=entry.hash)
        return taken

    def _begin(self, name: SetName) -> int:
        """Look at a set's first members, and note that there are more; how many these were."""
        taken, following = self._look_at(name, 0, _STEP)
        if following is not None:
            self._maker.look_again(name, following)
        return taken

    def _look_at(self, name: SetName, position: int, most: int) -> tuple[int, int | None]:
        """Mark members of a set from an index on; how many there were, and from where to go on, None at the end."""
        members = self._maker.members(name, position, most)
        ids = [id_ for _, id_ in members]
        anchor = self._history.anchors.get(name)
        if anchor is not None and anchor.number < self._confirmed:
            self._maker.number(ids)
        self._mark(ids)
        return max(1, len(ids)), members[-1][0] + 1 if len(members) == most else None

    def _mark(self, ids: Sequence[DeclarationId]) -> None:
        numbers = self._maker.numbered(ids)
        sets = self._maker.sets_of(list(numbers))
        self._maker.mark({number: self._marks(id_, sets[id_]) for id_, number in numbers.items()})

    def _marks(self, id_: DeclarationId, sets: Sequence[SetName]) -> set[Mark]:
        marks: set[Mark] = set(attested_as(self._history, [*sets, set_of_one(id_)], id_, self._confirmed))
        return marks | {WITHDRAWN} if is_withdrawn(self._history, id_, self._confirmed) else marks


def _list_of_party(store: Store, history: History, wanted: Wanted, at: int, cursor: str | None, limit: int) -> Page:
    batch_of = cache(store.batches.get)
    found: list[DeclarationStatus] = []
    examined = 0
    while True:
        asked = limit - len(found)
        page = store.declarations.page(
            party=wanted.party, document_type=wanted.document_type, received_from=wanted.since,
            received_until=wanted.until, cursor=cursor, limit=asked,
        )  # fmt: skip
        rows, cursor = page
        known = store.declarations.get_many([row.id for row in rows])
        for row, sets in (known[row.id] for row in rows):
            if _is_wanted(row, sets, wanted, history):
                found.append(status_of_row(row, sets, batch_of, history, at))
        examined += asked + _FEWEST  # each look costs
        if cursor is None or len(found) == limit or examined >= _EXAMINED:
            return Page(tuple(found), cursor)


def _is_wanted(row: DeclarationRow, sets: Sequence[SetName], wanted: Wanted, history: History) -> bool:
    """Whether a declaration is wanted by what is known now: a mark may be older than the newest entries."""
    if row.state not in ("anchored", "final") or (not wanted.with_withdrawn and is_withdrawn(history, row.id)):
        return False
    if not (wanted.since or 0) <= row.received_at or (wanted.until is not None and row.received_at >= wanted.until):
        return False
    said = attested_as(history, [*sets, set_of_one(row.id)], row.id)
    return (wanted.attested_by is None or _says(said, wanted.attested_by, wanted.kind)) and (
        wanted.not_attested_by is None or not _says(said, wanted.not_attested_by, wanted.kind)
    )


def _says(said: Collection[AttestedAs], agency: str, kind: int | None) -> bool:
    return any(one.agency == agency and kind in (None, one.kind) for one in said)


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(_NUMBER_SIZE)).rstrip(b"=").decode()


def _read_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        data = base64.b64decode(cursor.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    if len(data) != _NUMBER_SIZE or data[0] & 0x80:
        raise Malformed("did not come from a page of this list: begin without one", "cursor")
    return int.from_bytes(data)

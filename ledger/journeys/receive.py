"""Receive: take in declarations that their parties signed. Check each signature, then store many in one commit."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.core.encoding.ids import DeclarationId, Signer
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import verify_party_signature
from ledger.core.statements.signature_forms import check_slips
from ledger.core.statements.signer import is_passkey
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, LedgerError, PartyKeyMismatch, Unavailable, VerificationFailed

log = logging.getLogger(__name__)


class Received(NamedTuple):
    """A declaration as its party sent it; nothing is checked yet."""

    id: DeclarationId
    declaration: Declaration
    signature: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A declaration that is on disk. ``is_new``: it was not there before."""

    id: DeclarationId
    is_new: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """What became of the declarations of one request: for each whether it is new, or why it is not stored.

    ``at``: when they were stored, in seconds.
    """

    new: Sequence[bool | Exception]
    at: int


Outcome = Received | Stored | Exception
"""How far one declaration of many has come."""


def check_party(origin: Origin, party: Signer, digest: bytes, signature: bytes) -> None:
    """Check that a party signed a declaration or withdrawal with its key; nobody's contract is asked.

    :raises Refused: it did not, or it is no key. The message says what is wrong and what to do.
    :raises VerificationFailed: it is a passkey, and signed something else, or did not verify the person.
    :raises Malformed: its key did, in a form that is not taken, or over other bytes.
    """
    try:
        verify_party_signature(origin, party, digest, signature)
    except (VerificationFailed, PartyKeyMismatch):
        check_slips(origin, party, digest, signature, is_party=True)
        if is_passkey(origin, party):  # it says whether the person, the site or the id is wrong
            raise
        raise PartyKeyMismatch(party, digest) from None


def check_signatures(received: Sequence[Received | LedgerError], origin: Origin) -> list[Outcome]:
    """Check that each party signed; what cannot be taken in becomes its error. Errors given are passed on."""
    outcomes: list[Outcome] = []
    for item in received:
        try:
            if isinstance(item, Received):
                check_party(origin, item.declaration.party, item.id, item.signature)
            outcomes.append(item)
        except DefiniteNo as error:
            outcomes.append(error)
    return outcomes


def note_stored(outcomes: list[Outcome], new: Sequence[bool | Exception]) -> None:
    """Replace each Received, in order, by what became of it when it was stored."""
    results = iter(new)
    for place, item in enumerate(outcomes):
        if isinstance(item, Received):
            is_new = next(results)
            outcomes[place] = is_new if isinstance(is_new, Exception) else Stored(item.id, is_new)


def store_requests(store: Store, requests: Sequence[Sequence[Received]], at: int) -> list[Commit]:
    """Store the declarations of many requests in one commit; what became of those of each.

    Signatures must have been checked. What is not an error in the answer is on disk.
    """
    outcomes = store_all(store, [item for request in requests for item in request], at)
    commits, begin = [], 0
    for request in requests:
        end = begin + len(request)
        commits.append(Commit(outcomes[begin:end], at))
        begin = end
    return commits


def store_all(store: Store, received: Sequence[Received], at: int) -> Sequence[bool | Exception]:
    """Store all in one commit. Where one of them cannot be stored, each gets its own, so that it holds up no other."""
    try:
        return store.declarations.add_with_ids(received, at)
    except Unavailable as error:  # nor could it be stored alone
        return [error] * len(received)
    except Exception as error:
        if len(received) > 1:
            return [outcome for item in received for outcome in store_all(store, [item], at)]
        log.exception("a declaration could not be stored")
        return [error]

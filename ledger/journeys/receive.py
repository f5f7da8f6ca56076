"""Receive: take in declarations that their parties signed. Check each signature, then store many in one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.core.encoding.ids import DeclarationId, Signer
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.core.statements.statement import Declaration
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, LedgerError, Malformed, SignatureMismatch, Unavailable, VerificationFailed

log = logging.getLogger(__name__)

MAX_WALLETS = 100  # declarations of one request whose signature only the chain can judge

WalletAccepts = Callable[[Signer, bytes, bytes], None]
"""Ask a wallet contract (signer, digest, signature); raises VerificationFailed or Unavailable. ``Chain`` has it."""


class Received(NamedTuple):
    """A declaration as its party sent it; nothing is checked yet."""

    id: DeclarationId
    declaration: Declaration
    signature: bytes


@dataclass(frozen=True, slots=True)
class NeedsWallet:
    """The party's own key did not sign; the wallet contract at its address may have."""

    received: Received


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


Outcome = Received | NeedsWallet | Stored | Exception
"""How far one declaration of many has come."""


def check_signature(received: Received, origin: Origin) -> Received | NeedsWallet:
    """Check that the party's own key signed; NeedsWallet where only a wallet contract could say.

    :raises SignatureMismatch: it did not sign.
    """
    id_, declaration, signature = received
    try:
        verify_signature(origin, declaration.party, id_, signature)
    except WalletUndecided:
        return NeedsWallet(received)
    except VerificationFailed:
        raise SignatureMismatch(declaration.party, id_) from None
    return received


def check_signatures(received: Sequence[Received | LedgerError], origin: Origin) -> list[Outcome]:
    """As ``check_signature``, for many: what cannot be taken in becomes its error. Errors given are passed on."""
    outcomes: list[Outcome] = []
    for item in received:
        try:
            outcomes.append(item if isinstance(item, LedgerError) else check_signature(item, origin))
        except DefiniteNo as error:
            outcomes.append(error)
    return outcomes


def ask_wallet(received: Received, accepts: WalletAccepts) -> None:
    """Ask the wallet contract at the party's address whether it signed; takes the chain's time.

    :raises SignatureMismatch: it did not, or there is no contract.
    :raises Unavailable: the chain is away.
    """
    id_, declaration, signature = received
    try:
        accepts(declaration.party, id_, signature)
    except VerificationFailed:
        raise SignatureMismatch(declaration.party, id_) from None


def ask_wallets(outcomes: list[Outcome], most: int, accepts: WalletAccepts) -> int:
    """Replace each NeedsWallet by what its wallet says; returns how many were asked, ``most`` at most.

    A chain that was away once is not asked again.
    """
    away: Unavailable | None = None
    places = [place for place, item in enumerate(outcomes) if isinstance(item, NeedsWallet)]
    for count, place in enumerate(places):
        item = outcomes[place]
        assert isinstance(item, NeedsWallet)
        try:
            if count >= most:
                raise Malformed(
                    f"at most {MAX_WALLETS} lines of a request can be signed by wallet contracts", "signature"
                )
            if away is not None:
                raise away
            ask_wallet(item.received, accepts)
            outcomes[place] = item.received
        except DefiniteNo as error:
            outcomes[place] = error
        except Unavailable as error:
            outcomes[place] = away = error
    return min(len(places), most)


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

"""Relay: carry a statement that somebody else signed to the contract, and find it again in the history.

Whoever runs ``ledger`` relays with his own key and pays himself. A server pays for others, out of a ``Purse``: it
carries what ``core.relaying`` permits, within its budgets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, assert_never

from ledger.core.anchoring.batches import DeclarationState
from ledger.core.encoding.ids import DeclarationId, SetName
from ledger.core.history.entry import Attested, Enacted, Posted, Revoked, Withdrawn
from ledger.core.history.history import History
from ledger.core.history.replay import EntryRef
from ledger.core.relaying.budget import Cost, RelayLimits, check_budget
from ledger.core.relaying.forms import check_forms, in_one_form, statement_id
from ledger.core.relaying.rules import Statement, check_member, check_members, check_relayable
from ledger.edges.chain import calls
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain, TransactionReceipt
from ledger.edges.chain.sender import PerhapsSent
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import (
    DefiniteNo,
    NotRelayed,
    OwnTransaction,
    PartyKeyMismatch,
    RelayUnderWay,
    SignatureMismatch,
    Source,
    StatementGasTooHigh,
    Unavailable,
    VerificationFailed,
    WalletNotConvinced,
)
from ledger.journeys.follow import Follower

_T = TypeVar("_T")
_RECENT_SECONDS = 0.05  # how old a look at the chain may be before a refusal is final; many who are refused share one
_UNDER_WAY_SECONDS, _POLL_SECONDS = 5.0, 0.1  # to wait for another request that relays the same statement
WEI_PER_GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Relayed:
    """A statement that is in the history: its id, its entry, and the receipt, None if it was there before."""

    id: bytes
    number: int
    receipt: TransactionReceipt | None


@dataclass(frozen=True, slots=True)
class Purse:
    """Out of which a server pays for the statements of others.

    ``limits``: the budgets. ``clock``: seconds since 1970. ``patience``: seconds after which a statement under way that
    nobody ended counts as sent. ``look_seconds``: how old a look at the chain may be when a statement is judged.
    """

    limits: RelayLimits
    clock: Callable[[], int]
    patience: int
    look_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Relay:
    """Carries signed statements to the contract. ``relayer`` pays for gas and has no say.

    ``relay_attestation``, ``relay_revocation``, ``relay_withdrawal``, ``relay_posting`` and ``relay_resolution`` use
    it. Without a ``purse`` its owner relays for himself, and all that the contract takes is carried. ``most_gas``: what
    one statement may use; the council's resolutions may use what a transaction may.
    """

    chain: Chain
    store: Store
    follower: Follower
    relayer: SigningKey
    most_gas: int | None = None
    purse: Purse | None = None

    def submit(self, statement: Statement, members: Sequence[DeclarationId] = ()) -> TransactionReceipt:
        """Send a statement and wait for its confirmations.

        :param members: of an attestation's set, if they are known.
        :raises Malformed: the members are not those of the set, or a posted or revoked member is not in its set;
            or a signature is in a form that is not taken.
        :raises NotRelayed: the purse does not pay for it; ``transaction`` is what relays it without this server.
        :raises RelayUnderWay: another request is relaying it.
        :raises Refused: the contract's reason.
        :raises Unavailable: as for ``Chain.submit``.
        """
        plain = in_one_form(statement, self.chain.origin)
        try:
            return self._submit(plain, members)
        except (SignatureMismatch, PartyKeyMismatch, WalletNotConvinced, VerificationFailed):
            check_forms(plain, self.chain.origin)
            raise

    def _submit(self, statement: Statement, members: Sequence[DeclarationId]) -> TransactionReceipt:
        if self.purse is not None:
            return self._pay(self.purse, statement, members)
        check_members(statement, members)
        if isinstance(statement, Posted | Revoked):
            self.ask(lambda history: check_member(statement, history, _Known(self.store)))
        call = call_of(statement)
        sent = self.chain.start(call, self.relayer, self._lock, self._gas(call, statement, asks_wallet=False))
        receipt = sent.confirmed()
        sent.check()
        return receipt

    def refresh(self) -> History:
        """The history as the chain has it now."""
        return self.follower.refresh()

    def ask(self, question: Callable[[History], _T]) -> _T:
        """Ask the history; with a purse, one that may be somewhat old. A no is asked again of a fresh one."""
        if self.purse is None:
            return question(self.follower.refresh())
        with suppress(DefiniteNo):
            return question(self.follower.refresh(max_age=self.purse.look_seconds))
        return question(self.follower.refresh(max_age=_RECENT_SECONDS))

    def find(self, receipt: TransactionReceipt | None, question: Callable[[History], _T | None]) -> _T | None:
        """Find in the history what a transaction wrote; or, without one, what was there before.

        Statements that were mined together share one look at the chain.
        """
        if receipt is not None and self.follower.block >= receipt.block_number:
            with self.follower.known_history() as history:
                return question(history)
        if receipt is None and self.purse is not None:
            found = question(self.follower.refresh(max_age=self.purse.look_seconds))
            if found is not None:
                return found
        return question(self.follower.refresh())

    def _pay(self, purse: Purse, statement: Statement, members: Sequence[DeclarationId]) -> TransactionReceipt:
        deadline = time.monotonic() + _UNDER_WAY_SECONDS
        while True:
            try:
                return self._pay_once(purse, statement, members)
            except RelayUnderWay:  # soon the history has it, and says so
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)

    def _pay_once(self, purse: Purse, statement: Statement, members: Sequence[DeclarationId]) -> TransactionReceipt:
        call, id_, at = call_of(statement), statement_id(statement, self.chain.origin), purse.clock()
        known = _Known(self.store)
        try:
            relayable = self.ask(lambda history: check_relayable(statement, history, known, at, members))
        except NotRelayed as error:
            gas = None
            with suppress(Unavailable):  # the contract's own no, if there is one, says more
                gas = self._gas(call, statement, asks_wallet=False)
            raise self._with_transaction(error, call, gas) from None
        gas = self._gas(call, statement, relayable.asks_wallet)
        cost = Cost(gas, in_gwei(gas * self.chain.sender.fees().most))
        judge = partial(check_budget, relayable.payer, cost, limits=purse.limits, at=at)
        try:
            self.store.relaying.reserve(id_, relayable.payer, cost, at, purse.patience, judge)
        except NotRelayed as error:
            raise self._with_transaction(error, call, gas) from None
        try:
            sent = self.chain.start(call, self.relayer, self._lock, gas)
        except PerhapsSent:  # counts as spent
            raise
        except (DefiniteNo, Unavailable):
            self.store.relaying.release(id_)
            raise
        receipt = sent.confirmed()
        price = receipt.effective_gas_price
        self.store.relaying.settle(id_, Cost(receipt.gas_used, in_gwei(receipt.gas_used * price)))
        sent.check()
        return receipt

    def _gas(self, call: Call, statement: Statement, asks_wallet: bool) -> int:
        most = None if isinstance(statement, Enacted) else self.most_gas
        try:
            return self.chain.gas(call, self.relayer.address, most)
        except StatementGasTooHigh as error:
            raise self._with_transaction(error, call) from None
        except SignatureMismatch as error:
            if most is None or not asks_wallet:
                raise
            raise self._with_transaction(WalletNotConvinced(error.values["signer"], most), call) from None

    def _with_transaction(self, error: NotRelayed, call: Call, gas: int | None = None) -> NotRelayed:
        origin = self.chain.origin
        error.transaction = OwnTransaction(origin.contract, call.data, origin.chain_id, gas)
        return error

    def _lock(self) -> AbstractContextManager[object]:
        return self.store.leadership.sending(self.relayer.address)


class _Known:
    """What the store knows, as the rules ask for it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def has_members(self, name: SetName) -> bool:
        return self._store.sets.members(*name) is not None

    def is_member(self, name: SetName, id_: DeclarationId) -> bool | None:
        if name in self._store.sets.names_of(id_):
            return True
        return False if self.has_members(name) else None

    def has_all(self, ids: Sequence[DeclarationId]) -> bool:
        return self._store.declarations.has_all(ids)

    def state(self, id_: DeclarationId) -> DeclarationState | None:
        row = self._store.declarations.get(id_)
        return None if row is None else row.state


def call_of(statement: Statement) -> Call:
    """The call that carries a statement to the contract."""
    match statement:
        case Attested(attestation, signer, signature):
            return calls.attest(attestation, signer, signature)
        case Revoked(revocation, signer, signature):
            return calls.revoke(revocation, signer, signature)
        case Withdrawn(declaration, withdrawal, signature):
            return calls.withdraw(declaration, withdrawal, signature)
        case Posted(posting, signer, signature):
            return calls.post(posting, signer, signature)
        case Enacted(resolution, endorsements):
            return calls.enact(resolution, endorsements)
        case _:
            assert_never(statement)


def in_gwei(wei: int) -> int:
    """Wei as gwei, rounded up."""
    return -(-wei // WEI_PER_GWEI)


def relayed(id_: bytes, entry: EntryRef | None, receipt: TransactionReceipt | None) -> Relayed:
    """The statement with this id, recorded by ``entry``: the history decides, whatever the receipt says.

    :raises Unavailable: the history does not show it.
    """
    if entry is None:
        raise Unavailable(
            "the node took the statement, and the history does not show it: try again, which is harmless",
            source=Source.CHAIN,
        )
    return Relayed(id_, entry.number, receipt)


def receipt_json(receipt: TransactionReceipt | None) -> dict[str, Any] | None:
    """A transaction for machines: hash, block, gas and its price; None if the statement was there before."""
    if receipt is None:
        return None
    return {
        "transaction": receipt.tx_hash,
        "block": receipt.block_number,
        "gas": receipt.gas_used,
        "gas_price_wei": receipt.effective_gas_price,
    }

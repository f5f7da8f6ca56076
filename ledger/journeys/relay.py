"""Relay: carry a statement that somebody else signed to the contract, and find it again in the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.core.history.history import History
from ledger.core.history.replay import EntryRef
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain, TransactionReceipt
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import Source, Unavailable
from ledger.journeys.follow import Follower


@dataclass(frozen=True, slots=True)
class Relayed:
    """A statement that is in the history: its id, its entry, and the receipt, None if it was there before."""

    id: bytes
    number: int
    receipt: TransactionReceipt | None


@dataclass(frozen=True, slots=True)
class Relay:
    """Carries signed statements to the contract. ``relayer`` pays for gas and has no say.

    ``relay_attestation``, ``relay_revocation``, ``relay_withdrawal``, ``relay_posting`` and ``relay_resolution`` use
    it.
    """

    chain: Chain
    store: Store
    follower: Follower
    relayer: SigningKey

    def submit(self, call: Call) -> TransactionReceipt:
        """Send a call; see ``Chain.submit``."""
        return self.chain.submit(call, self.relayer, self.store.leadership.sending)

    def refresh(self) -> History:
        """The history as the chain has it now."""
        return self.follower.refresh()


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

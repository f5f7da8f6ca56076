"""Transactions of one account: simulate, set fees and nonce, sign, hand over, replace if stuck.

``send`` does all of it for one transaction and waits for its receipt. The anchorer does the steps itself for many
transactions at once, as ``core.anchoring`` decides. Only one sender at a time may use an account, because two would
take the same nonce: a lock keeps them apart, among threads and, with a store, among processes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from ledger.core.anchoring.batches import Account, Rules
from ledger.core.anchoring.fees import GasFees, bumped
from ledger.core.encoding.reading import hex_text
from ledger.edges.chain.calls import refusal_of
from ledger.edges.chain.node import CallReverted, Node, NodeRefused, OutOfGas
from ledger.edges.chain.words import Meaning
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import GasTooHigh, LedgerError, Malformed, Source, StatementGasTooHigh, Unavailable

if TYPE_CHECKING:
    from eth_account.types import TransactionDictType

TRANSACTION_GAS_LIMIT = 1 << 24  # EIP-7825
_GWEI = 10**9
_GAS_MARGIN = 1.2  # an entry mined between estimate and transaction may make a storage slot more expensive
_NONCE_ATTEMPTS = 5
_LONGEST_POLL = 1.0

SenderLock = Callable[[], AbstractContextManager[object]]
"""Lets one sender at a time use an account, among processes."""

_SENDING: dict[tuple[int, bytes], Lock] = {}


class NonceTaken(NodeRefused):
    """Another transaction has this nonce: it is mined, or it is waiting and pays as much."""


class PerhapsSent(Unavailable):
    """The node did not answer when it was given a transaction, and may have it."""


@dataclass(frozen=True, slots=True)
class ChainLimits:
    """How to reach a chain, how long to wait for it, and how much to spend on it.

    ``confirmations``: blocks until a transaction counts, its own included. ``max_fee_per_gas``: the most to pay, in
    wei; None is no limit. ``rpc_timeout``: seconds for one request to the node. ``confirmation_timeout``: seconds until
    a transaction must be mined and confirmed. ``resend_after``: seconds until a transaction that is not mined is
    replaced by one that pays more. ``in_flight``: batches under way at once, at most. ``proxy``: address of the proxy
    to nodes; None: none, whatever the environment says.
    """

    confirmations: int = 1
    max_fee_per_gas: int | None = None
    rpc_timeout: float = 10.0
    confirmation_timeout: float = 120.0
    resend_after: int = 20
    in_flight: int = 16
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.confirmations < 1 or self.rpc_timeout <= 0 or self.confirmation_timeout <= 0:
            raise Malformed("confirmations must be 1 or more, and timeouts more than 0 seconds", "limits")
        if self.resend_after < 1 or self.in_flight < 1:
            raise Malformed("resend_after must be 1 second or more, and in_flight 1 or more", "limits")

    @property
    def rules(self) -> Rules:
        """The part of them that the batches need."""
        return Rules(self.resend_after, self.in_flight, self.max_fee_per_gas)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed transaction and its hash (0x and 64 digits)."""

    raw: bytes
    tx_hash: str


class Sender:
    """Turns calldata into transactions of one chain. Safe to use from threads."""

    def __init__(self, present: Callable[[], Node], chain_id: int, limits: ChainLimits) -> None:
        """``present``: the node to ask and to send to now."""
        self._present = present
        self._chain_id = chain_id
        self.limits = limits

    @property
    def _node(self) -> Node:
        return self._present()

    # ------------------------------------------------------------------------------------------------ the steps

    def account(self, address: bytes, block: int) -> Account:
        """Number of an account's transactions: mined as of a block, and including those that are waiting now."""
        return Account(self._node.nonce(address, block), self._node.nonce(address, "pending"))

    def fees(self) -> GasFees:
        """The fees to offer now: the base fee may double, within the limit (EIP-1559).

        :raises Unavailable: the base fee alone is above the limit.
        """
        block = self._node.block()
        base = block.base_fee if block else 0
        tip = self._node.priority_fee()
        limit = self.limits.max_fee_per_gas
        if limit is None:
            return GasFees(tip, 2 * base + tip)
        if base > limit:
            raise Unavailable(
                f"gas costs {base / _GWEI:g} gwei, the limit is {limit / _GWEI:g} gwei: wait, or raise max_fee_per_gas",
                source=Source.CHAIN,
            )
        return GasFees(min(tip, limit), min(2 * base + tip, limit))

    def gas(self, to: bytes | None, data: bytes, sender: bytes, most: int | None = None) -> int:
        """The gas limit for a transaction. Simulates on the pending block, whose time and state are the next block's.

        :param most: gas that it may have, also while it is simulated; what a transaction may have if not given.
        :raises Refused: the contract's reason, or GasTooHigh; StatementGasTooHigh if ``most`` is not enough.
        """
        try:
            self._node.call(to, data, "pending", sender, most)
            needed = self._node.estimate(to, data, sender, most)
        except CallReverted as reverted:
            raise refusal_of(reverted.data) from None
        except OutOfGas:
            assert most is not None
            raise StatementGasTooHigh(most) from None
        except NodeRefused as refused:
            if refused.meaning is Meaning.NO_FUNDS:
                raise self._no_funds(sender) from None
            raise
        if needed > TRANSACTION_GAS_LIMIT:
            raise GasTooHigh(needed, TRANSACTION_GAS_LIMIT)
        if most is not None and needed > most:  # a node that estimates beyond what it is told
            raise StatementGasTooHigh(most)
        return min(int(needed * _GAS_MARGIN), most or TRANSACTION_GAS_LIMIT)

    def prepare(
        self, to: bytes | None, data: bytes, gas: int, nonce: int, fees: GasFees, relayer: SigningKey
    ) -> Prepared:
        """Sign a transaction of type 2 (EIP-1559). The same arguments give the same bytes, and so the same hash."""
        fields: TransactionDictType = {
            "type": 2,
            "chainId": self._chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": fees.tip,
            "maxFeePerGas": fees.most,
            "gas": gas,
            "to": to or b"",
            "value": 0,
            "data": data,
        }
        signed = relayer.sign_transaction(fields)
        return Prepared(bytes(signed.raw_transaction), hex_text(bytes(signed.hash)))

    def hand_over(self, prepared: Prepared, relayer: bytes) -> None:
        """Give a transaction to the node. It does no harm if the node has it already.

        :raises NonceTaken: another transaction has its nonce.
        :raises NodeRefused: the node refuses it for another reason, which the message quotes. It may want higher fees.
        :raises PerhapsSent: the node did not answer, and may have the transaction.
        :raises Unavailable: the account cannot pay.
        """
        node = self._node
        try:
            node.send(prepared.raw)
        except NodeRefused as refused:
            # After a lost answer the transaction is sent again, and refused although the first arrived.
            if refused.meaning is Meaning.ALREADY_KNOWN or node.knows(prepared.tx_hash):
                return
            match refused.meaning:
                case Meaning.NO_FUNDS:
                    raise self._no_funds(relayer) from None
                case Meaning.NONCE_TAKEN:
                    raise NonceTaken(node.address, refused.message, refused.code, refused.error) from None
            raise
        except Unavailable as error:
            raise PerhapsSent(str(error), source=Source.CHAIN) from None

    def _no_funds(self, relayer: bytes) -> Unavailable:
        return Unavailable(
            f"the relayer {hex_text(relayer)} has {self._node.balance(relayer)} wei, and that is not enough for the "
            "next transaction: send it more",
            source=Source.CHAIN,
        )

    # --------------------------------------------------------------------------------------------------- all steps

    def send(
        self, to: bytes | None, data: bytes, relayer: SigningKey, lock: SenderLock | None = None
    ) -> Mapping[str, Any]:
        """Simulate, sign, send and wait; returns the receipt (see ``Node.receipt``). ``to`` None creates a contract.

        :param lock: held while a nonce is taken and used; without it, only threads of this process exclude each other.
        :raises Refused: found by the simulation, or after mining if another transaction came first.
        :raises Unavailable: see ``Chain.submit``.
        """
        under_way = self.start(to, data, relayer, lock)
        receipt = under_way.confirmed()
        under_way.check(receipt)
        return receipt

    def start(
        self,
        to: bytes | None,
        data: bytes,
        relayer: SigningKey,
        lock: SenderLock | None = None,
        gas: int | None = None,
    ) -> UnderWay:
        """Simulate, sign and send, and do not wait.

        :param lock: as for ``send``.
        :param gas: gas limit, as ``gas`` gave it; estimated if not given.
        :raises PerhapsSent: the node may have the transaction. With every other error it has none.
        """
        with lock() if lock else _SENDING.setdefault((self._chain_id, relayer.address), Lock()):
            if gas is None:
                gas = self.gas(to, data, relayer.address)
            else:
                self._try(to, data, relayer.address, gas)
            return self._first(to, data, gas, relayer)

    def _try(self, to: bytes | None, data: bytes, sender: bytes, gas: int) -> None:
        """Simulate once more, as one that was sent since may have come first."""
        try:
            self._node.call(to, data, "pending", sender, gas)
        except CallReverted as reverted:
            raise refusal_of(reverted.data) from None
        except OutOfGas:
            raise StatementGasTooHigh(gas) from None

    def _first(self, to: bytes | None, data: bytes, gas: int, relayer: SigningKey) -> UnderWay:
        lowest = 0
        for attempt in range(1, _NONCE_ATTEMPTS + 1):
            nonce, fees = max(self._node.nonce(relayer.address, "pending"), lowest), self.fees()
            prepared = self.prepare(to, data, gas, nonce, fees, relayer)
            try:
                self.hand_over(prepared, relayer.address)
            except NonceTaken:  # another process uses the same account without this lock
                if attempt == _NONCE_ATTEMPTS:
                    raise
                lowest = nonce + 1  # the node may not count what waits
                continue
            again = lambda fees: self.prepare(to, data, gas, nonce, fees, relayer)  # noqa: E731, B023
            return UnderWay(self, self._node, to, data, relayer.address, nonce, fees, [prepared.tx_hash], again)
        raise AssertionError("unreachable")

    def reason(self, to: bytes | None, data: bytes, sender: bytes, receipt: Mapping[str, Any]) -> LedgerError:
        """Why a mined transaction failed: simulate it again on its block, which has the transaction that came first."""
        block = int(receipt["blockNumber"])
        try:
            self._node.call(to, data, block, sender)
        except CallReverted as reverted:
            return refusal_of(reverted.data)
        return Unavailable(
            f"transaction {receipt['transactionHash']} failed in block {block} and would pass now: try again",
            source=Source.CHAIN,
        )


@dataclass(slots=True)
class UnderWay:
    """A transaction handed over, and its replacements. All have one nonce, so at most one of them is mined."""

    sender: Sender
    node: Node
    to: bytes | None
    data: bytes
    address: bytes
    nonce: int
    fees: GasFees
    hashes: list[str]
    again: Callable[[GasFees], Prepared]

    def confirmed(self) -> Mapping[str, Any]:
        """Wait for enough confirmations; returns the receipt, also of a transaction that failed.

        A reorganisation may change it, so each look reads it.
        """
        limits = self.sender.limits
        begun = offered = time.monotonic()
        pause = 0.01
        away: Unavailable | None = None
        while True:
            lost = False
            try:
                receipt = self._receipt()
                if receipt is not None and self._deep_enough(receipt):
                    return receipt
                if receipt is None and time.monotonic() - offered > limits.resend_after:
                    offered = time.monotonic()
                    lost = not self._replace()
                away = None
            except Unavailable as error:
                away = error
            if lost:
                raise Unavailable(
                    f"another transaction has the nonce {self.nonce} of {self.hashes[-1]}: try again",
                    source=Source.CHAIN,
                )
            if time.monotonic() - begun > limits.confirmation_timeout:
                state = str(away) if away else f"it does not have {limits.confirmations} confirmation(s) yet"
                raise Unavailable(
                    f"transaction {self.hashes[-1]} was sent, but after {limits.confirmation_timeout:g} s {state}; "
                    "it may still be mined",
                    source=Source.CHAIN,
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL)

    def check(self, receipt: Mapping[str, Any]) -> None:
        """Raise why a mined transaction failed, if it did: Refused, or Unavailable if it would pass now."""
        if not receipt["status"]:
            raise self.sender.reason(self.to, self.data, self.address, receipt)

    def _receipt(self) -> Mapping[str, Any] | None:
        for tx_hash in reversed(self.hashes):
            receipt = self.node.receipt(tx_hash)
            if receipt is not None:
                if receipt["transactionHash"] != tx_hash:
                    raise Unavailable(
                        f"the node at {self.node.address} answers with another transaction's receipt",
                        source=Source.CHAIN,
                    )
                return receipt
        return None

    def _replace(self) -> bool:
        """Offer it again, with higher fees if needed, also to a node that lost it. False: it can never be mined."""
        limits = self.sender.limits
        self.fees = bumped(self.fees, self.sender.fees(), limits.max_fee_per_gas)
        prepared = self.again(self.fees)
        if prepared.tx_hash not in self.hashes:
            self.hashes.append(prepared.tx_hash)
        try:
            self.sender.hand_over(prepared, self.address)
        except NonceTaken:
            # It was mined meanwhile, or it is waiting and the node wants a larger raise than an eighth.
            return self.node.nonce(self.address, "latest") <= self.nonce or self._receipt() is not None
        return True

    def _deep_enough(self, receipt: Mapping[str, Any]) -> bool:
        confirmations = self.sender.limits.confirmations
        if confirmations == 1:
            return True
        number = int(receipt["blockNumber"])
        latest, own = self.node.block(), self.node.block(number)
        # The block of the receipt must still be part of the chain.
        stands = own is not None and own.hash == receipt["blockHash"]
        return stands and latest is not None and latest.number >= number + confirmations - 1

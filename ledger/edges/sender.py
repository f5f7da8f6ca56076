"""Send a transaction: simulate, price, number, sign, hand over, wait for confirmations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from rlp import encode as rlp_encode

from ledger.core.codec import hex_text
from ledger.core.typed_data import keccak
from ledger.edges.calls import refusal_of
from ledger.edges.keys import SigningKey
from ledger.edges.rpc import CallReverted, Node, NodeRefused
from ledger.errors import GasTooHigh, LedgerError, Malformed, Unavailable

TRANSACTION_GAS_LIMIT = 1 << 24  # EIP-7825
_GWEI = 10**9
_GAS_MARGIN = 1.2  # between estimate and block another entry may make a slot dearer
_NONCE_ATTEMPTS = 5
_NONCE_TAKEN = ("nonce too low", "underpriced", "already imported", "already known", "nonce has already been used")
_LONGEST_POLL = 1.0

# One process sends for one account in one order, whoever asks: two threads would take the same nonce.
_SENDING: dict[tuple[int, bytes], Lock] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """How to talk to a node and what to spend.

    ``confirmations``: blocks that hold or follow the transaction before it counts, 1 being its own.
    ``max_fee_per_gas``: the most to pay, in wei; None is whatever it takes. ``timeout``: seconds for one request.
    ``patience``: seconds until a transaction must be mined and confirmed.
    """

    confirmations: int = 1
    max_fee_per_gas: int | None = None
    timeout: float = 10.0
    patience: float = 120.0

    def __post_init__(self) -> None:
        if self.confirmations < 1 or self.timeout <= 0 or self.patience <= 0:
            raise Malformed("confirmations are 1 or more, timeout and patience are more than 0 seconds", "limits")


class Sender:
    """Turns calldata into a mined transaction of one chain. Safe to use from threads."""

    def __init__(self, node: Node, chain_id: int, limits: Limits) -> None:
        self._node = node
        self._chain_id = chain_id
        self._limits = limits

    def send(self, to: bytes | None, data: bytes, relayer: SigningKey) -> Mapping[str, Any]:
        """Simulate, sign, send, wait; returns the receipt as web3 gives it. ``to`` None creates a contract.

        :raises Refused: found by simulation, or, where somebody else was faster, after.
        :raises Unavailable: see ``Chain.submit``.
        """
        with _SENDING.setdefault((self._chain_id, relayer.address), Lock()):
            gas = self._gas(to, data, relayer.address)
            tx_hash = self._hand_over(to, data, gas, relayer)
        receipt = self._confirmed(tx_hash)
        if not receipt["status"]:
            raise self._reason(to, data, relayer.address, int(receipt["blockNumber"]), tx_hash)
        return receipt

    def _gas(self, to: bytes | None, data: bytes, sender: bytes) -> int:
        """Simulate on top of everything that waits, so that time and state are those of the next block."""
        try:
            self._node.call(to, data, "pending", sender)
            needed = self._node.estimate(to, data, sender)
        except CallReverted as reverted:
            raise refusal_of(reverted.data) from None
        if needed > TRANSACTION_GAS_LIMIT:
            raise GasTooHigh(needed, TRANSACTION_GAS_LIMIT)
        return min(int(needed * _GAS_MARGIN), TRANSACTION_GAS_LIMIT)

    def _hand_over(self, to: bytes | None, data: bytes, gas: int, relayer: SigningKey) -> str:
        for attempt in range(1, _NONCE_ATTEMPTS + 1):
            nonce = self._node.next_nonce(relayer.address)
            tip, most = self._fees()
            raw = _signed(relayer, [self._chain_id, nonce, tip, most, gas, to or b"", 0, data, []])
            tx_hash = hex_text(keccak(raw))
            try:
                self._node.send(raw)
            except NodeRefused as refused:
                # A lost answer makes us send twice, and the second time is refused although the first arrived.
                if self._node.knows(tx_hash):
                    return tx_hash
                if "insufficient funds" in refused.message.lower():
                    raise Unavailable(
                        f"the relayer {hex_text(relayer.address)} has {self._node.balance(relayer.address)} wei and may"
                        f" need {gas * most}: send it some"
                    ) from None
                # Another process sends for the same account.
                if attempt == _NONCE_ATTEMPTS or not any(words in refused.message.lower() for words in _NONCE_TAKEN):
                    raise
                continue
            return tx_hash
        raise AssertionError("unreachable")

    def _fees(self) -> tuple[int, int]:
        """(tip, most) in wei per gas: room for the base fee to double, within the limit (EIP-1559)."""
        block = self._node.block()
        base = block.base_fee if block else 0
        tip = self._node.priority_fee()
        limit = self._limits.max_fee_per_gas
        if limit is None:
            return tip, 2 * base + tip
        if base > limit:
            raise Unavailable(
                f"gas costs {base / _GWEI:g} gwei, the limit is {limit / _GWEI:g} gwei: wait, or raise max_fee_per_gas"
            )
        return min(tip, limit), min(2 * base + tip, limit)

    def _confirmed(self, tx_hash: str) -> Mapping[str, Any]:
        """The receipt, once enough blocks stand on it. Read anew each time, as a reorganisation may move it."""
        deadline = time.monotonic() + self._limits.patience
        pause = 0.01
        away: Unavailable | None = None
        while True:
            try:
                receipt = self._node.receipt(tx_hash)
                if receipt is not None and self._deep_enough(receipt):
                    return receipt
                away = None
            except Unavailable as error:
                away = error
            if time.monotonic() > deadline:
                state = str(away) if away else f"it has not {self._limits.confirmations} confirmation(s) yet"
                raise Unavailable(
                    f"transaction {tx_hash} was sent, but after {self._limits.patience:g} s {state}; "
                    "it may still arrive"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL)

    def _deep_enough(self, receipt: Mapping[str, Any]) -> bool:
        wanted = int(receipt["blockNumber"]) + self._limits.confirmations - 1
        if self._limits.confirmations == 1:
            return True
        latest = self._node.block()
        return latest is not None and latest.number >= wanted

    def _reason(self, to: bytes | None, data: bytes, sender: bytes, block: int, tx_hash: str) -> LedgerError:
        """Why a mined transaction failed: simulated again on the block that refused it, which holds who was faster."""
        try:
            self._node.call(to, data, block, sender)
        except CallReverted as reverted:
            return refusal_of(reverted.data)
        return Unavailable(f"transaction {tx_hash} failed in block {block} and would pass now: try again")


def _signed(relayer: SigningKey, fields: list[Any]) -> bytes:
    """A transaction of type 2 (EIP-1559): 0x02 ‖ rlp(fields ‖ signature)."""
    signature = relayer.sign(keccak(b"\x02" + bytes(rlp_encode(fields))))
    parity, r, s = signature[64] - 27, int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    return b"\x02" + bytes(rlp_encode([*fields, parity, r, s]))

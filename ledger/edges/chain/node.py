"""One node: the questions of this product, and answers read strictly. Whatever goes wrong becomes one of our errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from ledger.core.encoding.reading import hex_text
from ledger.edges.chain.rpc import NodeRefused, NodeTimeout, Rpc, Unreadable, shown_address
from ledger.edges.chain.words import Meaning, revert_data
from ledger.errors import DefiniteNo, NodeLags

__all__ = ["Block", "BlockId", "CallReverted", "Node", "NodeRefused", "NodeTimeout", "shown_address"]

_HASH_SIZE = 32
Answer = TypeVar("Answer")


class CallReverted(DefiniteNo):
    """A simulated call reverted with ``data``. The edges turn this into a ``Refused``."""

    def __init__(self, data: bytes) -> None:
        super().__init__("0x" + data.hex())
        self.data = data


class OutOfGas(DefiniteNo):
    """A simulated call needs more gas than it may use. The edges turn this into a ``Refused``."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} gas")


@dataclass(frozen=True, slots=True)
class Block:
    """The parts of a block used here: number, hash (lower-case hex with ``0x``), time in seconds, base fee in wei."""

    number: int
    hash: str
    time: int
    base_fee: int


BlockId = int | str | Block
"""A block by number or tag; or by its hash (EIP-1898), so that no other block of this number is taken for it."""


class Node:
    """A connection to one JSON-RPC address. Safe to use from threads.

    Every method raises ``Unavailable`` if the node cannot be reached or refuses. Other errors are documented.
    """

    def __init__(self, url: str, timeout: float, proxy: str | None = None) -> None:
        """``timeout``: seconds for one request. ``proxy``: address of the proxy to ask through; None: none."""
        self._rpc = Rpc(url, timeout, proxy)
        self.address = self._rpc.address
        self._takes_hashes: bool | None = None  # None: not known yet

    def chain_id(self) -> int:
        with self._reading():
            return _number(self._rpc.ask("eth_chainId"))

    def block(self, number: int | str = "latest") -> Block | None:
        """A block by number or tag; None if the node has no such block."""
        try:
            with self._reading():
                found = self._rpc.ask("eth_getBlockByNumber", _block(number), False)
                if found is None:
                    return None
                return Block(
                    _number(found["number"]),
                    hex_text(_bytes(found["hash"], _HASH_SIZE)),
                    _number(found["timestamp"]),
                    _number(found.get("baseFeePerGas") or "0x0"),
                )
        except NodeRefused as refused:  # some say so where others answer null
            if refused.meaning is Meaning.NO_BLOCK and isinstance(number, int):
                return None
            raise

    def code(self, address: bytes) -> bytes:
        """The code at an address; empty if there is no contract."""
        with self._reading():
            return _bytes(self._rpc.ask("eth_getCode", hex_text(address), "latest"))

    def balance(self, address: bytes) -> int:
        """Balance of an account in wei."""
        with self._reading():
            return _number(self._rpc.ask("eth_getBalance", hex_text(address), "latest"))

    def call(
        self,
        to: bytes | None,
        data: bytes,
        block: BlockId = "latest",
        sender: bytes | None = None,
        most: int | None = None,
    ) -> bytes:
        """Simulate a call, or the creation of a contract if ``to`` is None.

        On a node that has no pending block, "pending" is the latest.

        :param most: gas that it may use; what the node permits if not given.
        :raises CallReverted: with the revert data.
        :raises OutOfGas: it needs more than ``most``.
        :raises NodeLags: the node does not have the block that is named by its hash.
        """
        if isinstance(block, Block):
            return self._call_at(to, data, block, sender)
        return _of_pending(block, lambda at: self._call(to, data, at, sender, most))

    def estimate(self, to: bytes | None, data: bytes, sender: bytes, most: int | None = None) -> int:
        """Gas that a transaction needs on the pending block.

        :raises CallReverted: it would revert.
        :raises OutOfGas: it needs more than ``most``.
        """

        def ask(block: int | str) -> int:
            with self._reading(), _reverting(most):
                return _number(self._rpc.ask("eth_estimateGas", _transaction(to, data, sender, most), _block(block)))

        return _of_pending("pending", ask)

    def logs(self, address: bytes, topic: bytes, first_block: int, last_block: int) -> Sequence[Mapping[str, Any]]:
        """Logs of a contract with this first topic, in order, in a range of blocks (both ends included).

        Returned as the node's JSON. A node may leave some out without an error, so the caller must find out.
        """
        wanted = {
            "address": hex_text(address),
            "topics": [hex_text(topic)],
            "fromBlock": hex(first_block),
            "toBlock": hex(last_block),
        }
        with self._reading():
            logs = self._rpc.ask("eth_getLogs", wanted, is_large=last_block > first_block)
            if not isinstance(logs, list) or not all(isinstance(log, dict) for log in logs):
                raise TypeError("not a list of logs")
            return cast(Sequence[Mapping[str, Any]], logs)

    def nonce(self, address: bytes, block: int | str) -> int:
        """Number of an account's transactions as of a block.

        "pending" includes those that are waiting, unless the node has no pending block: then it is the latest.
        """

        def ask(at: int | str) -> int:
            with self._reading():
                return _number(self._rpc.ask("eth_getTransactionCount", hex_text(address), _block(at)))

        return _of_pending(block, ask)

    def priority_fee(self) -> int:
        """The tip that the node advises, in wei per gas."""
        with self._reading():
            return _number(self._rpc.ask("eth_maxPriorityFeePerGas"))

    def send(self, raw: bytes) -> None:
        """Send a signed transaction."""
        self._rpc.ask("eth_sendRawTransaction", hex_text(raw))

    def knows(self, tx_hash: str) -> bool:
        """Whether the node has this transaction, waiting or mined."""
        return self._rpc.ask("eth_getTransactionByHash", tx_hash) is not None

    def receipt(self, tx_hash: str) -> Mapping[str, Any] | None:
        """A transaction's receipt as the node's JSON; None until it is mined.

        These members can be read: status, blockNumber, gasUsed, effectiveGasPrice as numbers, blockHash and
        transactionHash as lower-case hex with ``0x``, and ``logs``.
        """
        with self._reading():
            found = self._rpc.ask("eth_getTransactionReceipt", tx_hash)
            if found is None or found.get("blockNumber") is None:
                return None
            numbers = {name: _number(found[name]) for name in ("status", "blockNumber", "gasUsed")}
            numbers["effectiveGasPrice"] = _number(found.get("effectiveGasPrice") or "0x0")
            hashes = {name: hex_text(_bytes(found[name], _HASH_SIZE)) for name in ("blockHash", "transactionHash")}
            logs = found["logs"]
            if not isinstance(logs, list):
                raise TypeError("not a list of logs")
            return {**found, **numbers, **hashes}

    def _call(
        self, to: bytes | None, data: bytes, block: BlockId, sender: bytes | None, most: int | None = None
    ) -> bytes:
        with self._reading(), _reverting(most):
            return _bytes(self._rpc.ask("eth_call", _transaction(to, data, sender, most), _block(block)))

    def _call_at(self, to: bytes | None, data: bytes, block: Block, sender: bytes | None) -> bytes:
        """A call at one block and no other of its number."""
        if self._takes_hashes is not False:
            try:
                found = self._call(to, data, block, sender)
                self._takes_hashes = True
                return found
            except NodeRefused as refused:
                if refused.meaning is Meaning.NO_BLOCK:
                    raise self._lags(block.number) from None
                if self._takes_hashes:
                    raise
        try:
            found = self._call(to, data, block.number, sender)
        except NodeRefused as refused:
            if refused.meaning is Meaning.NO_BLOCK:
                raise self._lags(block.number) from None
            raise
        now = self.block(block.number)
        if now is None or now.hash != block.hash:
            raise self._lags(block.number)
        self._takes_hashes = False
        return found

    def _lags(self, number: int) -> NodeLags:
        return NodeLags(f"the node at {self.address} does not have block {number}, or not any more")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn what cannot be read into our error."""
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._rpc.unreadable(error) from None


def _of_pending(block: int | str, ask: Callable[[int | str], Answer]) -> Answer:
    """Ask of a block. If it is the pending one and the node answers with an error or with nothing: of the latest."""
    try:
        return ask(block)
    except (NodeRefused, Unreadable):
        if block != "pending":
            raise
        return ask("latest")


@contextmanager
def _reverting(most: int | None) -> Iterator[None]:
    """Turn an error of the node that means a revert into ``CallReverted``; and one that means that ``most`` gas is not
    enough into ``OutOfGas``.
    """
    try:
        yield
    except NodeRefused as refused:
        if most is not None and refused.meaning is Meaning.OUT_OF_GAS:
            raise OutOfGas(most) from None
        data = revert_data(refused.error)
        if data is None:
            raise
        raise CallReverted(data) from None


def _block(block: BlockId) -> str | dict[str, object]:
    match block:
        case Block():
            return {"blockHash": block.hash, "requireCanonical": True}
        case int():
            return hex(block)
    return block


def _transaction(to: bytes | None, data: bytes, sender: bytes | None, gas: int | None) -> dict[str, str]:
    made = {"data": hex_text(data)}
    if to is not None:
        made["to"] = hex_text(to)
    if sender is not None:
        made["from"] = hex_text(sender)
    if gas is not None:
        made["gas"] = hex(gas)
    return made


def _number(value: object) -> int:
    if not isinstance(value, str):
        raise TypeError("not a number in hex")
    return int(value, 16)


def _bytes(value: object, size: int | None = None) -> bytes:
    """The bytes of hex with or without ``0x``; ValueError unless there are ``size`` of them."""
    if not isinstance(value, str):
        raise TypeError("not hex")
    data = bytes.fromhex(value.removeprefix("0x"))
    if size is not None and len(data) != size:
        raise ValueError("not as many bytes")
    return data

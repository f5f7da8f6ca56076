"""The contract on its chain: read, simulate, send, confirm. Contract errors become classes of the same name.

Nothing here trusts the node. Entries are checked by the replay of the history, and the deployed code is compared with
the shipped artifact. Simulations and fees are hints: a wrong one costs gas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger import artifact
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.edges.chain.calls import Call, creation_data, refusal_of
from ledger.edges.chain.events import ENTRY_TOPIC, LoggedEntry, is_entry, logged_entry
from ledger.edges.chain.node import Block, CallReverted, Node, NodeRefused, NodeTimeout
from ledger.edges.chain.sender import ChainLimits, Sender, SenderLock
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import AnotherHistory, ContractMissing, HistoryBroken, Malformed, Source, Unavailable

_FIRST_SPAN = 2_000  # blocks in the first range; most nodes accept as many
_FEW_LOGS = 1_000  # a range with fewer logs makes the next one larger
_MANY_LOGS = 10_000  # a range with more logs makes the next one smaller, because all its logs are in memory at once
_SPAN_FACTOR = 4

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """What a transaction did: hashes as lower-case hex with ``0x``, gas used, price in wei per gas, entries made.

    ``entries`` is empty if the contract had nothing to write, because the root was anchored before.
    """

    tx_hash: str
    block_number: int
    block_hash: str
    gas_used: int
    effective_gas_price: int
    entries: tuple[Entry, ...]


class Chain:
    """One origin through one node. Made by ``connect`` or ``deploy``; safe to use from threads."""

    def __init__(self, node: Node, origin: Origin, limits: ChainLimits) -> None:
        self._node = node
        self.sender = Sender(node, origin.chain_id, limits)
        self.origin = origin
        self.confirmations = limits.confirmations

    @classmethod
    def connect(
        cls,
        rpc_url: str,
        known: Origin | str | bytes,
        limits: ChainLimits | None = None,
        check_code: bool = True,
    ) -> Chain:
        """Connect, and check chain id, salt and code before anything else.

        :param known: the origin; or only the contract's address, 20 bytes or hex with ``0x``: then the node is asked
            for the rest of the origin. It cannot lie for long: a replay refuses an entry 0 that the origin does not
            name.
        :param check_code: False for an audit, which reports other code as a finding and goes on.
        :raises Unavailable: the node does not answer.
        :raises AnotherHistory: the node is on another chain, or the contract's history has another beginning.
        :raises HistoryBroken: other code is at the address.
        :raises ContractMissing: there is no code at the address.
        """
        limits = limits or ChainLimits()
        node = Node(rpc_url, limits.rpc_timeout)
        chain_id = node.chain_id()
        if isinstance(known, Origin):
            if chain_id != known.chain_id:
                raise AnotherHistory(
                    f"the node at {node.address} is on another chain",
                    expected=f"chain {known.chain_id}",
                    found=f"chain {chain_id}",
                )
            chain = cls(node, known, limits)
            if check_code:
                chain.check_beginning()
        else:
            address = _address(known)
            chain = cls(node, Origin(chain_id, address, _salt(node, chain_id, address)), limits)
        if check_code:
            chain.check_code()
        return chain

    @classmethod
    def unchecked(cls, rpc_url: str, origin: Origin, limits: ChainLimits | None = None) -> Chain:
        """A chain whose origin is known and whose node may be away: nothing is asked, and nothing checked, yet."""
        limits = limits or ChainLimits()
        return cls(Node(rpc_url, limits.rpc_timeout), origin, limits)

    def check_beginning(self) -> None:
        """Check that the contract names the salt of the origin: the hash of its entry 0.

        :raises AnotherHistory: it names another, so its history has another beginning.
        :raises HistoryBroken: it names none.
        :raises ContractMissing: there is no code.
        """
        found = _salt(self._node, self.origin.chain_id, self.origin.contract)
        if found != self.origin.salt:
            raise AnotherHistory(
                "the history of the contract at this address has another beginning: its chain was begun anew",
                expected=f"entry 0 with the hash {hex_text(self.origin.salt)}",
                found=f"entry 0 with the hash {hex_text(found)}",
            )  # fmt: skip

    def check_code(self) -> None:
        """Compare the deployed code with the shipped artifact's, immutables included.

        :raises HistoryBroken: the code differs; ``expected`` and ``found`` are Keccak-256 hashes as in explorers.
        :raises ContractMissing: there is no code.
        """
        found = self._node.code(self.origin.contract)
        if not found:
            raise ContractMissing(self.origin.contract, self.origin.chain_id)
        expected = artifact.load().code_at(self.origin)
        if found != expected:
            raise HistoryBroken(
                "the code at this address is not the shipped contract's",
                expected=f"{len(expected)} bytes {hex_text(keccak(expected))}",
                found=f"{len(found)} bytes {hex_text(keccak(found))}",
            )

    # ------------------------------------------------------------------------------------------------------- reading

    @property
    def node_address(self) -> str:
        """The part of the node's address that may be shown: scheme, host and port."""
        return self._node.address

    def head(self, block: int | None = None) -> tuple[int, bytes, int]:
        """Number of entries, the contract's head over them, and the number of the block at which both were read.

        :param block: default: the latest. Only archive nodes know the state at old blocks.
        """
        if block is None:
            block = self.latest().number
        (size,) = self.query(Call("numberOfEntries", ()), block)
        (head,) = self.query(Call("head", ()), block)
        return size, head, block

    def latest(self) -> Block:
        """The newest block; Unavailable if the node has no blocks yet."""
        block = self._node.block()
        if block is None:
            raise Unavailable(
                f"the node at {self._node.address} has no blocks yet: is it still starting?", source=Source.CHAIN
            )
        return block

    def block_time(self, number: int) -> int:
        """Time of the block with this number now, in seconds; Unavailable if the chain has no such block."""
        block = self._node.block(number)
        if block is None:
            raise Unavailable(f"the node at {self._node.address} has no block {number} any more", source=Source.CHAIN)
        return block.time

    def block_hash(self, number: int) -> str | None:
        """Hash of the block with this number now (lower-case hex with ``0x``); None if the chain has no such block."""
        block = self._node.block(number)
        return None if block is None else block.hash

    def entries(
        self, first_block: int, last_block: int | None = None, progress: Progress | None = None
    ) -> Iterator[LoggedEntry]:
        """The entries logged in a range of blocks (both ends included; None is the latest), in order.

        Ranges grow while they hold few logs, and shrink when the node refuses them. ``progress`` gets how many
        blocks are read, and how many the range has. Gaps are not detected here: the replay finds them.

        :raises HistoryBroken: the contract could not have written one of the logs.
        """
        last = self.latest().number if last_block is None else last_block
        begin, span = first_block, _FIRST_SPAN
        while begin <= last:
            end = min(begin + span - 1, last)
            try:
                logs = self._node.logs(self.origin.contract, ENTRY_TOPIC, begin, end)
            except (NodeRefused, NodeTimeout):
                if end == begin:
                    raise
                # Too many blocks or logs. Nodes say so in a dozen ways, so every refusal counts.
                span = max(1, (end - begin + 1) // _SPAN_FACTOR)
                continue
            for log in logs:
                yield logged_entry(log, self.origin)
            if progress is not None:
                progress(end - first_block + 1, last - first_block + 1)
            begin = end + 1
            if len(logs) < _FEW_LOGS:
                span *= _SPAN_FACTOR
            elif len(logs) > _MANY_LOGS:
                span = max(1, span // _SPAN_FACTOR)

    def query(self, call: Call, block: int | None = None) -> tuple[Any, ...]:
        """Call a view function of the contract.

        :raises Refused: it reverts, or there is no contract any more (ContractMissing).
        :raises HistoryBroken: this contract could not have given the answer.
        """
        try:
            data = self._node.call(self.origin.contract, call.data, "latest" if block is None else block)
        except CallReverted as reverted:
            raise refusal_of(reverted.data) from None
        if not data:
            # There was code when it was checked, so this is another chain now.
            raise ContractMissing(self.origin.contract, self.origin.chain_id)
        return call.answer(data)

    def balance(self, address: bytes) -> int:
        """Balance of an account in wei."""
        return self._node.balance(address)

    def has_code(self, address: bytes) -> bool:
        """Whether there is a contract at an address (20 bytes) now."""
        return bool(self._node.code(address))

    # ------------------------------------------------------------------------------------------------------- writing

    def submit(self, call: Call, relayer: SigningKey, lock: SenderLock | None = None) -> TransactionReceipt:
        """Simulate, sign, send and wait for confirmations. ``relayer`` (secp256k1) pays; it has no other influence.

        :param lock: see ``Sender.send``.
        :raises Refused: the contract's reason. Usually the simulation finds it before gas is spent; if another
            transaction came first, it is found after.
        :raises Unavailable: the node is away, gas costs more than the limit, the relayer cannot pay, or the
            transaction is not confirmed in time. In the last case it may still be mined; sending it again is harmless.
        """
        receipt = self.sender.send(self.origin.contract, call.data, relayer, lock)
        return _receipt(receipt, self.origin)

    def receipt(self, tx_hash: str) -> TransactionReceipt | None:
        """What a transaction did and cost, according to the node; None until it is mined."""
        found = self._node.receipt(tx_hash)
        return None if found is None else _receipt(found, self.origin)


def deploy(
    rpc_url: str, members: Sequence[bytes], threshold: int, relayer: SigningKey, limits: ChainLimits | None = None
) -> tuple[Origin, TransactionReceipt]:
    """Deploy the shipped artifact with its first council, then check the deployed code.

    :param members: ERC-7913 signers. A P-256 key can join only later, because its signer names the deployed verifier.
    :raises Refused: CouncilMalformed, SignerMalformed, CouncilMemberRepeated.
    :raises Unavailable: as for ``Chain.submit``.
    """
    limits = limits or ChainLimits()
    node = Node(rpc_url, limits.rpc_timeout)
    chain_id = node.chain_id()
    receipt = Sender(node, chain_id, limits).send(None, creation_data(members, threshold), relayer)
    address = _address(str(receipt["contractAddress"]))
    origin = Origin(chain_id, address, _salt(node, chain_id, address))
    Chain(node, origin, limits).check_code()
    return origin, _receipt(receipt, origin)


def _salt(node: Node, chain_id: int, contract: bytes) -> bytes:
    """The salt in the EIP-712 domain of the contract (ERC-5267).

    :raises HistoryBroken: the contract names none, so it is not the shipped one.
    :raises ContractMissing: there is no code at the address.
    """
    call = Call("eip712Domain", ())
    try:
        data = node.call(contract, call.data, "latest")
    except CallReverted as reverted:
        raise HistoryBroken(
            "the code at this address is not the shipped contract's: it names no EIP-712 domain",
            expected="an answer to eip712Domain", found=refusal_of(reverted.data),
        ) from None  # fmt: skip
    if not data:
        raise ContractMissing(contract, chain_id)
    return bytes(call.answer(data)[5])


def _receipt(receipt: Mapping[str, Any], origin: Origin) -> TransactionReceipt:
    logged = [logged_entry(log, origin) for log in receipt["logs"] if is_entry(log, origin)]
    return TransactionReceipt(
        "0x" + bytes(receipt["transactionHash"]).hex(),
        int(receipt["blockNumber"]),
        "0x" + bytes(receipt["blockHash"]).hex(),
        int(receipt["gasUsed"]),
        int(receipt["effectiveGasPrice"]),
        tuple(item.entry for item in logged),
    )


def _address(contract: str | bytes) -> bytes:
    try:
        address = bytes.fromhex(contract.removeprefix("0x")) if isinstance(contract, str) else contract
    except ValueError:
        address = b""
    if len(address) != ADDRESS_SIZE:
        raise Malformed("a contract's address must be 0x and 40 hex digits", "contract")
    return address

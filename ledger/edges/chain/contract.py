"""The contract on its chain: read, simulate, send, confirm. Contract errors become classes of the same name.

Nothing here trusts the node. Entries are checked by the replay of the history, and the deployed code is compared with
the shipped artifact. Simulations and fees are hints: a wrong one costs gas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.core.encoding.ids import Signer
from ledger.core.history.entry import Entry
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.edges.chain.calls import WORD_SIZE, Call, creation_data, question_of_wallet
from ledger.edges.chain.events import ENTRY_TOPIC, LoggedEntry, is_entry, logged_entry
from ledger.edges.chain.node import Block, CallReverted, Node, NodeRefused, NodeTimeout
from ledger.edges.chain.nodes import Look, Nodes, check_beginning, check_code, query, read_salt
from ledger.edges.chain.rpc import NODE_AWAY
from ledger.edges.chain.sender import ChainLimits, Sender, SenderLock, UnderWay
from ledger.edges.chain.words import Meaning
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import AnotherHistory, Malformed, NodeLags, Source, Unavailable

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


class SentCall:
    """A call that was sent. First ``confirmed``, then ``check``."""

    def __init__(self, under_way: UnderWay, origin: Origin) -> None:
        self._under_way = under_way
        self._origin = origin
        self._receipt: Mapping[str, Any] | None = None

    def confirmed(self) -> TransactionReceipt:
        """Wait for its confirmations; what it did and cost, also if it failed. Unavailable if they do not come."""
        self._receipt = self._under_way.confirmed()
        return _receipt(self._receipt, self._origin)

    def check(self) -> None:
        """Raise why it failed, if it did: Refused, or Unavailable if it would pass now."""
        assert self._receipt is not None
        self._under_way.check(self._receipt)


class _Logs(NamedTuple):
    """What the node answered for the blocks up to ``end``, and how many blocks to ask for next."""

    logs: Sequence[Mapping[str, Any]]
    end: int
    span: int


class Chain:
    """One origin through one node, or through two. Made by ``connect`` or ``deploy``; safe to use from threads.

    ``look`` chooses the node that everything else asks.
    """

    def __init__(self, node: Node, origin: Origin, limits: ChainLimits, second: Node | None = None) -> None:
        self._nodes = Nodes(node, second, origin, limits.confirmations)
        self.sender = Sender(lambda: self._nodes.present, origin.chain_id, limits)
        self.origin = origin
        self.confirmations = limits.confirmations

    @classmethod
    def connect(
        cls,
        rpc_url: str,
        known: Origin | str | bytes,
        limits: ChainLimits | None = None,
        check_code: bool = True,
        second_rpc_url: str | None = None,
    ) -> Chain:
        """Connect, and check chain id, salt and code before anything else.

        :param known: the origin; or only the contract's address, 20 bytes or hex with ``0x``: then the node is asked
            for the rest of the origin. It cannot lie for long: a replay refuses an entry 0 that the origin does not
            name.
        :param check_code: False for an audit, which reports other code as a finding and goes on.
        :param second_rpc_url: another node of the same chain. It is checked when it is first asked: now if the first
            does not answer.
        :raises Unavailable: no node answers.
        :raises AnotherHistory: the node is on another chain, or the contract's history has another beginning.
        :raises HistoryBroken: other code is at the address.
        :raises ContractMissing: there is no code at the address.
        """
        limits = limits or ChainLimits()
        first, second = _nodes(rpc_url, second_rpc_url, limits)
        try:
            return cls._checked(first, first, second, known, limits, check_code)
        except Unavailable:
            if second is None:
                raise
            return cls._checked(second, first, second, known, limits, check_code)

    @classmethod
    def _checked(
        cls,
        asked: Node,
        first: Node,
        second: Node | None,
        known: Origin | str | bytes,
        limits: ChainLimits,
        check_code: bool,
    ) -> Chain:
        chain_id = asked.chain_id()
        if isinstance(known, Origin):
            origin = known
            if chain_id != origin.chain_id:
                raise AnotherHistory(
                    "the node is on another chain",
                    expected=f"chain {origin.chain_id}",
                    found=f"chain {chain_id}",
                )
        else:
            address = _address(known)
            origin = Origin(chain_id, address, read_salt(asked, chain_id, address))
        chain = cls(first, origin, limits, second)
        if check_code:
            chain._nodes.check(asked)
        else:
            chain._nodes.take_as_checked(asked)
        chain._nodes.present = asked
        return chain

    @classmethod
    def unchecked(
        cls, rpc_url: str, origin: Origin, limits: ChainLimits | None = None, second_rpc_url: str | None = None
    ) -> Chain:
        """A chain whose origin is known and whose nodes may be away: each is checked when it is first looked at."""
        limits = limits or ChainLimits()
        first, second = _nodes(rpc_url, second_rpc_url, limits)
        return cls(first, origin, limits, second)

    def check_beginning(self) -> None:
        """Check that the contract names the salt of the origin: the hash of its entry 0.

        :raises AnotherHistory: it names another, so its history has another beginning.
        :raises HistoryBroken: it names none.
        :raises ContractMissing: there is no code.
        """
        check_beginning(self._node, self.origin)

    def check_code(self) -> None:
        """Compare the deployed code with the shipped artifact's, immutables included.

        :raises HistoryBroken: the code differs; ``expected`` and ``found`` are Keccak-256 hashes as in explorers.
        :raises ContractMissing: there is no code.
        """
        check_code(self._node, self.origin)

    # ------------------------------------------------------------------------------------------------------- reading

    @property
    def _node(self) -> Node:
        return self._nodes.present

    @property
    def node(self) -> Node:
        """The node that the latest look chose."""
        return self._nodes.present

    @property
    def has_second_node(self) -> bool:
        """Whether another node can be asked while one lags."""
        return self._nodes.second is not None

    @property
    def node_address(self) -> str:
        """The part of the node's address that may be shown: scheme, host and port."""
        return self._node.address

    @property
    def node_problems(self) -> Mapping[str, str]:
        """What is wrong with "the first node" or "the second node" as of the latest look, in words for everybody."""
        return self._nodes.problems

    def look(self, seen: int = 0, lagging: Collection[Node] = ()) -> Look:
        """What the contract states at the newest block; see ``Nodes.look``. All else is asked of the node it chose."""
        return self._nodes.look(seen, lagging)

    def survey(self) -> Look:
        """As ``look``, and the node that is asked stays the same."""
        return self._nodes.survey()

    def forget_looks(self) -> None:
        """Ask again, at the next look, for what a node said of a block."""
        self._nodes.forget()

    def head(self, block: int | None = None) -> tuple[int, bytes, int]:
        """Number of entries, the contract's head over them, and the number of the block at which both were read.

        :param block: default: the latest. Only archive nodes know the state at old blocks.
        """
        at = self.latest() if block is None else block
        (size,) = query(self._node, self.origin, Call("numberOfEntries", ()), at)
        (head,) = query(self._node, self.origin, Call("head", ()), at)
        return size, head, at.number if isinstance(at, Block) else at

    def latest(self) -> Block:
        """The newest block; Unavailable if the node has no blocks yet."""
        block = self._node.block()
        if block is None:
            raise Unavailable(
                f"the node at {self._node.address} has no blocks yet: is it still starting?",
                source=Source.CHAIN,
                public=NODE_AWAY,
            )
        return block

    def block_time(self, number: int) -> int:
        """Time of the block with this number now, in seconds; NodeLags if the node has no such block."""
        block = self._node.block(number)
        if block is None:
            raise NodeLags(f"the node at {self._node.address} has no block {number}, or not any more")
        return block.time

    def block_hash(self, number: int) -> str | None:
        """Hash of the block with this number now (lower-case hex with ``0x``); None if the node has no such block."""
        block = self._node.block(number)
        return None if block is None else block.hash

    def entries(
        self, first_block: int, last_block: int | None = None, progress: Progress | None = None
    ) -> Iterator[LoggedEntry]:
        """The entries logged in a range of blocks (both ends included; None is the latest), in order.

        Ranges grow while they hold few logs, and shrink when the node refuses them. While the entries of one range are
        taken, the node is asked for the next one. ``progress`` gets how many blocks are read, and how many the range
        has. Gaps are not detected here: the replay finds them.

        :raises HistoryBroken: the contract could not have written one of the logs.
        :raises NodeLags: the node says that it does not have a block of the range.
        """
        last = self.latest().number if last_block is None else last_block
        if first_block > last:
            return
        ahead = ThreadPoolExecutor(1, "logs")  # it makes its thread when there is a second range
        try:
            answer = self._logs(first_block, last, _FIRST_SPAN)
            while True:
                begin = answer.end + 1
                following = ahead.submit(self._logs, begin, last, answer.span) if begin <= last else None
                for log in answer.logs:
                    yield logged_entry(log, self.origin)
                if progress is not None:
                    progress(begin - first_block, last - first_block + 1)
                if following is None:
                    return
                answer = following.result()
        finally:
            ahead.shutdown(wait=False, cancel_futures=True)

    def _logs(self, begin: int, last: int, span: int) -> _Logs:
        """The logs of at most ``span`` blocks from ``begin`` on, none after ``last``. Raises as ``entries``."""
        node = self._node
        while True:
            end = min(begin + span - 1, last)
            try:
                logs = node.logs(self.origin.contract, ENTRY_TOPIC, begin, end)
            except NodeTimeout:
                node.chain_id()  # raises if it answers nothing at all, so that smaller ranges are not tried then
                if end == begin:
                    raise
                span = max(1, (end - begin + 1) // _SPAN_FACTOR)
                continue
            except NodeRefused as refused:
                if refused.meaning is Meaning.NO_BLOCK:
                    raise NodeLags(str(refused)) from None
                if end == begin:
                    raise
                # Too many blocks or logs. Nodes say so in a dozen ways, so every refusal counts.
                span = max(1, (end - begin + 1) // _SPAN_FACTOR)
                continue
            if len(logs) < _FEW_LOGS:
                span *= _SPAN_FACTOR
            elif len(logs) > _MANY_LOGS:
                span = max(1, span // _SPAN_FACTOR)
            return _Logs(logs, end, span)

    def query(self, call: Call, block: int | None = None) -> tuple[Any, ...]:
        """Call a view function of the contract.

        :raises Refused: it reverts, or there is no contract any more (ContractMissing).
        :raises HistoryBroken: this contract could not have given the answer.
        """
        return query(self._node, self.origin, call, "latest" if block is None else block)

    def balance(self, address: bytes) -> int:
        """Balance of an account in wei."""
        return self._node.balance(address)

    def has_code(self, address: bytes) -> bool:
        """Whether there is a contract at an address (20 bytes) now."""
        return bool(self._node.code(address))

    def accepts(self, signer: Signer, digest: bytes, signature: bytes) -> bool:
        """Whether a wallet contract (ERC-1271), or a key's verifier contract (ERC-7913), accepts a signature now."""
        address, data, accepted = question_of_wallet(signer, digest, signature)
        try:
            return self._node.call(address, data)[:WORD_SIZE] == accepted
        except CallReverted:
            return False

    # ------------------------------------------------------------------------------------------------------- writing

    def submit(self, call: Call, relayer: SigningKey, lock: SenderLock | None = None) -> TransactionReceipt:
        """Simulate, sign, send and wait for confirmations. ``relayer`` (secp256k1) pays; it has no other influence.

        :param lock: see ``Sender.send``.
        :raises Refused: the contract's reason. Usually the simulation finds it before gas is spent; if another
            transaction came first, it is found after.
        :raises Unavailable: the node is away, gas costs more than the limit, the relayer cannot pay, or the
            transaction is not confirmed in time. In the last case it may still be mined; sending it again is harmless.
        """
        sent = self.start(call, relayer, lock)
        receipt = sent.confirmed()
        sent.check()
        return receipt

    def gas(self, call: Call, relayer: bytes, most: int | None = None) -> int:
        """The gas limit for a call; see ``Sender.gas``. Nothing is sent."""
        return self.sender.gas(self.origin.contract, call.data, relayer, most)

    def start(
        self, call: Call, relayer: SigningKey, lock: SenderLock | None = None, gas: int | None = None
    ) -> SentCall:
        """Send a call and do not wait; see ``Sender.start``."""
        return SentCall(self.sender.start(self.origin.contract, call.data, relayer, lock, gas), self.origin)

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
    node = _node(rpc_url, limits)
    chain_id = node.chain_id()
    receipt = Sender(lambda: node, chain_id, limits).send(None, creation_data(members, threshold), relayer)
    address = _address(str(receipt["contractAddress"]))
    origin = Origin(chain_id, address, read_salt(node, chain_id, address))
    check_code(node, origin)
    return origin, _receipt(receipt, origin)


def _nodes(rpc_url: str, second_rpc_url: str | None, limits: ChainLimits) -> tuple[Node, Node | None]:
    return _node(rpc_url, limits), None if second_rpc_url is None else _node(second_rpc_url, limits)


def _node(rpc_url: str, limits: ChainLimits) -> Node:
    return Node(rpc_url, limits.rpc_timeout, limits.proxy)


def _receipt(receipt: Mapping[str, Any], origin: Origin) -> TransactionReceipt:
    logged = [logged_entry(log, origin) for log in receipt["logs"] if is_entry(log, origin)]
    return TransactionReceipt(
        receipt["transactionHash"],
        receipt["blockNumber"],
        receipt["blockHash"],
        receipt["gasUsed"],
        receipt["effectiveGasPrice"],
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

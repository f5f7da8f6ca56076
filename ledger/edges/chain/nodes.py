"""One node, or two of the same chain: look at the newest block, and go by the node that the core chooses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from ledger import artifact
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.core.history.nodes import Compared, Stated, Use, View, Wrong, choose, settled_number
from ledger.core.statements.origin import Origin
from ledger.edges.chain.calls import Call, refusal_of
from ledger.edges.chain.node import Block, BlockId, CallReverted, Node
from ledger.edges.chain.rpc import NODE_AWAY
from ledger.errors import (
    AnotherHistory,
    ContractMissing,
    DefiniteNo,
    HistoryBroken,
    NodeLags,
    NodesDiffer,
    Source,
    Unavailable,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What the contract states at one block, by that block's hash: its number of entries, and its head over them.

    ``node`` is the one that says so, ``names`` the part of its address that may be shown.
    """

    block: Block
    size: int
    head: bytes
    node: Node

    @property
    def stated(self) -> Stated:
        """The same, for the core."""
        return Stated(self.block.number, self.block.hash, self.size, self.head)


class Nodes:
    """The node that is asked, and perhaps a second one. Safe to use from threads.

    ``present`` is the node that the latest look chose. ``problems`` says what is wrong with "the first node" or
    "the second node" as of the latest look, in words for everybody; it has no entry for one that answers.
    """

    def __init__(self, first: Node, second: Node | None, origin: Origin, confirmations: int) -> None:
        self.first = first
        self.second = second
        self.present = first
        self.problems: dict[str, str] = {}
        self._origin = origin
        self._confirmations = confirmations
        self._checks: dict[Node, Callable[[Node], None] | None] = {}  # None: nothing is to be checked
        self._looks: dict[Node, Look] = {}

    def take_as_checked(self, node: Node) -> None:
        """Look at this node without checking it before."""
        self._checks[node] = None

    def check(self, node: Node) -> None:
        """Check that a node is on the chain of the origin, and has its contract.

        :raises AnotherHistory: it is on another chain, or the contract's history has another beginning.
        :raises HistoryBroken: other code is at the address.
        :raises ContractMissing: there is no code at the address.
        """
        check_beginning(node, self._origin)
        check_code(node, self._origin)
        self._checks[node] = None

    def look(self, seen: int = 0, lagging: Collection[Node] = ()) -> Look:
        """What the contract states at the newest block of the node to go by, which is ``present`` from then on.

        :param seen: number of the highest block of which an entry was read.
        :param lagging: nodes that were found to lag, and are not to be used now.
        :raises Unavailable: no node answers.
        :raises NodeLags: those that answer do not have the block ``seen``, or are ``lagging``.
        :raises NodesDiffer: two nodes contradict each other.
        :raises HistoryBroken: the only node is of another chain, or has another contract. :raises ContractMissing: or
            none.
        """
        return self._use(self.survey(seen, lagging))

    def survey(self, seen: int = 0, lagging: Collection[Node] = ()) -> Look:
        """As ``look``, and the node that is used stays the same."""
        first = self._ask(self.first)
        second = None if self.second is None else self._ask(self.second)
        self.problems = {
            name: found.public
            for name, found in (("the first node", first), ("the second node", second))
            if found is not None and not isinstance(found, Look)
        }
        if self.second is None and isinstance(first, DefiniteNo):
            raise first
        views = [
            _view(found) if node not in lagging else None
            for node, found in ((self.first, first), (self.second, second))
        ]
        compared = Compared()
        if isinstance(first, Look) and isinstance(second, Look):
            compared = self._compare(first, second)
        try:
            use = choose(views[0], views[1], compared, seen)
        except NodesDiffer:
            self.forget()  # whichever told it may tell the truth next time
            raise
        match use:
            case Use.FIRST:
                assert isinstance(first, Look)
                return first
            case Use.SECOND:
                assert isinstance(second, Look)
                return second
            case Use.NONE_IS_AWAY if not lagging:
                assert isinstance(first, Unavailable)
                raise first
        has = [
            f"{found.node.address} has block {found.block.number}"
            for found in (first, second)
            if isinstance(found, Look)
        ]
        raise NodeLags(f"the node lags: block {seen} was seen, and {' and '.join(has) or 'it does not answer'}")

    def forget(self) -> None:
        """Ask again for what is known of a block, which the node may have told wrongly."""
        self._looks.clear()

    def _use(self, found: Look) -> Look:
        if found.node is not self.present:
            log.warning("going by the node at %s now, not by %s", found.node.address, self.present.address)
        self.present = found.node
        return found

    def _ask(self, node: Node) -> Look | Unavailable | DefiniteNo:
        """What a node states at its newest block, or why it does not."""
        try:
            check = self._checks.get(node, self.check)
            if check is not None:
                check(node)
            block = node.block()
            if block is None:
                raise Unavailable(
                    f"the node at {node.address} has no blocks yet: is it still starting?",
                    source=Source.CHAIN,
                    public=NODE_AWAY,
                )
            known = self._looks.get(node)
            if known is None or known.block != block:
                known = self._looks[node] = self._look_at(node, block)
            return known
        except Unavailable as error:
            if not isinstance(error, NodeLags) and node in self._checks and self._checks[node] is None:
                # Another node may answer at its address when it is back.
                self._checks[node] = self._check_beginning
            return error
        except DefiniteNo as error:
            return error

    def _check_beginning(self, node: Node) -> None:
        check_beginning(node, self._origin)
        self._checks[node] = None

    def _look_at(self, node: Node, block: Block) -> Look:
        (size,) = query(node, self._origin, Call("numberOfEntries", ()), block)
        (head,) = query(node, self._origin, Call("head", ()), block)
        return Look(block, size, head, node)

    def _compare(self, first: Look, second: Look) -> Compared:
        """What both say of the newest block that both have reached."""
        number = min(first.block.number, second.block.number)
        try:
            at_first, at_second = self._block_at(first, number), self._block_at(second, number)
            if at_first is None or at_second is None:
                return Compared()
            if at_first.hash == at_second.hash:
                looks = [
                    look if look.block.number == number else self._look_at(look.node, at_first)
                    for look in (first, second)
                ]
                return Compared(common=(looks[0].stated, looks[1].stated))
            settled = settled_number(number, self._confirmations)
            if settled is None:
                return Compared()
            hashes = [
                None if (block := self._block_at(look, settled)) is None else block.hash for look in (first, second)
            ]
            if hashes[0] is None or hashes[1] is None:
                return Compared()
            return Compared(settled=(hashes[0], hashes[1]))
        except (Unavailable, DefiniteNo) as error:
            log.info("two nodes are not compared now: %s", error)
            return Compared()

    def _block_at(self, look: Look, number: int) -> Block | None:
        return look.block if look.block.number == number else look.node.block(number)


def query(node: Node, origin: Origin, call: Call, block: BlockId = "latest") -> tuple[Any, ...]:
    """Call a view function of the contract through a node.

    :raises Refused: it reverts, or there is no contract (ContractMissing).
    :raises HistoryBroken: the shipped contract could not have given the answer.
    """
    try:
        data = node.call(origin.contract, call.data, block)
    except CallReverted as reverted:
        raise refusal_of(reverted.data) from None
    if not data:
        raise ContractMissing(origin.contract, origin.chain_id)
    return call.answer(data)


def check_beginning(node: Node, origin: Origin) -> None:
    """Check that a node is on the origin's chain, and that the contract names the origin's salt.

    :raises AnotherHistory: it is not, or the contract names another salt: its history has another beginning.
    :raises HistoryBroken: it names none.
    :raises ContractMissing: there is no code.
    """
    chain_id = node.chain_id()
    if chain_id != origin.chain_id:
        raise AnotherHistory(
            "the node is on another chain",
            expected=f"chain {origin.chain_id}",
            found=f"chain {chain_id}",
        )
    found = read_salt(node, origin.chain_id, origin.contract)
    if found != origin.salt:
        raise AnotherHistory(
            "the history of the contract at this address has another beginning: its chain was begun anew",
            expected=f"entry 0 with the hash {hex_text(origin.salt)}",
            found=f"entry 0 with the hash {hex_text(found)}",
        )


def check_code(node: Node, origin: Origin) -> None:
    """Compare the deployed code with the shipped artifact's, immutables included.

    :raises HistoryBroken: the code differs; ``expected`` and ``found`` are Keccak-256 hashes as in explorers.
    :raises ContractMissing: there is no code.
    """
    found = node.code(origin.contract)
    if not found:
        raise ContractMissing(origin.contract, origin.chain_id)
    expected = artifact.load().code_at(origin)
    if found != expected:
        raise HistoryBroken(
            "the code at this address is not the shipped contract's",
            expected=f"{len(expected)} bytes {hex_text(keccak(expected))}",
            found=f"{len(found)} bytes {hex_text(keccak(found))}",
        )


def read_salt(node: Node, chain_id: int, contract: bytes) -> bytes:
    """The salt in the EIP-712 domain of the contract (ERC-5267).

    :raises HistoryBroken: the contract names none, so it is not the shipped one.
    :raises ContractMissing: there is no code at the address.
    """
    call = Call("eip712Domain", ())
    try:
        data = node.call(contract, call.data)
    except CallReverted as reverted:
        raise HistoryBroken(
            "the code at this address is not the shipped contract's: it names no EIP-712 domain",
            expected="an answer to eip712Domain", found=refusal_of(reverted.data),
        ) from None  # fmt: skip
    if not data:
        raise ContractMissing(contract, chain_id)
    return bytes(call.answer(data)[5])


def _view(found: Look | Unavailable | DefiniteNo | None) -> View:
    match found:
        case Look():
            return found.stated
        case DefiniteNo():
            return Wrong(str(found))
    return None

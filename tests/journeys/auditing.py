"""What the tests of the audit share: a house with a full history, nodes that lie, and how to read a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Anchored, Content, Entry, EntryKind, encode_payload, kind_of
from ledger.core.history.subjects import subjects_of
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import AttesterAuthorisation, AttesterRetirement
from ledger.core.verification.verdict import Status
from ledger.edges.chain.contract import Chain
from ledger.edges.store import Store
from ledger.journeys import index as journey
from ledger.journeys.audit.audit import Audited, OtherNode, Scope, audit
from ledger.journeys.audit.checkpoints import NamedCheckpoint
from ledger.journeys.audit.findings import Finding
from ledger.journeys.checkpoint import note_key, publish_checkpoint
from ledger.journeys.follow import Follower
from ledger.testing.local_ledger import LIMITS, LocalLedger
from tests import houses
from tests.edges.authorities import rpc
from tests.edges.faulty_node import Reply, faulty_node
from tests.logs import log_of

Log = dict[str, Any]
Change = Callable[[list[Log]], list[Log]]


def fill(house: LocalLedger) -> LocalLedger:
    """Something of every kind in the history, and a checkpoint after each batch."""
    for count in (3, 2, 1):
        declared = houses.anchored(house, count)
        ids = [item.id(house.chain.origin) for item in declared]
        attestation = houses.attest(house, ids)
    houses.revoke(house, attestation)
    gone = house.key("gone-officer")
    houses.enact(house, AttesterAuthorisation, gone.address, houses.MPI)
    houses.enact(house, AttesterRetirement, gone.address)
    houses.anchored(house, 2)
    return house


def trust_of(house: LocalLedger) -> TrustRoot:
    return TrustRoot.of(house.chain.origin, note_key(house.chain.origin, house.log_key))


def by_name(audited: Audited) -> dict[str, Finding]:
    return {finding.name: finding for finding in audited.report.findings}


def different(audited: Audited) -> dict[str, Finding]:
    return {name: finding for name, finding in by_name(audited).items() if finding.status is Status.INVALID}


def connect(house: LocalLedger, url: str) -> Chain:
    return Chain.connect(url, house.chain.origin, LIMITS, check_code=False)


@contextmanager
def lying(house: LocalLedger, change: Change) -> Iterator[Chain]:
    """The house's chain through a node that changes what it says of the log, and nothing else."""
    with faulty_node(house.devchain.url) as faulty:
        faulty.rule = logs_rule(house, change)
        yield connect(house, faulty.url)


def logs_rule(house: LocalLedger, change: Change) -> Callable[[str, list[Any]], Reply | None]:
    def rule(method: str, params: list[Any]) -> Reply | None:
        if method != "eth_getLogs":
            return None
        return Reply(result=change(rpc(house.devchain.url, method, *params)))

    return rule


def place(house: LocalLedger, kind: EntryKind) -> int:
    """Number of the first entry of a kind."""
    return next(item.entry.number for item in house.chain.entries(0) if item.entry.kind is kind)


def number_of(log: Log) -> int:
    return int(log["topics"][1], 16)


def forged(house: LocalLedger, log: Log, content: Content, number: int) -> Log:
    """A log as the contract would write it for this content, where another log stands."""
    (item,) = [item for item in house.chain.entries(0) if item.entry.number == number_of(log)]
    entry = Entry(number, kind_of(content), item.entry.time, encode_payload(content))
    topics, data = log_of(entry, house.chain.origin)
    return log | {"topics": [hex_text(topic) for topic in topics], "data": hex_text(data)}


def altered_anchor(house: LocalLedger, number: int) -> Change:
    """The batch that entry ``number`` anchors seems to be larger; every rule is kept."""
    (item,) = [item for item in house.chain.entries(0) if item.entry.number == number]
    content = item.entry.content
    assert isinstance(content, Anchored)

    def change(logs: list[Log]) -> list[Log]:
        larger = replace(content, size=content.size + 1)
        return [forged(house, log, larger, number) if number_of(log) == number else log for log in logs]

    return change


def dropped(number: int) -> Change:
    return lambda logs: [log for log in logs if number_of(log) != number]


def added(number: int) -> Change:
    return lambda logs: [log for log in logs for _ in range(1 + (number_of(log) == number))]


def reordered(number: int) -> Change:
    def change(logs: list[Log]) -> list[Log]:
        at = next((at for at, log in enumerate(logs) if number_of(log) == number), None)
        if at is not None and at + 1 < len(logs):
            logs[at], logs[at + 1] = logs[at + 1], logs[at]
        return logs

    return change


def other(house: LocalLedger, url: str) -> OtherNode:
    return OtherNode(house.chain.node_address, lambda: connect(house, url))


def hiding(house: LocalLedger, url: str, patch: pytest.MonkeyPatch, hides: EntryKind) -> Store:
    """The store of a log that leaves entries of one kind out of the index that it signs."""

    def fewer(entry: Entry, origin: Origin) -> tuple[bytes, ...]:
        return () if entry.kind is hides else subjects_of(entry, origin)

    store = Store.open(url, house.chain.origin)
    follower = Follower(house.chain, store)
    follower.refresh()
    with patch.context() as lies:
        lies.setattr(journey, "subjects_of", fewer)
        assert publish_checkpoint(follower, store, house.log_key, 1_790_000_000) is not None
    return store


def checkpoint(house: LocalLedger, size: int | None = None, root: bytes | None = None, **changes: Any) -> SignedNote:
    """A checkpoint of the history signed by the log's key: true unless told otherwise."""
    history = house.follower.refresh()
    size = history.size if size is None else size
    root = history.log.root(min(size, history.size)) if root is None else root
    index = house.follower.index.root(history, min(size, history.size))
    made = replace(Checkpoint(house.chain.origin, size, root, index), **changes)
    return signed(made, note_key(house.chain.origin, house.log_key), house.log_key.sign_note(made.text.encode()))


def with_notes(house: LocalLedger, *notes: SignedNote, **scope: Any) -> Audited:
    given = [NamedCheckpoint(f"file {number}", note) for number, note in enumerate(notes)]
    return audit(house.chain, Scope(checkpoints=given, trust=trust_of(house), **scope))

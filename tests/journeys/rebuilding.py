"""What the tests of recovery share: a consortium with a history, what was seen of it, and new stores of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.chain.contract import Chain
from ledger.edges.store import Store
from ledger.journeys.anchor import Anchorer
from ledger.journeys.audit.audit import Audited, Scope, audit
from ledger.journeys.checkpoint import note_key
from ledger.journeys.evidence import evidence_of
from ledger.journeys.follow import Follower
from ledger.journeys.rebuild import Rebuilt, rebuild
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LIMITS, LocalLedger
from tests import houses


def now() -> int:
    return int(time.time())


@dataclass(frozen=True)
class FilledHouse:
    """A house with a history, and what its store said before it was lost: by id where each declaration stood, and its
    evidence.
    """

    house: LocalLedger
    batches: tuple[tuple[bytes, ...], ...]
    attested: tuple[bytes, ...]
    pending: tuple[bytes, ...]
    seen: dict[bytes, dict[str, Any]]
    evidence: dict[bytes, bytes]

    @property
    def trust(self) -> TrustRoot:
        origin = self.house.chain.origin
        return TrustRoot.of(origin, note_key(origin, self.house.log_key))

    @property
    def anchored(self) -> list[bytes]:
        return [id_ for batch in self.batches for id_ in batch]

    def files(self, ids: Sequence[bytes]) -> list[tuple[str, bytes]]:
        """Evidence as holders hand it in."""
        return [(f"{hex_text(id_)}.json", self.evidence[id_]) for id_ in ids]


def fill(house: LocalLedger) -> FilledHouse:
    """Three batches, a set across two of them, attestations, revocations, a withdrawal; two declarations wait."""
    for count in (5, 3, 1):
        houses.anchored(house, count)
    batches = [house.store.batches.declaration_ids(batch.id) for batch in house.store.batches.each()]
    attested = [*batches[0][:3], batches[1][0]]
    chamber = houses.attest(house, attested, houses.CHAMBER)
    houses.revoke(house, chamber, houses.CHAMBER, attested[1])
    houses.attest(house, batches[1], houses.CUSTOMS)
    houses.attest(house, batches[0][:1])
    houses.revoke(house, houses.attest(house, batches[2]))
    trader = house.key("trader")
    withdrawn = house.store.declarations.get(batches[0][4])
    assert withdrawn is not None
    withdrawal = Withdrawal(withdrawn.id, 1, bytes(32))
    relay_withdrawal(house.relay, withdrawn.declaration, withdrawal, trader.sign(withdrawal.id(house.chain.origin)))
    house.anchorer.publish(now())
    waiting = [houses.declaration(house) for _ in range(2)]
    pending = [id_ for id_, _ in house.store.declarations.add(waiting, house.chain.origin, now())]
    anchored = [id_ for batch in batches for id_ in batch]
    return FilledHouse(
        house,
        tuple(map(tuple, batches)),
        tuple(attested),
        tuple(pending),
        {id_: standing(house.store, house.follower, id_) for id_ in anchored},
        {
            id_: ordered(evidence_of(id_, house.store, house.follower, house.log_key, now())).to_bytes()
            for id_ in anchored
        },
    )


def ordered(evidence: Evidence) -> Evidence:
    batch, *sets = evidence.inclusions
    return replace(evidence, inclusions=(batch, *sorted(sets, key=lambda inclusion: (inclusion.root, inclusion.size))))


def standing(store: Store, follower: Follower, id_: bytes) -> dict[str, Any]:
    """All that a store and the history say of a declaration, but when it was received."""
    row = store.declarations.get(id_)
    assert row is not None
    batch = None if row.batch_id is None else store.batches.get(row.batch_id)
    assert batch is not None
    with follower.fresh_history() as history:
        names = {(batch.root, batch.size), set_of([id_]), *store.sets.names_of(id_)}
        attestations = history.attestations_of(sorted(names))
        return {
            "declaration": (row.declaration, row.signature, row.state, row.batch_index),
            "batch": (batch.root, batch.size, batch.entry_number, batch.entry_time),
            "attestations": [(one, history.standing(one, id_, now())) for one in attestations],
            "withdrawn": history.withdrawals.get(id_),
        }


@dataclass(frozen=True)
class Anew:
    """A store beside the house's chain, and what follows with it."""

    house: LocalLedger
    chain: Chain
    store: Store
    follower: Follower

    def rebuild(self, *evidence: tuple[str, bytes], trust: TrustRoot | None) -> Rebuilt:
        return rebuild(self.store, self.follower, evidence, trust, now())

    def audit(self) -> Audited:
        trust = TrustRoot.of(self.house.chain.origin, note_key(self.house.chain.origin, self.house.log_key))
        return audit(self.house.chain, Scope(store=self.store, trust=trust))

    def anchorer(self) -> Anchorer:
        house = self.house
        return Anchorer(
            house.chain, self.store, self.follower, house.key("relayer"), house.log_key, house.app.chain_limits
        )

    def evidence(self, id_: bytes) -> Evidence:
        """In the order of their roots where the sets stand, which no store owes to another."""
        return ordered(evidence_of(id_, self.store, self.follower, self.house.log_key, now()))


@contextmanager
def anew(house: LocalLedger, url: str, node: str | None = None) -> Iterator[Anew]:
    """Open, or begin, a store of the house's history, over a connection of its own.

    :param node: the address of the chain, for a child, which does not see that its parent's chain runs.
    """
    chain = Chain.connect(node or house.devchain.url, house.chain.origin, LIMITS)
    store = Store.open(url, chain.origin)
    try:
        yield Anew(house, chain, store, Follower(chain, store))
    finally:
        store.close()


def altered(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Evidence with something changed in it, spelled as evidence is."""
    value = json.loads(data)
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def everything(store: Store) -> list[Any]:
    """All rows that evidence could have changed."""
    return [
        list(store.declarations.each()),
        list(store.batches.each()),
        list(store.sets.each()),
        list(store.inclusions.each()),
        list(store.checkpoints.each()),
    ]

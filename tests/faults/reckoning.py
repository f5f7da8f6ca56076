"""The reckoning at the end of every fault: is each declaration that had a 202 in the history once, and does all agree?

What is anchored is read from the chain alone, past every proxy; the store says only which declarations a root stands
for, and is believed only as far as they lead to that root.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import func, select

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.history.entry import EntryKind
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.core.verification.verdict import Status
from ledger.edges.chain.calls import Call
from ledger.edges.store import Store
from ledger.edges.store.tables import CHANGES
from ledger.journeys.audit.audit import Scope
from ledger.journeys.audit.audit import audit as run_audit
from ledger.journeys.checkpoint import note_key
from tests.faults.clients import Clients, Posted
from tests.faults.node import until
from tests.faults.site import Site

Name = tuple[bytes, int]  # of a batch: root and size
_VERIFIER = Path(__file__).parents[2] / "verifier" / "verify.py"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many declarations are in the history once, how many more often, how many accepted ones not at all."""

    once: int
    doubled: int
    lost: int


def tally(accepted: Collection[bytes], batches: Mapping[Name, Sequence[bytes]], anchors: Sequence[Name]) -> Tally:
    """Count by content.

    :param batches: the leaves that the store states for each batch; those that do not lead to its root count for
        nothing.
    :param anchors: what the chain's entries anchor, in order. An anchor that no batch explains may hold anything, so
        every declaration in it counts as doubled.
    """
    held: Counter[bytes] = Counter()
    unexplained = 0
    for root, size in anchors:
        leaves = batches.get((root, size), ())
        if len(leaves) == size and root_of_hashes([leaf_hash(leaf) for leaf in leaves]) == root:
            held.update(leaves)
        else:
            unexplained += size
    once = sum(1 for id_ in accepted if held[id_] == 1)
    doubled = sum(1 for number in held.values() if number > 1) + unexplained
    return Tally(once, doubled, sum(1 for id_ in accepted if held[id_] == 0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault and what came of it. ``noticed``: reorganisations that the ledger saw. Silences are in seconds."""

    name: str
    accepted: int
    tally: Tally
    noticed: int
    kills: int = 0
    intake_silence: float = 0.0
    anchor_silence: float = 0.0
    words: str = ""


class Watch:
    """How long the chain had no new entry while declarations waited for one."""

    def __init__(self) -> None:
        self.longest = 0.0

    @contextmanager
    def over(self, site: Site) -> Iterator[None]:
        """Look at the contract's size while the block runs."""
        done = Event()
        thread = Thread(target=self._look, args=(site, done), name="watch")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _look(self, site: Site, done: Event) -> None:
        size, last = -1, time.monotonic()
        while not done.wait(0.05):
            try:
                found = _size(site)
            except (OSError, RuntimeError, ValueError):
                continue
            now = time.monotonic()
            if found > size >= 0:
                self.longest, last = max(self.longest, now - last), now
            size = found


def settle(site: Site, within: float = 60.0, blocks: int = 1) -> float:
    """Wait until nothing is on its way any more by the word of the store, which the chain confirms; seconds taken.

    :param blocks: mined at each look, for a chain without traffic confirms nothing.
    """
    begun = time.monotonic()
    store = Store.open(site.store_url, site.house.chain.origin, create=False)

    def done() -> bool:
        site.chain.mine(blocks)
        batches = list(store.batches.each())
        if store.declarations.pending().total > 0 or any(batch.state != "final" for batch in batches):
            return False
        # The store may not know yet what the chain took back a moment ago.
        return {(batch.root, batch.size) for batch in batches} <= set(anchors(site))

    try:
        settled = until(done, within, 0.1)
        waiting, open_ = store.declarations.pending().total, store.batches.unfinished()
    finally:
        store.close()
    assert settled, f"after {within:g} s {waiting} are pending and {open_} on their way\n{site.words()}"
    return time.monotonic() - begun


def count(
    site: Site,
    clients: Clients,
    name: str,
    blocks: int = 1,
    kills: int = 0,
    watch: Watch | None = None,
    words: str = "",
) -> Outcome:
    """Let the ledger come to rest, and count by content; fails where one is lost or doubled."""
    settle(site, blocks=blocks)
    store = Store.open(site.store_url, site.house.chain.origin, create=False)
    try:
        batches = {(batch.root, batch.size): store.batches.declaration_ids(batch.id) for batch in store.batches.each()}
        with store.database.engine.connect() as connection:
            noticed = connection.execute(select(func.count()).where(CHANGES.c.kind == "reorganised")).scalar_one()
    finally:
        store.close()
    counted = tally(clients.accepted, batches, anchors(site))
    outcome = Outcome(
        name, len(clients.accepted), counted, noticed, kills, clients.silence, watch.longest if watch else 0.0, words
    )
    assert clients.accepted, "nothing was accepted: nothing is proven"
    assert (counted.lost, counted.doubled) == (0, 0), outcome
    assert not clients.surprises(), f"{clients.surprises()}\n{site.words()}"
    return outcome


def reckon(
    site: Site,
    clients: Clients,
    name: str,
    blocks: int = 1,
    kills: int = 0,
    watch: Watch | None = None,
    words: str = "",
) -> Outcome:
    """``count``, and all that others can check."""
    outcome = count(site, clients, name, blocks, kills, watch, words)
    check(site, clients)
    return outcome


def check(site: Site, clients: Clients) -> None:
    """The audit is clean, and the evidence of a sample is good for a stranger's verifier."""
    audit(site)
    accepted = list(clients.accepted.values())
    for posted in (accepted[0], accepted[-1]):
        verify(site, posted, within=20.0)


def anchors(site: Site) -> list[Name]:
    """Root and size of every anchor in the chain's log now."""
    entries = (item.entry for item in site.house.chain.entries(0))
    payloads = [entry.payload for entry in entries if entry.kind is EntryKind.ANCHORED]
    return [(payload[:32], int.from_bytes(payload[32:64])) for payload in payloads]


def audit(site: Site) -> None:
    """What ``ledger audit`` does, past every proxy: it finds nothing."""
    trust = TrustRoot.of(site.house.chain.origin, note_key(site.house.chain.origin, site.house.log_key))
    store = Store.open(site.store_url, site.house.chain.origin, create=False)
    try:
        report = run_audit(site.house.chain, Scope(store=store, trust=trust)).report
    finally:
        store.close()
    assert report.good, [item for item in report.findings if item.status is not Status.VALID]


def verify(site: Site, posted: Posted, within: float) -> None:
    """The evidence that a server hands out is good for the verifier that stands alone, document in hand."""
    given: list[tuple[int, bytes]] = []

    def has() -> bool:
        for server in (item for item in site.servers if item.running):
            given[:] = [server.fetch("GET", f"{posted.path}/evidence{posted.shown}")]
            if given[0][0] == 200:
                return True
        return False

    assert until(has, within, 0.2), given
    evidence, document, trust = (site.folder / name for name in ("evidence.json", "document.wrapped", "trust.json"))
    evidence.write_bytes(given[0][1])
    document.write_bytes(posted.document.to_bytes())
    origin = site.house.chain.origin
    trust.write_bytes(TrustRoot.of(origin, note_key(origin, site.house.log_key), (), 0).to_bytes())
    # Of a chain whose clock is ahead, evidence is good from the chain's own time on.
    at = max(time.time(), site.chain.time())
    words = [
        "--document",
        str(document),
        "--trust",
        str(trust),
        "--at",
        f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}",
    ]
    verdict = subprocess.run(
        [sys.executable, "-I", "-S", str(_VERIFIER), str(evidence), *words],
        capture_output=True, text=True, check=False, env={},
    )  # fmt: skip
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def _size(site: Site) -> int:
    contract = "0x" + site.house.chain.origin.contract.hex()
    asked = "0x" + Call("numberOfEntries", ()).data.hex()
    return int(site.chain.ask("eth_call", {"to": contract, "data": asked}, "latest"), 16)

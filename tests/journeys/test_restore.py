"""A back-up is older than the chain when it is restored; a key is lost. Nothing is anchored twice that need not be."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.evidence.reading import read_evidence
from ledger.core.history.entry import EntryKind
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.core.verification.verdict import Conclusion
from ledger.edges.chain import calls
from ledger.edges.store import Store
from ledger.errors import Malformed, Unavailable
from ledger.journeys.anchor import Anchorer
from ledger.journeys.checkpoint import note_key
from ledger.journeys.evidence import evidence_of
from ledger.journeys.verify import VerificationRequest, verify_offline
from ledger.testing.local_ledger import RELAYER_WEI, LocalLedger
from tests import houses
from tests.edges.stored import ORIGIN, add
from tests.journeys.conftest import Place
from tests.journeys.rebuilding import Anew, anew, now


class Operator:
    """An operator whose store can be lost and restored; the chain stays."""

    def __init__(self, house: LocalLedger, place: Place, stack: ExitStack) -> None:
        self.house = house
        self._place = place
        self._stack = stack
        self.url = place.new()
        self.now: Anew = stack.enter_context(anew(house, self.url))

    def declare(self, count: int, at: int) -> list[bytes]:
        """Accepted declarations, in the order in which they wait."""
        made = [houses.declaration(self.house) for _ in range(count)]
        return sorted(id_ for id_, _ in self.now.store.declarations.add(made, self.house.chain.origin, at))

    def anchor(self, most: int = 100) -> int:
        """Anchor what waits; how many entries that made."""
        before = self.now.follower.refresh().size
        self.now.anchorer().run(most, now())
        return self.now.follower.refresh().size - before

    def back_up(self) -> str:
        return self._place.backed_up(self.url)

    def restore(self, url: str) -> None:
        """The store is gone, and another one in its place."""
        self.url = url
        self.now = self._stack.enter_context(anew(self.house, url))

    def states(self, ids: list[bytes]) -> list[str]:
        rows = [self.now.store.declarations.get(id_) for id_ in ids]
        return ["unknown" if row is None else row.state for row in rows]

    def anchors_of(self, ids: list[bytes]) -> set[int | None]:
        """Entries that anchor these, as the store has it."""
        found = set()
        for id_ in ids:
            row = self.now.store.declarations.get(id_)
            batch = None if row is None or row.batch_id is None else self.now.store.batches.get(row.batch_id)
            found.add(None if batch is None else batch.entry_number)
        return found

    @property
    def trust(self) -> TrustRoot:
        return TrustRoot.of(self.house.chain.origin, note_key(self.house.chain.origin, self.house.log_key))


@pytest.fixture
def operator(house: LocalLedger, place: Place) -> Iterator[Operator]:
    with ExitStack() as stack:
        yield Operator(house, place, stack)


# ----------------------------------------------------------------------------------------------- older than the chain


def test_what_waited_then_is_found_anchored_and_not_anchored_again(operator: Operator) -> None:
    operator.declare(3, now() - 90)
    operator.anchor()
    waiting = operator.declare(4, now() - 60) + operator.declare(3, now() - 50)
    backup = operator.back_up()
    assert operator.anchor(most=5) == 2
    anchored = operator.anchors_of(waiting)
    later = operator.declare(2, now() - 10)
    assert operator.anchor() == 1

    operator.restore(backup)
    assert operator.states(waiting) == ["pending"] * 7
    done = operator.now.rebuild(trust=operator.trust)
    assert (done.recognised, done.pending, done.refused) == (7, 0, ())
    assert operator.states(waiting) == ["final"] * 7
    assert operator.anchors_of(waiting) == anchored
    assert operator.states(later) == ["unknown"] * 2  # accepted after the back-up: their holders have the evidence
    assert [(gap.size, gap.known) for gap in done.missing][-1] == (2, 0)
    assert operator.anchor() == 0
    assert operator.now.audit().report.good


def test_a_batch_that_what_came_later_went_into_is_known_by_evidence_only(operator: Operator) -> None:
    """Its root says nothing without all its leaves. Who brings evidence is found; who does not is anchored again."""
    waiting = operator.declare(3, now() - 60)
    backup = operator.back_up()
    later = operator.declare(2, now() - 50)
    assert operator.anchor() == 1
    evidence = {id_: operator.now.evidence(id_).to_bytes() for id_ in waiting + later}

    operator.restore(backup)
    done = operator.now.rebuild(("brought.json", evidence[waiting[1]]), trust=operator.trust)
    assert (done.recognised, done.placed, done.pending) == (0, 1, 2)
    assert operator.states(waiting) == ["pending", "final", "pending"]
    assert operator.anchor() == 1
    assert operator.states(waiting) == ["final"] * 3

    late = operator.now.rebuild(("late.json", evidence[waiting[0]]), trust=operator.trust)
    assert (late.elsewhere, late.restored, late.refused) == (1, 0, ())
    for id_ in waiting:
        for data in (evidence[id_], operator.now.evidence(id_).to_bytes()):
            verdict = verify_offline(VerificationRequest.read(data, None, operator.trust.to_bytes()), now())
            assert verdict.conclusion is Conclusion.GOOD
    assert operator.now.audit().report.good


def test_a_batch_that_was_formed_then_is_anchored_once(operator: Operator) -> None:
    """It is in the back-up with all its leaves, so its entry is enough; a rebuild is not even needed."""
    waiting = operator.declare(3, now() - 60)
    store, chain = operator.now.store, operator.now.chain
    anchorer = operator.now.anchorer()
    limits = chain.sender.limits
    ids = store.declarations.pending_ids(10)
    store.batches.form(root_of_hashes([leaf_hash(id_) for id_ in ids]), ids, now())
    backup = operator.back_up()
    anchorer.run(limits.in_flight, now())
    size = operator.now.follower.refresh().size
    operator.restore(backup)
    assert operator.states(waiting) == ["batched"] * 3
    assert operator.anchor() == 0
    assert operator.now.follower.refresh().size == size
    assert operator.states(waiting) == ["final"] * 3


def test_without_a_rebuild_what_waited_is_anchored_again(operator: Operator) -> None:
    """What the order in docs/recovery.md is for. No harm is done to what holders have, but the chain has it twice."""
    operator.declare(4, now() - 60)
    backup = operator.back_up()
    assert operator.anchor(most=2) == 2
    operator.restore(backup)
    operator.now.follower.refresh()
    assert operator.anchor(most=3) == 2


def test_strangers_anchors_are_recognised_as_nobodys(operator: Operator) -> None:
    """A root that somebody else anchored, of a size that fits, takes nothing away from those who wait."""
    waiting = operator.declare(3, now() - 60)
    house = operator.house
    house.chain.sender.send(house.chain.origin.contract, calls.anchor(os.urandom(32), 2).data, house.key("relayer"))
    done = operator.now.rebuild(trust=operator.trust)
    assert (done.recognised, done.pending) == (0, 3)
    assert (done.missing[-1].size, done.missing[-1].known) == (2, 0)
    assert operator.anchor() == 1
    assert operator.states(waiting) == ["final"] * 3


# ----------------------------------------------------------------------------------------------------- copies of SQLite


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    yield made
    made.close()


def count(file: Path) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        number: int = copy.execute("SELECT count(*) FROM declarations").fetchone()[0]
        return number


def test_a_copy_is_of_one_moment_while_others_write(store: Store, tmp_path: Path) -> None:
    """Declarations come in threes; each copy has all three or none, and what was accepted before it began."""
    add(store, range(3_000))
    stop, accepted = threading.Event(), [3_000]

    def write() -> None:
        while not stop.is_set():
            add(store, range(accepted[0], accepted[0] + 3))
            accepted[0] += 3

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            before = accepted[0]
            file = tmp_path / f"copy{number}.sqlite"
            assert store.backup.copy_to(file) == file.stat().st_size
            copied = count(file)
            assert before <= copied <= accepted[0] + 3
            assert copied % 3 == 0
    finally:
        stop.set()
        writer.join()
    assert accepted[0] > 3_000
    names = {path.name for path in tmp_path.iterdir() if path.name.startswith("copy")}
    assert names == {f"copy{number}.sqlite" for number in range(5)}  # no file beside them


def test_the_plain_file_lacks_what_was_accepted_last(store: Store, tmp_path: Path) -> None:
    """Why there is a command: the trap that it avoids."""
    add(store, range(10))
    plain = tmp_path / "plain.sqlite"
    plain.write_bytes((tmp_path / "ledger.sqlite").read_bytes())
    with closing(sqlite3.connect(plain)) as copy, pytest.raises(sqlite3.OperationalError, match="no such table"):
        copy.execute("SELECT count(*) FROM declarations")
    store.backup.copy_to(tmp_path / "copy.sqlite")
    assert count(tmp_path / "copy.sqlite") == 10


def test_a_copy_is_for_its_owner_and_replaces_nothing(store: Store, tmp_path: Path) -> None:
    add(store, range(3))
    file = tmp_path / "copy.sqlite"
    (tmp_path / "copy.sqlite.part").write_bytes(b"of a run that was killed")
    store.backup.copy_to(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(Malformed, match="is there already"):
        store.backup.copy_to(file)
    assert file.read_bytes() == before
    with pytest.raises(Unavailable, match="cannot be copied"):
        store.backup.copy_to(tmp_path / "nowhere" / "copy.sqlite")
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_store_makes_no_copy(store: Store, tmp_path: Path) -> None:
    add(store, range(3_000))
    store.close()
    damaged = tmp_path / "ledger.sqlite"
    data = bytearray(damaged.read_bytes())
    data[4096 * 20 : 4096 * 22] = os.urandom(2 * 4096)
    damaged.write_bytes(data)
    with pytest.raises(Unavailable, match="cannot be copied"):
        store.backup.copy_to(tmp_path / "copy.sqlite")
    assert not list(tmp_path.glob("copy*"))


def test_postgres_has_its_own_means(postgres_server: object) -> None:
    from ledger.testing import postgres

    assert isinstance(postgres_server, postgres.Server)
    made = Store.open(postgres_server.database(), ORIGIN)
    with pytest.raises(Malformed, match="pg_dump"):
        made.backup.copy_to(Path("nowhere"))
    made.close()


# ------------------------------------------------------------------------------------------------------------ lost keys


def test_another_relayer_takes_over_what_the_lost_one_had_sent(house: LocalLedger, tmp_path: Path) -> None:
    """Batches noted under nonces of an account that nobody can use any more are anchored once each."""
    with anew(house, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as made:
        batches = []
        made.store.batches.set_relayer(os.urandom(20))
        for number in range(3):
            signed = [houses.declaration(house) for _ in range(2)]
            made.store.declarations.add(signed, house.chain.origin, now() - 60)
            ids = made.store.declarations.pending_ids(10)
            batch = made.store.batches.form(root_of_hashes([leaf_hash(id_) for id_ in ids]), ids, now())
            tx_hash, at = f"0x{os.urandom(32).hex()}", now() - 30
            made.store.batches.mark_sent(batch.id, tx_hash, 41 + number, 10**9, 2 * 10**9, at)
            batches.append(batch.id)
        successor = house.key("relayer-2")
        house.devchain.fund(successor.address, RELAYER_WEI)
        before = made.follower.refresh().size
        Anchorer(made.chain, made.store, made.follower, successor, house.log_key, house.app.chain_limits).run(
            100, now()
        )
        entries = list(made.store.entries.read(before))
        assert [item.entry.kind for item in entries] == [EntryKind.ANCHORED] * 3
        assert {made.store.batches.get(id_).state for id_ in batches} == {"final"}  # type: ignore[union-attr]
        assert made.audit().report.good


def test_another_log_key_goes_on_where_the_lost_one_ended(house: LocalLedger, tmp_path: Path) -> None:
    """A trust root of both keys takes old and new evidence; one of a single key takes only that key's."""
    origin = house.chain.origin
    successor = house.key("log-2", Algorithm.ED25519)
    keys = [note_key(origin, key) for key in (house.log_key, successor)]
    old, new = (TrustRoot.of(origin, key).to_bytes() for key in keys)
    with anew(house, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as made:
        signed = houses.declaration(house)
        ((id_, _),) = made.store.declarations.add([signed], origin, now() - 60)
        made.anchorer().run(10, now())
        before = evidence_of(id_, made.store, made.follower, house.log_key, now()).to_bytes()
        houses.anchored(house)  # by another store: the history grows
        after = evidence_of(id_, made.store, made.follower, successor, now()).to_bytes()
        last = read_evidence(before).checkpoint.checkpoint.size
        both = TrustRoot(origin, (LogKey(keys[0], last), LogKey(keys[1]))).to_bytes()
        outcomes = {
            (name, under): verify_offline(VerificationRequest.read(data, None, trust), now()).conclusion
            for name, data in {"before": before, "after": after}.items()
            for under, trust in {"old": old, "new": new, "both": both}.items()
        }
        assert outcomes == {
            ("before", "old"): Conclusion.GOOD,
            ("before", "new"): Conclusion.NOT_GOOD,
            ("after", "old"): Conclusion.NOT_GOOD,
            ("after", "new"): Conclusion.GOOD,
            ("before", "both"): Conclusion.GOOD,
            ("after", "both"): Conclusion.GOOD,
        }

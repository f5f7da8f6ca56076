"""Measure growth: the cost of one more declaration, and the memory, from 1,000 to 1,000,000 declarations.

One process fills one SQLite store and notes the costs at each power of ten. Intake is the server's work for a
declaration: id, signature, and a durable insert with 200 in a transaction. 1,000 declarations arrive in each second,
because all lists are ordered by that time; a million then cover 17 minutes instead of one moment. A batch holds 1,000
declarations, and its cost runs from reading the pending ones to its entry. Evidence is made for declarations from the
whole store, each with its batch read again. Memory is the resident set of the process. ``bench/growth.svg`` shows the
results.

Signatures are made and checked only for declarations whose cost is noted. The others are stored without a check.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.chart import draw
from bench.rows import Bar, Row, RowSpec
from bench.runner import ROOT, ROUNDS, Bench, Measurement
from bench.sample_data import START
from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, signed
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.history.entry import Anchored, Content, Enacted, Entry, encode_payload, kind_of
from ledger.core.history.history import History
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.resolutions import CouncilChange
from ledger.core.statements.signature import verify_signature
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Store
from ledger.journeys.evidence import Gatherer
from ledger.journeys.index import HistoryIndex
from ledger.testing.world import ORIGIN, Key

CHART = ROOT / "bench" / "growth.svg"
SIZES, QUICK_SIZES = (1_000, 10_000, 100_000, 1_000_000), (1_000, 2_000)
GROUP, BATCH = 200, 1_000
ARRIVALS_A_SECOND = 1_000
SAMPLES = 25  # groups, or batches, whose cost is noted; a point of the chart is their median
PROOFS = 40  # pieces of evidence in a round
WORK = {
    "intake": "take in one declaration",
    "batch": f"put one declaration into a batch of {BATCH:,}, to its entry",
    "evidence": "make the evidence of one declaration",
}
COSTS = tuple(WORK)
FLAT_BAR = Bar("<=", 1.25)
EVIDENCE_BAR = Bar("<=", 1.5)  # the proof that nothing is left out grows with the logarithm of the history


class GrowingStore:
    """A store with its history but without a chain. Its entries are those that the contract would write."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(f"sqlite:///{folder / 'growth.sqlite'}", ORIGIN)
        self.history, self._trader = History(ORIGIN), Key("trader")
        self._index = HistoryIndex(self.store)
        self._entry(Enacted(CouncilChange((Key("council").signer,), 1, 0), ()))
        self._log = Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest())

    def declaration(self, number: int) -> Declaration:
        return Declaration(self._trader.signer, Digest(sha256(str(number).encode()).digest()), 380)

    def fill(self, numbers: range) -> None:
        """Store declarations without checking a signature."""
        received = [(self.declaration(number), bytes(65)) for number in numbers]
        self.store.declarations.add(received, ORIGIN, _arrival_time(numbers))

    def signed(self, numbers: range) -> list[tuple[Declaration, bytes]]:
        """Declarations with their signatures, as traders send them."""
        made = [self.declaration(number) for number in numbers]
        return [(item, self._trader.sign(item.id(ORIGIN))) for item in made]

    def take_in(self, received: Sequence[tuple[Declaration, bytes]], at: int) -> None:
        for declaration, signature in received:
            verify_signature(ORIGIN, declaration.party, declaration.id(ORIGIN), signature)
        self.store.declarations.add(received, ORIGIN, at)

    def batch(self) -> None:
        ids = self.store.declarations.pending_ids(BATCH)
        root = root_of_hashes([leaf_hash(id_) for id_ in ids])
        self.store.batches.form(root, ids, START)
        self._entry(Anchored(root, len(ids)))

    def prove(self, ids: Sequence[DeclarationId]) -> None:
        """Make and print evidence as a server does, under a checkpoint of all entries, without a cache."""
        size = self.history.size
        checkpoint = Checkpoint(ORIGIN, size, self.history.log.root(), self._index.root(self.history, size))
        key = NoteKey(str(ORIGIN), self._log.public_key().public_bytes_raw())
        note = signed(checkpoint, key, self._log.sign(checkpoint.text.encode()))
        for id_ in ids:
            found = self.store.declarations.get_with_sets(id_)
            assert found is not None
            Gatherer(self.history, note, self.store, self._index).evidence(*found).to_bytes()

    def _entry(self, content: Content) -> None:
        number = self.history.size
        entry, name = Entry(number, kind_of(content), START, encode_payload(content)), f"0x{number:064x}"
        self.history.apply(entry)
        self.store.entries.append([LoggedEntry(entry, number, name, name, 0)])


@dataclass(frozen=True, slots=True)
class Point:
    """The costs at one size: microseconds for one declaration in each round, and resident memory in MiB."""

    size: int
    resident: float
    costs: dict[str, list[float]]


def grow(folder: Path, sizes: Sequence[int]) -> Iterator[Point]:
    """Fill the store, and yield the costs at each size."""
    store = GrowingStore(folder)
    intakes: deque[float] = deque(maxlen=SAMPLES)
    batches: deque[float] = deque(maxlen=SAMPLES)
    for begin in range(0, max(sizes), GROUP):
        size = begin + GROUP
        if any(begin < point <= begin + SAMPLES * GROUP for point in sizes):
            numbers = range(begin, size)
            intakes.append(_timed(partial(store.take_in, store.signed(numbers), _arrival_time(numbers))) / GROUP)
        elif size % BATCH == 0:
            store.fill(range(size - BATCH, size))
        if size % BATCH == 0:
            batches.append(_timed(store.batch) / BATCH)
        if size in sizes:
            costs = [list(intakes), list(batches), _evidence(store, size)]
            yield Point(size, _resident(), dict(zip(COSTS, costs, strict=True)))


def _evidence(store: GrowingStore, size: int) -> list[float]:
    random, rounds = Random(size), []  # noqa: S311
    for _ in range(ROUNDS):
        ids = [store.declaration(number).id(ORIGIN) for number in random.sample(range(size), PROOFS)]
        rounds.append(_timed(partial(store.prove, ids)) / PROOFS)
    return rounds


def _arrival_time(numbers: range) -> int:
    """The second in which these declarations arrive."""
    return START + numbers.start // ARRIVALS_A_SECOND


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e6


def _resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def measure(bench: Bench) -> Iterator[Row]:
    """Measure one row for each cost and one for memory, at the greatest size beside the smallest. Draw the chart."""
    sizes = QUICK_SIZES if bench.quick else SIZES
    points: list[Point] = []
    command = [sys.executable, "-m", "bench.growth", str(bench.disk_folder), *map(str, sizes)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            points.append(Point(**json.loads(line)))
            bench.say(f"growth: {points[-1].size:,} declarations, {points[-1].resident:.0f} MiB")
    if child.returncode:
        raise AssertionError(f"the measuring process ended with {child.returncode}")
    first, last = points[0], points[-1]
    named = f"the same at {first.size:,}"
    for name, work in WORK.items():
        bar = EVIDENCE_BAR if name == "evidence" else FLAT_BAR
        spec = RowSpec(f"growth-{name}", f"{work}, at {last.size:,} declarations", "us", named, bar)
        medians = [statistics.median(point.costs[name]) for point in (last, first)]
        yield spec.row(last.costs[name], [medians[1]] * len(last.costs[name]))
    spec = RowSpec("growth-memory", f"memory of the process, at {last.size:,} declarations", "MiB", named, FLAT_BAR)
    yield spec.row([last.resident], [first.resident])
    if not bench.quick:
        lines = {name: [statistics.median(point.costs[name]) for point in points] for name in COSTS}
        CHART.write_text(draw([point.size for point in points], lines, [point.resident for point in points]))


MEASUREMENTS = [Measurement(tuple(f"growth-{name}" for name in (*COSTS, "memory")), 150, measure)]

if __name__ == "__main__":
    for point in grow(Path(sys.argv[1]), [int(word) for word in sys.argv[2:]]):
        print(json.dumps(asdict(point)), flush=True)

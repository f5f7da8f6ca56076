"""Growth: what one more declaration costs, and how much memory it all takes, from 1,000 to 1,000,000 declarations.

One process, one SQLite store that grows; at each power of ten the cost of the last declarations is noted. Intake is
what the server does for a declaration: id, signature, durable insert, 200 a transaction; 1,000 arrive in each second,
so that a million stand for 17 minutes and not for one moment, which all lists are ordered by. A batch holds 1,000, from
reading what is pending to its entry. Evidence is made for declarations drawn from all over the store, each with its
batch read anew. Memory is what the process holds then (RSS). ``bench/growth.svg`` shows it.

Signatures are made and checked only of declarations whose cost is noted; what lies between is stored as they are.
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
from bench.materials import ORIGIN, START, Key
from bench.rows import Bar, Row, Title
from bench.runner import ROOT, ROUNDS, Bench, Work
from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, signed
from ledger.core.history.entry import Anchored, Content, Enacted, Entry, encode_payload, kind_of
from ledger.core.history.history import History
from ledger.core.statements.signature import verify_signature
from ledger.core.statements.statement import CouncilChange, Declaration
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Store
from ledger.journeys.evidence import Gatherer

CHART = ROOT / "bench" / "growth.svg"
SIZES, QUICK_SIZES = (1_000, 10_000, 100_000, 1_000_000), (1_000, 2_000)
GROUP, BATCH = 200, 1_000
A_SECOND = 1_000  # declarations that arrive in it
LAST = 25  # groups, or batches, whose cost is noted: a point is the median over them
PROOFS = 40  # a round
WORDS = {
    "intake": "take in one declaration",
    "batch": f"put one declaration into a batch of {BATCH:,}, to its entry",
    "evidence": "make the evidence of one declaration",
}
COSTS = tuple(WORDS)
FLAT = Bar("<=", 1.25)


class Ledger:
    """A store with its history, and no chain: entries are what the contract would have written."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(f"sqlite:///{folder / 'growth.sqlite'}", ORIGIN)
        self.history, self._trader = History(ORIGIN), Key("trader")
        self._entry(Enacted(CouncilChange((Key("council").signer,), 1, 0), ()))
        self._log = Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest())

    def declaration(self, number: int) -> Declaration:
        return Declaration(self._trader.signer, sha256(str(number).encode()).digest(), 380)

    def fill(self, numbers: range) -> None:
        """Store declarations as if they had been taken in."""
        received = [(self.declaration(number), bytes(65)) for number in numbers]
        self.store.declarations.add(received, ORIGIN, _second(numbers))

    def signed(self, numbers: range) -> list[tuple[Declaration, bytes]]:
        """What traders send."""
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

    def prove(self, ids: Sequence[bytes]) -> None:
        """Evidence as a server prints it, under a checkpoint of all there is; each with nothing read before."""
        checkpoint = Checkpoint(ORIGIN, self.history.size, self.history.log.root())
        key = NoteKey(str(ORIGIN), self._log.public_key().public_bytes_raw())
        note = signed(checkpoint, key, self._log.sign(checkpoint.text.encode()))
        for id_ in ids:
            found = self.store.declarations.get_with_sets(id_)
            assert found is not None
            Gatherer(self.history, note, self.store).evidence(*found).to_bytes()

    def _entry(self, content: Content) -> None:
        number = self.history.size
        entry, name = Entry(number, kind_of(content), START, encode_payload(content)), f"0x{number:064x}"
        self.history.apply(entry)
        self.store.entries.append([LoggedEntry(entry, number, name, name, 0)])


@dataclass(frozen=True, slots=True)
class Point:
    """The state at one size: microseconds for one declaration, round by round, and memory in MiB."""

    size: int
    resident: float
    costs: dict[str, list[float]]


def grow(folder: Path, sizes: Sequence[int]) -> Iterator[Point]:
    """Grow, and note what it costs at each size."""
    ledger = Ledger(folder)
    intakes: deque[float] = deque(maxlen=LAST)
    batches: deque[float] = deque(maxlen=LAST)
    for begin in range(0, max(sizes), GROUP):
        size = begin + GROUP
        if any(begin < noted <= begin + LAST * GROUP for noted in sizes):
            numbers = range(begin, size)
            intakes.append(_timed(partial(ledger.take_in, ledger.signed(numbers), _second(numbers))) / GROUP)
        elif size % BATCH == 0:
            ledger.fill(range(size - BATCH, size))
        if size % BATCH == 0:
            batches.append(_timed(ledger.batch) / BATCH)
        if size in sizes:
            costs = [list(intakes), list(batches), _evidence(ledger, size)]
            yield Point(size, _resident(), dict(zip(COSTS, costs, strict=True)))


def _evidence(ledger: Ledger, size: int) -> list[float]:
    random, rounds = Random(size), []  # noqa: S311
    for _ in range(ROUNDS):
        ids = [ledger.declaration(number).id(ORIGIN) for number in random.sample(range(size), PROOFS)]
        rounds.append(_timed(partial(ledger.prove, ids)) / PROOFS)
    return rounds


def _second(numbers: range) -> int:
    """When these arrive."""
    return START + numbers.start // A_SECOND


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e6


def _resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def measure(bench: Bench) -> Iterator[Row]:
    """One row for each cost and one for memory, at the greatest size beside the smallest; and the chart."""
    sizes = QUICK_SIZES if bench.quick else SIZES
    points: list[Point] = []
    command = [sys.executable, "-m", "bench.growth", str(bench.on_disk), *map(str, sizes)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            points.append(Point(**json.loads(line)))
            bench.say(f"growth: {points[-1].size:,} declarations, {points[-1].resident:.0f} MiB")
    if child.returncode:
        raise AssertionError(f"the process that grows ended with {child.returncode}")
    first, last = points[0], points[-1]
    named = f"the same at {first.size:,}"
    for name, words in WORDS.items():
        title = Title(f"growth-{name}", f"{words}, at {last.size:,} declarations", "us", named, FLAT)
        medians = [statistics.median(point.costs[name]) for point in (last, first)]
        yield title.row(last.costs[name], [medians[1]] * len(last.costs[name]))
    title = Title("growth-memory", f"memory of the process, at {last.size:,} declarations", "MiB", named, FLAT)
    yield title.row([last.resident], [first.resident])
    if not bench.quick:
        lines = {name: [statistics.median(point.costs[name]) for point in points] for name in COSTS}
        CHART.write_text(draw([point.size for point in points], lines, [point.resident for point in points]))


WORKS = [Work(tuple(f"growth-{name}" for name in (*COSTS, "memory")), 150, measure)]

if __name__ == "__main__":
    for noted in grow(Path(sys.argv[1]), [int(word) for word in sys.argv[2:]]):
        print(json.dumps(asdict(noted)), flush=True)

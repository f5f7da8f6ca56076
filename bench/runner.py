"""Measure: rounds in which we and the peer do the same work in turn, the same number of times."""

from __future__ import annotations

import cProfile
import io
import pstats
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import Progress

from bench import peer_programs
from bench.peer_programs import Peer
from bench.rows import Row, Title

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PROFILES = ROOT / "bench" / "profiles"
ROUNDS = 5
ROUND_SECONDS = 0.4
WARM_SECONDS = 0.5
_MOST = 1_000_000
_ATTACH_SECONDS = 1.0
_FUNCTIONS = 30
_OURS = re.compile(r"\((ledger|api)/(?!cli/)")

Timed = Callable[[int], float]
"""Does some work so many times; how many seconds that took."""


def looped(work: Callable[[], object]) -> Timed:
    """Work of this process."""

    def timed(count: int) -> float:
        begun = time.perf_counter()
        for _ in range(count):
            work()
        return time.perf_counter() - begun

    return timed


@dataclass
class Bench:
    """One run. ``quick`` is a smoke run: one short round at small sizes, whose figures say nothing.

    Peers' processes end with it.
    """

    quick: bool = False
    progress: Progress | None = None
    profiles: Path | None = PROFILES
    _peers: dict[str, Peer] = field(default_factory=dict)
    _closing: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def rounds(self) -> int:
        return 1 if self.quick else ROUNDS

    @property
    def round_seconds(self) -> float:
        return 0.02 if self.quick else ROUND_SECONDS

    def peer(self, script: str) -> Peer:
        """The process of a peer, started when it is first asked for."""
        if script not in self._peers:
            self._peers[script] = self._closing.enter_context(Peer(script))
        return self._peers[script]

    @cached_property
    def on_disk(self) -> Path:
        """A folder beside the product, gone after the run: that of temporary files may be in memory, without fsync."""
        BUILD.mkdir(exist_ok=True)
        return Path(self._closing.enter_context(TemporaryDirectory(prefix="bench-", dir=BUILD)))

    def say(self, words: str) -> None:
        """What goes on, where somebody looks."""
        if self.progress is not None:
            self.progress.console.print(f"   {words}", style="dim", markup=False, highlight=False)

    def rates(self, title: Title, ours: Callable[[], object], peer: Timed | None = None) -> Row:
        """A row of work done a second."""
        timed = looped(ours)
        count = self._count(timed, peer)
        pairs = [(count / timed(count), peer and count / peer(count)) for _ in range(self.rounds)]
        row = title.row([mine for mine, _ in pairs], [other for _, other in pairs if other] if peer else None)
        if row.holds is False:
            self.profile(title.id, lambda: timed(count))
        return row

    def profile(self, id_: str, work: Callable[[], object]) -> None:
        """Say in a file where the time of ``work`` goes: the bar was not reached."""
        if self.profiles is None or self.quick:
            return
        profile = cProfile.Profile()
        profile.runcall(work)
        text = io.StringIO()
        pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(25)
        self.profiles.mkdir(parents=True, exist_ok=True)
        (self.profiles / f"{id_}.txt").write_text(text.getvalue().replace(f"{ROOT}/", ""))

    def profile_process(self, id_: str, pid: int, work: Callable[[], object]) -> None:
        """The same of another Python process, while ``work`` keeps it busy: how many samples each function was in."""
        if self.profiles is None or self.quick:
            return
        raw = self.on_disk / f"{id_}.raw"
        command = [str(peer_programs.profiler()), "record", "--pid", str(pid), "--format", "raw", "--output", str(raw)]
        with subprocess.Popen([*command, "--duration", "600"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as spy:
            time.sleep(_ATTACH_SECONDS)
            work()
            spy.send_signal(signal.SIGINT)
            spy.communicate()
        self.profiles.mkdir(parents=True, exist_ok=True)
        (self.profiles / f"{id_}.txt").write_text(_functions(raw.read_text().splitlines()))

    def _count(self, ours: Timed, peer: Timed | None) -> int:
        """How often a round does the work: so that the faster of both needs about ``round_seconds``, warmed up."""
        warm = 0.0 if self.quick else WARM_SECONDS
        rates = [_rate(timed, warm) for timed in (ours, peer) if timed is not None]
        # Bounded by the slower one: where it is 50 times slower, a round of the faster one may be shorter.
        return max(1, int(min(max(rates) * self.round_seconds, min(rates) * 4 * self.round_seconds, _MOST)))


def _functions(stacks: Sequence[str]) -> str:
    """Shares of all samples: of functions that ran themselves, and of our own with all they call; greatest first."""
    alone: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in stacks:
        names, _, count = line.rpartition(" ")
        frames = names.split(";")
        alone[frames[-1]] += int(count)
        within.update(dict.fromkeys((frame for frame in frames if _OURS.search(frame)), int(count)))
    whole = alone.total() or 1
    lines = [f"{whole} samples of all threads that were running"]
    for title, counted in (("in itself", alone), ("ours, with all they call", within)):
        lines += ["", title, *(f"{100 * n / whole:5.1f} %  {name}" for name, n in counted.most_common(_FUNCTIONS))]
    return "\n".join(lines).replace(f"{ROOT}/", "") + "\n"


def _rate(timed: Timed, seconds: float) -> float:
    """Times a second, after having done it for a while: node compiles what it does often."""
    count, spent = 1, timed(1)
    while spent < seconds:
        count *= 2
        spent = timed(count)
    return count / spent


@dataclass(frozen=True, slots=True)
class Work:
    """A part of the bench: the rows that it yields, by id, and about how many seconds it takes on two cores."""

    ids: tuple[str, ...]
    seconds: int
    measure: Callable[[Bench], Iterator[Row]]

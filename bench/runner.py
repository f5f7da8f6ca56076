"""Measure in rounds: we and the peer take turns and do the same work the same number of times."""

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
from bench.rows import Row, RowSpec

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PROFILES = ROOT / "bench" / "profiles"
ROUNDS = 5
ROUND_SECONDS = 0.4
WARM_SECONDS = 0.5
_MAX_COUNT = 1_000_000
_ATTACH_SECONDS = 1.0
_FUNCTIONS_SHOWN = 30
_OURS = re.compile(r"\((ledger|api)/(?!cli/)")

Timed = Callable[[int], float]
"""Do some work ``count`` times; return the seconds that it took."""


def timed_loop(work: Callable[[], object]) -> Timed:
    """Time work that this process does."""

    def timed(count: int) -> float:
        begun = time.perf_counter()
        for _ in range(count):
            work()
        return time.perf_counter() - begun

    return timed


@dataclass
class Bench:
    """One run of the bench. ``quick`` only tries the rows: one short round at small sizes, with meaningless figures.

    The peers' processes end with the run.
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
        """The process of a peer. It starts at the first call."""
        if script not in self._peers:
            self._peers[script] = self._closing.enter_context(Peer(script))
        return self._peers[script]

    @cached_property
    def disk_folder(self) -> Path:
        """A folder on disk, deleted after the run. The system's temporary folder may be in memory, without fsync."""
        BUILD.mkdir(exist_ok=True)
        return Path(self._closing.enter_context(TemporaryDirectory(prefix="bench-", dir=BUILD)))

    def say(self, text: str) -> None:
        """Print progress if there is a progress display."""
        if self.progress is not None:
            self.progress.console.print(f"   {text}", style="dim", markup=False, highlight=False)

    def rates(self, spec: RowSpec, ours: Callable[[], object], peer: Timed | None = None) -> Row:
        """A row whose figures are works done in a second."""
        timed = timed_loop(ours)
        count = self._count(timed, peer)
        pairs = [(count / timed(count), peer and count / peer(count)) for _ in range(self.rounds)]
        row = spec.row([mine for mine, _ in pairs], [other for _, other in pairs if other] if peer else None)
        if row.holds is False:
            self.profile(spec.id, lambda: timed(count))
        return row

    def profile(self, id_: str, work: Callable[[], object]) -> None:
        """Write to a file where the time of ``work`` goes, because its row missed the bar."""
        if self.profiles is None or self.quick:
            return
        profile = cProfile.Profile()
        profile.runcall(work)
        text = io.StringIO()
        pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(25)
        self.profiles.mkdir(parents=True, exist_ok=True)
        (self.profiles / f"{id_}.txt").write_text(text.getvalue().replace(f"{ROOT}/", ""))

    def profile_process(self, id_: str, pid: int, work: Callable[[], object]) -> None:
        """Write how often py-spy met each function of another Python process while ``work`` keeps it busy."""
        if self.profiles is None or self.quick:
            return
        raw = self.disk_folder / f"{id_}.raw"
        command = [str(peer_programs.profiler()), "record", "--pid", str(pid), "--format", "raw", "--output", str(raw)]
        with subprocess.Popen([*command, "--duration", "600"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as spy:
            time.sleep(_ATTACH_SECONDS)
            work()
            spy.send_signal(signal.SIGINT)
            spy.communicate()
        self.profiles.mkdir(parents=True, exist_ok=True)
        (self.profiles / f"{id_}.txt").write_text(_profile_text(raw.read_text().splitlines()))

    def _count(self, ours: Timed, peer: Timed | None) -> int:
        """How often a round does the work: the faster side, warmed up, needs about ``round_seconds``."""
        warm = 0.0 if self.quick else WARM_SECONDS
        rates = [_rate(timed, warm) for timed in (ours, peer) if timed is not None]
        # The slower side bounds it: if it is 50 times slower, a round of the faster side may be shorter.
        return max(1, int(min(max(rates) * self.round_seconds, min(rates) * 4 * self.round_seconds, _MAX_COUNT)))


def _profile_text(stacks: Sequence[str]) -> str:
    """Shares of all samples, greatest first: of the running functions, and of our functions with all they call."""
    alone: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in stacks:
        names, _, count = line.rpartition(" ")
        frames = names.split(";")
        alone[frames[-1]] += int(count)
        within.update(dict.fromkeys((frame for frame in frames if _OURS.search(frame)), int(count)))
    whole = alone.total() or 1
    lines = [f"{whole} samples of all running threads"]
    for title, counted in (("in itself", alone), ("ours, with all they call", within)):
        lines += [
            "",
            title,
            *(f"{100 * n / whole:5.1f} %  {name}" for name, n in counted.most_common(_FUNCTIONS_SHOWN)),
        ]
    return "\n".join(lines).replace(f"{ROOT}/", "") + "\n"


def _rate(timed: Timed, seconds: float) -> float:
    """Works in a second, measured after a warm-up of ``seconds``, because node compiles code that it runs often."""
    count, spent = 1, timed(1)
    while spent < seconds:
        count *= 2
        spent = timed(count)
    return count / spent


@dataclass(frozen=True, slots=True)
class Measurement:
    """A part of the bench: the ids of the rows that it yields, and roughly its seconds on two cores."""

    ids: tuple[str, ...]
    seconds: int
    measure: Callable[[Bench], Iterator[Row]]

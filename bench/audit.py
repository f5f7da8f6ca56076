"""``make bench-audit``: replay and whole audits of 100,000 and 1,000,000 entries, and the log as it grows to 1,000,000.

Replay: every rule and signature, head and root, from entries in a file. Whole audits read the logs over JSON-RPC from a
node that shares this machine, so it costs them a processor. Each runs in a process of its own, whose memory is told.
The history is made once and kept under ``build/``. The log's figures stand beside those of the whole tree built anew.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_abi.abi import decode as abi_decode
from rich.console import Console
from rich.table import Table

from bench.made_history import MIX, ORIGIN, kept, read
from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.history.entry import PAYLOADS, Entry, decode_payload
from ledger.core.history.replay import Replay
from ledger.core.tree.merkle import Tree, leaf_hash
from ledger.core.tree.tiles import Frontier, Tiles
from ledger.edges.chain.contract import Chain, Limits
from ledger.edges.replay_memory import Spill
from ledger.edges.signature_pool import SignatureChecks, Signed
from ledger.journeys.audit.audit import Scope, audit

BUILD = Path(__file__).resolve().parent.parent / "build"
RESULTS = BUILD / "bench-audit.json"
SIZES = (100_000, 1_000_000)
LOG_SIZES = (1_000, 10_000, 100_000, 1_000_000)
NEEDED = 20_000
FLAT = 1.25  # times the memory at ten times the entries
_TRIES = 200
console = Console()
Measured = dict[str, int]


def replayed(file: Path, size: int) -> Measured:
    """Replay entries from a file; what it took."""
    begun = time.perf_counter()
    with Spill() as memory, SignatureChecks(ORIGIN, _nobody) as checks:

        def sign(number: int, signer: bytes, digest: bytes, signature: bytes) -> None:
            checks.add(Signed(number, 0, signer, digest, signature))

        replay = Replay(ORIGIN, memory, Frontier(), sign)
        for _, data in read(file, size):
            replay.apply(Entry.from_data(data))
        checks.finish()
    return _measured(replay.size, checks.count, time.perf_counter() - begun)


def audited(url: str) -> Measured:
    """A whole audit of what a node says; what it took."""
    chain = Chain.connect(url, ORIGIN.contract, ORIGIN.chain_id, Limits(timeout=60))
    begun = time.perf_counter()
    report = audit(chain, Scope()).report
    if not report.good:
        raise SystemExit(str(report.findings))
    return _measured(report.size, report.signatures, time.perf_counter() - begun)


def _nobody(signed: Signed) -> None:
    raise AssertionError(f"entry {signed.number} is signed by a key, and none fits")


def _measured(size: int, signatures: int, seconds: float) -> Measured:
    # Not getrusage: its peak is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    return {
        "entries": size, "signatures": signatures, "seconds": round(seconds),
        "entries_per_second": round(size / seconds), "rss_mib": peak,
    }  # fmt: skip


def runs(title: str, measure: Callable[[int], Measured]) -> list[Measured]:
    """Measure at each size, and print."""
    found = [measure(size) for size in SIZES]
    table = Table("entries", "signatures", "seconds", "entries /s", "RSS MiB", title=title)
    for row in found:
        table.add_row(*(f"{value:,}" for value in row.values()))
    console.print(table)
    return found


def replay_apart(file: Path, size: int) -> Measured:
    return _apart("replay", str(file), str(size))


def audit_apart(file: Path, size: int) -> Measured:
    """An audit in one process beside a node in another."""
    command = [sys.executable, "-m", "bench.made_node", str(file), str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as node:
        try:
            assert node.stdout is not None
            return _apart("audit", node.stdout.readline().strip())
        finally:
            node.terminate()


def _apart(*words: str) -> Measured:
    command = [sys.executable, "-m", "bench.audit", *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Measured = json.loads(done.stdout)
    return found


def readers(file: Path) -> dict[str, float]:
    """Payloads read a second: by the strict reader, and by eth-abi, which takes other encodings too."""
    payloads = [Entry.from_data(data) for _, data in read(file, 5_000)]

    def strict() -> None:
        for entry in payloads:
            decode_payload(entry.kind, entry.payload)

    def peer() -> None:
        for entry in payloads:
            abi_decode(PAYLOADS[entry.kind].types, entry.payload)

    rates = {name: len(payloads) / _median(work, 3) for name, work in (("ours", strict), ("eth-abi", peer))}
    console.print(
        f"payloads read: {rates['ours']:,.0f} /s, eth-abi {rates['eth-abi']:,.0f} /s, "
        f"ratio {rates['ours'] / rates['eth-abi']:.1f}"
    )
    return rates


def growth() -> list[dict[str, float]]:
    """Microseconds to publish a checkpoint after one more entry, and to prove an entry, as the log grows."""
    titles = ("entries", "publish", "prove", "prove in the past", "consistency", "whole tree anew")
    table = Table(*titles, title="The growing log, microseconds, medians")
    rows, tiles = [], Tiles()
    hashes = [leaf_hash(number.to_bytes(8)) for number in range(max(LOG_SIZES))]
    key, random = Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()), Random(1)  # noqa: S311
    for size in LOG_SIZES:
        for hash_ in hashes[tiles.size : size - _TRIES]:
            tiles.append(hash_)
        following = iter(hashes[tiles.size : size])

        def publish(following: Iterator[bytes] = following) -> None:
            tiles.append(next(following))
            key.sign(Checkpoint(ORIGIN, tiles.size, tiles.root()).text.encode())

        def past() -> None:
            then = random.randrange(tiles.size // 2, tiles.size)
            tiles.inclusion(random.randrange(then), then)

        row = {
            "entries": size,
            "publish": _median(publish, _TRIES),
            "prove": _median(lambda: tiles.inclusion(random.randrange(tiles.size)), _TRIES),
            "prove_past": _median(past, _TRIES),
            "consistency": _median(lambda: tiles.consistency(random.randrange(1, tiles.size)), _TRIES),
            "anew": _median(lambda size=size: Tree(hashes[:size]), 3),  # type: ignore[misc]
        }
        table.add_row(*(f"{value if name == 'entries' else value * 1e6:,.0f}" for name, value in row.items()))
        rows.append(row)
    console.print(table)
    return rows


def _median(work: Callable[[], object], times: int) -> float:
    """Seconds that one call takes."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> int:
    """Measure, print, write ``build/bench-audit.json``; 1 where replay is slower than needed or memory grows."""
    with console.status("making a history of 1,000,000 entries (kept under build/)"):
        file = kept(BUILD / "history.bin", max(SIZES))
    console.print(f"mix: {MIX}")
    read_rates, grown = readers(file), growth()
    replays = runs("Replay", lambda size: replay_apart(file, size))
    audits = runs("Whole audits, over JSON-RPC", lambda size: audit_apart(file, size))
    value = {"mix": MIX, "readers": read_rates, "growth": grown, "replays": replays, "audits": audits}
    RESULTS.write_text(json.dumps(value, indent=2) + "\n")
    fast = replays[-1]["entries_per_second"] >= NEEDED
    flat = all(large["rss_mib"] < FLAT * small["rss_mib"] for small, large in (replays, audits))
    console.print(f"replay of at least {NEEDED:,} entries /s: {fast}; memory flat from {SIZES[0]:,} entries on: {flat}")
    return 0 if fast and flat else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["replay", path, count]:
            print(json.dumps(replayed(Path(path), int(count))))
        case ["audit", address]:
            print(json.dumps(audited(address)))
        case _:
            sys.exit(main())

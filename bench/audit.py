"""Measure replay and audit of a million entries, and proofs of the growing log: ``python -m bench.audit``.

Replay checks every rule and signature, head and root, of entries in a file. An audit reads the logs over JSON-RPC from
a node on the same machine, which takes a processor from it. Each runs in its own process and reports the memory of that
process. The history is made once and kept under ``build/``. For comparison, the whole tree is also built at each size.
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
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_abi.abi import decode as abi_decode
from rich.console import Console
from rich.table import Table

from bench.synthetic_history import MIX, history_file, read
from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.encoding.ids import Signer, SubjectKey
from ledger.core.history.entry import PAYLOADS, Entry, decode_payload
from ledger.core.history.replay import Replay
from ledger.core.tree.index_pages import Indexed, SubjectIndex
from ledger.core.tree.merkle import Tree, leaf_hash
from ledger.core.tree.subject_index import EMPTY_INDEX, IndexProof
from ledger.core.tree.tiles import Frontier, Tiles
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.signature_pool import SignatureChecks, Signed
from ledger.edges.store import Store
from ledger.edges.subject_lists import SubjectLists
from ledger.journeys.audit.audit import Scope, audit
from ledger.testing.world import ORIGIN

BUILD = Path(__file__).resolve().parent.parent / "build"
RESULTS = BUILD / "bench-audit.json"
SIZES = (100_000, 1_000_000)
LOG_SIZES = (1_000, 10_000, 100_000, 1_000_000)
ENTRIES_A_SECOND = 20_000
MEMORY_FACTOR = 1.25  # the most that memory may grow when the entries grow tenfold
INDEXED_FACTOR = 1.25  # the most by which the index may slow a replay
GROWTH_FACTOR = 3.5  # the most by which publishing and proving may slow, over three orders of magnitude
_TRIES = 200
_SIZES_KEPT = 16
console = Console()
Measured = dict[str, int]


def replay_file(file: Path, size: int, indexed: bool) -> Measured:
    """Replay entries from a file, and return the figures; ``indexed``: with the index of subjects in the end."""
    begun = time.perf_counter()
    with (
        DiskMemory() as memory,
        ReplayIndex(ORIGIN) as index,
        SignatureChecks(ORIGIN, _refuse_wallet_signature) as checks,
    ):

        def sign(number: int, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None:
            checks.add(Signed(number, signer, digest, signature, is_party))

        replay = Replay(ORIGIN, memory, Frontier(), sign)
        for _, data in read(file, size):
            entry = Entry.from_data(data)
            replay.apply(entry)
            if indexed:
                index.take(entry)
        checks.finish()
        if indexed:
            index.root(replay.root())
    return _figures(replay.size, checks.count, time.perf_counter() - begun)


def audit_node(url: str) -> Measured:
    """Audit the history of a node, and return the figures."""
    chain = Chain.connect(url, ORIGIN, ChainLimits(rpc_timeout=60), check_code=False)  # the audit checks it
    begun = time.perf_counter()
    report = audit(chain, Scope()).report
    if not report.good:
        raise SystemExit(str(report.findings))
    return _figures(report.size, report.signatures, time.perf_counter() - begun)


def _refuse_wallet_signature(number: int) -> None:
    raise AssertionError(f"a signature of entry {number} does not fit its key")


def _figures(size: int, signatures: int, seconds: float) -> Measured:
    # getrusage would report a peak that this process inherited from its parent.
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    return {
        "entries": size, "signatures": signatures, "seconds": round(seconds),
        "entries_per_second": round(size / seconds), "rss_mib": peak,
    }  # fmt: skip


def measure_at_sizes(title: str, measure: Callable[[int], Measured]) -> list[Measured]:
    """Measure at each size, and print a table."""
    found = [measure(size) for size in SIZES]
    table = Table("entries", "signatures", "seconds", "entries /s", "RSS MiB", title=title)
    for row in found:
        table.add_row(*(f"{value:,}" for value in row.values()))
    console.print(table)
    return found


def replay_in_process(file: Path, size: int, indexed: bool = False) -> Measured:
    """Replay in a process of its own."""
    return _in_process("replay-indexed" if indexed else "replay", str(file), str(size))


def audit_in_process(file: Path, size: int) -> Measured:
    """Audit in one process, with the node in another."""
    command = [sys.executable, "-m", "bench.synthetic_node", str(file), str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as node:
        try:
            assert node.stdout is not None
            return _in_process("audit", node.stdout.readline().strip())
        finally:
            node.terminate()


def _in_process(*arguments: str) -> Measured:
    command = [sys.executable, "-m", "bench.audit", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Measured = json.loads(done.stdout)
    return found


def measure_readers(file: Path) -> dict[str, float]:
    """Payloads read in a second by the strict reader and by eth-abi, which also accepts other encodings."""
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


def measure_growing_log() -> list[dict[str, float]]:
    """Microseconds to publish a checkpoint after one more entry, and to prove an entry, while the log grows."""
    titles = ("entries", "publish", "prove", "prove in the past", "consistency", "build whole tree")
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
            key.sign(Checkpoint(ORIGIN, tiles.size, tiles.root(), EMPTY_INDEX).text.encode())  # its index: below

        def prove_in_the_past() -> None:
            then = random.randrange(tiles.size // 2, tiles.size)
            tiles.inclusion(random.randrange(then), then)

        row = {
            "entries": size,
            "publish": _median(publish, _TRIES),
            "prove": _median(lambda: tiles.inclusion(random.randrange(tiles.size)), _TRIES),
            "prove_past": _median(prove_in_the_past, _TRIES),
            "consistency": _median(lambda: tiles.consistency(random.randrange(1, tiles.size)), _TRIES),
            "whole_tree": _median(lambda size=size: Tree(hashes[:size]), 3),  # type: ignore[misc]
        }
        table.add_row(*(f"{value if name == 'entries' else value * 1e6:,.0f}" for name, value in row.items()))
        rows.append(row)
    console.print(table)
    return rows


def measure_growing_index() -> list[dict[str, float]]:
    """Microseconds to publish a checkpoint with its index after one more entry, and to prove lists, in a store.

    Every third entry has two subjects of its own, as an attestation has, the others one. A proof is of six subjects
    that have entries and six that have none, as evidence with one attestation asks for. As in a server that has run
    for a while, what proofs share is in memory.
    """
    table = Table("entries", "publish", "prove", "proof, bytes", title="The growing index, microseconds, medians")
    rows, random = [], Random(1)  # noqa: S311
    key = Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest())
    for size in LOG_SIZES:
        with TemporaryDirectory() as folder:
            store = Store.open(f"sqlite:///{folder}/index.sqlite", ORIGIN)
            index, lists, tiles = SubjectIndex(store.index_pages), SubjectLists(), Tiles()

            def take(lists: SubjectLists = lists, tiles: Tiles = tiles) -> None:
                number = tiles.size
                tiles.append(leaf_hash(number.to_bytes(8)))
                for kind in (b"set", b"attestation") if number % 3 == 0 else (b"set",):
                    lists.add(_subject(kind, number), number)

            def publish(
                index: SubjectIndex = index, lists: SubjectLists = lists, tiles: Tiles = tiles,
                take: Callable[[], None] = take,
            ) -> None:  # fmt: skip
                take()
                root = index.advance(lists.take(), Indexed(tiles.size, tiles.root()))
                if len(index.kept) > 2 * _SIZES_KEPT:
                    index.keep(_SIZES_KEPT)
                key.sign(Checkpoint(ORIGIN, tiles.size, tiles.root(), root).text.encode())

            def prove(index: SubjectIndex = index, size: int = size) -> IndexProof:
                known = [_subject(b"set", random.randrange(size)) for _ in range(6)]
                absent = [_subject(b"absent", random.randrange(10**9)) for _ in range(6)]
                return index.prove(sorted({*known, *absent}), size)

            while tiles.size < size - _TRIES:
                take()
            row = {"entries": size, "publish": _median(publish, _TRIES)}
            for _ in range(5 * _TRIES):
                made = prove()
            row |= {"prove": _median(prove, _TRIES), "bytes": len(json.dumps(made.to_json()))}
            store.close()
        table.add_row(f"{size:,}", *(f"{row[name] * 1e6:,.0f}" for name in ("publish", "prove")), f"{row['bytes']:,}")
        rows.append(row)
    console.print(table)
    return rows


def _subject(kind: bytes, number: int) -> SubjectKey:
    return SubjectKey(sha256(kind + number.to_bytes(8)).digest())


def _median(work: Callable[[], object], times: int) -> float:
    """The median of the seconds that a call takes."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> int:
    """Measure, print, write ``build/bench-audit.json``. Return 1 if something is too slow or memory grows, else 0."""
    with console.status("making a history of 1,000,000 entries (kept under build/)"):
        file = history_file(BUILD / f"history-{ORIGIN.salt.hex()[:8]}.bin", max(SIZES))
    console.print(f"mix: {MIX}")
    read_rates, grown, indexes = measure_readers(file), measure_growing_log(), measure_growing_index()
    replays = measure_at_sizes("Replay", lambda size: replay_in_process(file, size))
    indexed = measure_at_sizes(
        "Replay, with the index of subjects in the end", lambda size: replay_in_process(file, size, indexed=True)
    )
    audits = measure_at_sizes("Whole audits, over JSON-RPC", lambda size: audit_in_process(file, size))
    value = {"mix": MIX, "measure_readers": read_rates, "growth": grown, "index": indexes, "replays": replays,
             "indexed": indexed, "audits": audits}  # fmt: skip
    RESULTS.write_text(json.dumps(value, indent=2) + "\n")
    replayed, audited = (rows[-1]["entries_per_second"] >= ENTRIES_A_SECOND for rows in (replays, audits))
    flat = all(large["rss_mib"] < MEMORY_FACTOR * small["rss_mib"] for small, large in (replays, indexed, audits))
    slower = replays[-1]["entries_per_second"] / indexed[-1]["entries_per_second"]  # seconds are rounded
    growth = {name: indexes[-1][name] / indexes[0][name] for name in ("publish", "prove")}
    bounded = slower <= INDEXED_FACTOR and all(factor <= GROWTH_FACTOR for factor in growth.values())
    console.print(
        f"at least {ENTRIES_A_SECOND:,} entries /s: replay {replayed}, audit over JSON-RPC {audited}; memory flat from "
        f"{SIZES[0]:,} entries on: {flat}"
    )
    console.print(
        f"replay with the index takes {slower:.2f} times as long (at most {INDEXED_FACTOR}); from {LOG_SIZES[0]:,} to "
        f"{LOG_SIZES[-1]:,} entries, to publish costs {growth['publish']:.1f} times as much and to prove "
        f"{growth['prove']:.1f} times (at most {GROWTH_FACTOR})"
    )
    return 0 if replayed and audited and flat and bounded else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["replay" | "replay-indexed" as what, path, count]:
            print(json.dumps(replay_file(Path(path), int(count), what != "replay")))
        case ["index"]:
            measure_growing_index()
        case ["audit", address]:
            print(json.dumps(audit_node(address)))
        case _:
            sys.exit(main())

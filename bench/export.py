"""Measure time and memory of ``ledger export`` and ``import``: ``python -m bench.export [ENTRIES …]``.

The history is synthetic. One entry in five anchors a batch of five declarations, and the others attest one declaration
each, so there are as many declarations as entries. Every step runs in its own process; memory is its peak (RSS).
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.ids import Digest, Root
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Endorsement, Entry, encode_payload, kind_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AttesterAuthorisation,
    CouncilChange,
    MandateGrant,
    Resolution,
)
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.merkle import leaf_hash, root
from ledger.core.tree.tiles import Frontier
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.store import Batch, Restoration, Store
from ledger.journeys.export import PublicKeys, export_ledger
from ledger.journeys.follow import Follower
from ledger.journeys.import_ import import_ledger
from ledger.testing.world import ORIGIN, Key

START = 1_790_000_000
BATCH = 5
PORTION = 500
LOG = SigningKey(Algorithm.ED25519, sha256(b"log").digest())
TRUST = TrustRoot.of(ORIGIN, NoteKey(str(ORIGIN), LOG.public_key))
STEPS = ("fill", "export --no-evidence", "export", "import")


def fill(store: Store, size: int) -> None:
    """Write a history of ``size`` entries into an empty store, and sign its checkpoint."""
    trader, tree, index = Key("trader"), Frontier(), ReplayIndex(ORIGIN)
    with store.restoring() as restoring:
        batches: list[tuple[int, list[Declaration]]] = []
        logged: list[LoggedEntry] = []
        for number, (content, declared) in enumerate(islice(_contents(trader), size)):
            entry = Entry(number, kind_of(content), START + number, encode_payload(content))
            tree.append(entry.hash)
            index.take(entry)
            name = hex_text(sha256(number.to_bytes(8)).digest())
            logged.append(LoggedEntry(entry, number, name, name, 0))
            if declared:
                batches.append((number, declared))
            if len(logged) == PORTION or number == size - 1:
                restoring.add_entries(logged)
                _declare(restoring, trader, batches)
                logged, batches = [], []
    checkpoint = Checkpoint(ORIGIN, size, tree.root(), index.root(tree.root()))
    index.close()
    note = signed(checkpoint, TRUST.log_key, LOG.sign_note(checkpoint.text.encode()))
    store.checkpoints.save(note, START)


def _contents(trader: Key) -> Iterator[tuple[Content, list[Declaration]]]:
    council, officer = Key("council"), Key("officer")
    resolutions: list[Resolution] = [
        AgencyEnrolment("NZ-MPI", "Ministry for Primary Industries", "NZ", "https://mpi.example", 1),
        MandateGrant("NZ-MPI", 851, 0, NO_END, 2),
        AttesterAuthorisation(officer.signer, "NZ-MPI", 3),
    ]
    yield Enacted(CouncilChange((council.signer,), 1, 0), ()), []
    for resolution in resolutions:
        yield Enacted(resolution, (Endorsement(council.signer, council.sign(resolution.id(ORIGIN))),)), []
    number = 0
    while True:
        declared = [
            Declaration(trader.signer, Digest(sha256(f"{number} {index}".encode()).digest()), 380)
            for index in range(BATCH)
        ]
        ids = [item.id(ORIGIN) for item in declared]
        yield Anchored(root(ids), BATCH), declared
        for id_ in ids[1:]:
            attestation = Attestation("NZ-MPI", 851, 1, ZERO, START, NO_END, Root(leaf_hash(id_)), 1, id_)
            yield Attested(attestation, officer.signer, officer.sign(attestation.id(ORIGIN))), []
        number += 1


def _declare(restoring: Restoration, trader: Key, batches: list[tuple[int, list[Declaration]]]) -> None:
    for number, declared in batches:
        ids = [item.id(ORIGIN) for item in declared]
        restoring.add_declarations(
            [(id_, item, trader.sign(id_), START + number) for id_, item in zip(ids, declared, strict=True)]
        )
        batch = Batch(0, root(ids), BATCH, "anchored", START + number, None, number, START + number)
        restoring.add_batch(batch, ids)


def step(name: str, size: int, folder: Path) -> None:
    """Do one step, in this process, and print its time and memory."""
    begun, url = time.monotonic(), f"sqlite:///{folder / 'store.sqlite'}"
    if name == "fill":
        fill(Store.open(url, ORIGIN), size)
    elif name == "import":
        import_ledger(folder / "export", f"sqlite:///{folder / 'imported.sqlite'}", START, TRUST)
    else:
        store = Store.open(url, None)
        follower = Follower(Chain.unchecked("http://127.0.0.1:1", ORIGIN), store)
        with follower.known_history() as history:
            export_ledger(folder / name.replace(" ", ""), store, history, PublicKeys(TRUST), evidence="no" not in name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"step": name, "seconds": time.monotonic() - begun, "peak_mib": peak}))


def main(sizes: list[int]) -> int:
    """Measure all steps at all sizes, and print the table."""
    table = Table("entries", "declarations", *(f"{name}: s, peak MiB" for name in STEPS), "files", "MiB")
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="bench-exit-"))
        try:
            cells = []
            for name in STEPS:
                command = [sys.executable, "-m", "bench.export", "--step", name, str(size), str(folder)]
                done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                cells.append(f"{done['seconds']:.0f}, {done['peak_mib']}")
                print(size, done, file=sys.stderr)
            files = json.loads((folder / "export" / "manifest.json").read_text())
            table.add_row(
                f"{size:,}", f"{files['counts']['declarations']:,}", *cells, f"{files['files']['number']:,}",
                f"{files['files']['bytes'] / (1 << 20):,.0f}",
            )  # fmt: skip
        finally:
            shutil.rmtree(folder)
    Console().print(table)
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        sys.exit(main([int(size) for size in sys.argv[1:]] or [10_000, 100_000]))

"""What the tests of platform exit share: a consortium of which only its export is left."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.history.history import History
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import AttesterCompromise
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.chain.contract import Chain
from ledger.edges.export.listing import digest_of, walk
from ledger.edges.export.manifest import LIST, MANIFEST, Files, read_manifest, sum_line
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import LedgerError
from ledger.journeys.checkpoint import note_key
from ledger.journeys.declare import Declared, DocumentFile, StoreIntake, declare_files
from ledger.journeys.export import Exported, PublicKeys, export_ledger
from ledger.journeys.follow import Follower
from ledger.journeys.import_ import Imported, import_ledger
from ledger.journeys.progress import StageProgress, no_stages
from ledger.journeys.rebuild import Rebuilt, rebuild
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.sample_documents import INDEX, SAMPLES

NOWHERE = "http://127.0.0.1:1"


def now() -> int:
    return int(time.time())


@dataclass(frozen=True)
class ExportedHouse:
    """What is left of a house: its export, the report of exporting, and what only the test remembers."""

    export: Path
    left: Exported
    keys: PublicKeys
    origin: Origin
    at: int
    ids: tuple[bytes, ...]
    pending: bytes
    log_key: SigningKey
    secrets: tuple[bytes, ...]
    rebuilt: Rebuilt

    @property
    def size(self) -> int:
        return self.left.manifest.size


def exported_house(folder: Path) -> ExportedHouse:
    """Declare the samples, attest, revoke, withdraw, compromise; export; then stop the chain and delete all else."""
    with houses.house(folder / "house") as house:
        done = declared_samples(house, folder / "wrapped")
        ids = [item.id for item in done]
        houses.attest(house, ids, houses.CUSTOMS)
        for id_ in ids[:6]:
            attestation = houses.attest(house, [id_])
            if id_ in ids[:2]:
                houses.revoke(house, attestation)
        member_revoked = houses.attest(house, ids[6:9], houses.CHAMBER)
        houses.revoke(house, member_revoked, houses.CHAMBER, ids[7])
        trader = house.key("trader")
        withdrawal = Withdrawal(ids[3], 5, ids[4])
        relay_withdrawal(house.relay, done[3].declaration, withdrawal, trader.sign(withdrawal.id(house.chain.origin)))
        officer = house.key(houses.OFFICERS[houses.MPI][0])
        houses.enact(house, AttesterCompromise, officer.address, now() - 3600)
        house.anchorer.publish(now())
        pending, signature = houses.declaration(house)
        # Later than the others for certain, so that it stands last.
        house.store.declarations.add([(pending, signature)], house.chain.origin, now() + 60)
        keys = PublicKeys(
            TrustRoot.of(house.chain.origin, note_key(house.chain.origin, house.log_key)), tuple(house.keystore.list())
        )
        with house.follower.fresh_history() as history:
            left = export_ledger(folder / "export", house.store, history, keys, [folder / "wrapped"])
        with fresh_store(f"sqlite:///{folder}/chain-only.sqlite", house.chain.origin) as bare:
            rebuilt = rebuild(bare, Follower(house.chain, bare))
        names = [item.name for item in keys.keystore]
        hidden = [house.passphrase_file.read_bytes().strip()]
        hidden += [
            json.loads((house.folder / "keys" / f"{name}.json").read_text())["crypto"]["ciphertext"].encode()
            for name in names
        ]
        origin, log_key = house.chain.origin, house.log_key
    return ExportedHouse(
        folder / "export", left, keys, origin, now(), tuple(ids), pending.id(origin), log_key, tuple(hidden), rebuilt
    )


def declared_samples(house: LocalLedger, folder: Path) -> list[Declared]:
    """The project's samples, in one anchored batch; their wrapped copies in ``folder``."""
    sources = [DocumentFile(SAMPLES / item["file"], item["file"], item["type"]) for item in INDEX]
    made = declare_files(
        sources,
        folder,
        house.key("trader"),
        StoreIntake(house.store, house.chain.origin, now()),
        lambda: secrets.token_bytes(32),
    )
    done = [item for item in made if isinstance(item, Declared)]
    assert len(done) == len(sources)
    house.anchorer.run(len(done), now())
    return done


@contextmanager
def fresh_store(url: str, origin: Origin | None) -> Iterator[Store]:
    store = Store.open(url, origin)
    yield store
    store.close()


@contextmanager
def without_chain(url: str) -> Iterator[tuple[Store, History]]:
    """A store and its history where no chain can be asked."""
    with (
        fresh_store(url, None) as store,
        Follower(Chain.unchecked(NOWHERE, store.origin), store).known_history() as history,
    ):
        yield store, history


def export_again(exported: ExportedHouse, url: str, folder: Path, progress: StageProgress = no_stages) -> Exported:
    """The export of an imported store, with the documents of the first one."""
    with without_chain(url) as (store, history):
        return export_ledger(folder, store, history, exported.keys, [exported.export / "documents"], progress=progress)


def import_into(exported: ExportedHouse, folder: Path, url: str) -> Imported:
    """Import with the trust root that the test remembers."""
    return import_ledger(folder, url, exported.at, exported.keys.trust)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its path."""
    return {path: (folder / path).read_bytes() for path in walk(folder)}


def relist(folder: Path, **members: object) -> None:
    """What a forger does: list the files as they are now, and make the manifest fit."""
    files = {path: digest_of(folder / path) for path in walk(folder) if path not in {MANIFEST, LIST}}
    (folder / LIST).write_bytes(b"".join(sum_line(digest, path) for path, (_, digest) in sorted(files.items())))
    totals = Files(len(files), sum(length for length, _ in files.values()), digest_of(folder / LIST)[1])
    manifest = read_manifest((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(replace(manifest, files=totals, **members).to_bytes())  # type: ignore[arg-type]


def killed_after(steps: int, stage: str | None, work: Callable[[StageProgress], object]) -> bool:
    """Do work in a child that kills itself (SIGKILL) after so many steps of a stage, or of all; whether it did."""
    child = os.fork()
    if child == 0:
        left = iter(range(steps))

        def progress(name: str, done: int, of: int) -> None:
            if stage in {None, name} and next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            work(progress)
        finally:
            os._exit(0)  # never back into the test runner
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@dataclass(frozen=True)
class Copy:
    """A copy of the export to be damaged."""

    exported: ExportedHouse
    folder: Path
    out: Path

    @classmethod
    def of(cls, exported: ExportedHouse, folder: Path) -> Copy:
        shutil.copytree(exported.export, folder / "export")
        (folder / "out").mkdir()
        return cls(exported, folder / "export", folder / "out")

    def one(self, pattern: str) -> Path:
        return sorted(self.folder.glob(pattern))[-1]

    def refused(self, kind: type[LedgerError] = LedgerError) -> str:
        """The import's words; and that it left nothing."""
        with pytest.raises(kind) as caught:
            import_into(self.exported, self.folder, f"sqlite:///{self.out / 'store.sqlite'}")
        assert list(self.out.iterdir()) == []
        return str(caught.value)


def flipped(data: bytes) -> bytes:
    """One bit of the byte in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else b"\x00"

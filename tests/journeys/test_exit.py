"""Platform exit: a house is exported; chain, store and keys are deleted; all comes back from the files alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import main
from ledger.core.encoding.reading import hex_text
from ledger.core.verification.verdict import Conclusion, Verdict
from ledger.edges.export.layout import document_path, evidence_path
from ledger.errors import HistoryBroken, Malformed
from ledger.journeys.import_ import import_ledger
from ledger.journeys.verify import VerificationRequest, verify_offline
from tests.journeys.exits import (
    NOWHERE,
    ExportedHouse,
    contents,
    export_again,
    exported_house,
    fresh_store,
    import_into,
    killed_after,
    without_chain,
)

VERIFIER = Path(__file__).resolve().parents[2] / "verifier" / "verify.py"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedHouse:
    folder = tmp_path_factory.mktemp("exit")
    made = exported_house(folder)
    shutil.rmtree(folder / "house")
    shutil.rmtree(folder / "wrapped")
    return made


@pytest.fixture(scope="module")
def store_url(exported: ExportedHouse) -> str:
    """The store that was imported from the export."""
    url = f"sqlite:///{exported.export.parent / 'imported.sqlite'}"
    import_into(exported, exported.export, url)
    return url


def document(exported: ExportedHouse, id_: bytes) -> Path:
    with without_chain(f"sqlite:///{exported.export.parent / 'imported.sqlite'}") as (store, _):
        row = store.declarations.get(id_)
        assert row is not None
        return exported.export / document_path(row.declaration.digest)


def verdict_of(exported: ExportedHouse, id_: bytes, evidence: bytes) -> Verdict:
    trust = (exported.export / "keys" / "trust.json").read_bytes()
    return verify_offline(VerificationRequest.read(evidence, document(exported, id_).read_bytes(), trust), exported.at)


def test_everything_is_there(exported: ExportedHouse) -> None:
    counts = exported.left.manifest.counts
    assert (counts.declarations, counts.evidence, counts.documents) == (
        len(exported.ids) + 1,
        len(exported.ids),
        len(exported.ids),
    )
    assert (counts.batches, counts.checkpoints, counts.sets) == (1, 2, 2)
    assert exported.left.undeclared == ()
    assert exported.left.manifest.checkpoint == exported.size
    for name in ("formats.md", "evidence-format.md", "exit.md"):
        assert (exported.export / "formats" / name).stat().st_size > 0
    assert str(exported.origin) in (exported.export / "README.txt").read_text()


def test_it_says_what_evidence_adds(exported: ExportedHouse) -> None:
    files = list((exported.export / "evidence").iterdir())
    assert exported.left.evidence_bytes == sum(file.stat().st_size for file in files) > 0
    assert exported.left.manifest.counts.evidence == len(files)


def test_coreutils_check_it(exported: ExportedHouse) -> None:
    found = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=exported.export, check=False)
    assert found.returncode == 0


def test_no_secret_is_in_it(exported: ExportedHouse) -> None:
    files = contents(exported.export)
    assert len(exported.secrets) == 1 + len(exported.keys.keystore) > 5
    for secret in exported.secrets:
        assert [path for path, data in files.items() if secret in data] == []
    for word in (b"ciphertext", b"PRIVATE", b"scrypt", b'passphrase"'):
        assert [path for path, data in files.items() if word in data and not path.endswith((".md", ".txt"))] == []


def test_verdicts_from_the_files_alone(exported: ExportedHouse, store_url: str) -> None:
    outcomes = {
        id_: verdict_of(exported, id_, (exported.export / evidence_path(id_)).read_bytes()).conclusion
        for id_ in exported.ids
    }
    assert [outcomes[id_] for id_ in (exported.ids[0], exported.ids[3], exported.ids[5])] == [Conclusion.NOT_GOOD] * 3
    assert Conclusion.GOOD in outcomes.values()


@pytest.mark.skipif(not VERIFIER.exists(), reason="the stand-alone verifier is not here")
def test_the_stand_alone_verifier_reproduces_every_verdict(exported: ExportedHouse, store_url: str) -> None:
    """The copy in the export, with Python's standard library and nothing else."""
    codes = {Conclusion.GOOD: 0, Conclusion.NOT_GOOD: 1, Conclusion.UNDECIDED: 3}
    for id_ in exported.ids:
        ours = verdict_of(exported, id_, (exported.export / evidence_path(id_)).read_bytes())
        command = [sys.executable, "-I", "-S", "formats/verify.py", evidence_path(id_), "--json"]
        command += [
            "--trust",
            "keys/trust.json",
            "--document",
            str(document(exported, id_)),
            "--at",
            _time(exported.at),
        ]
        found = subprocess.run(command, cwd=exported.export, capture_output=True, check=False, env={}, timeout=60)
        assert found.returncode == codes[ours.conclusion], found.stderr
        said = json.loads(found.stdout)
        assert (said["declaration"], said["conclusion"]) == (hex_text(id_), ours.conclusion.name)
        checks = [(check["name"], check["status"], check["decisive"]) for check in said["checks"]]
        assert checks == [(check.name, check.status.name, check.decisive) for check in ours.checks]


def _time(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_imported_store_exports_the_same_bytes(exported: ExportedHouse, store_url: str, tmp_path: Path) -> None:
    again = export_again(exported, store_url, tmp_path / "again")
    assert again.manifest == exported.left.manifest
    assert contents(tmp_path / "again") == contents(exported.export)


def test_what_was_pending_is_pending_again(exported: ExportedHouse, store_url: str) -> None:
    with fresh_store(store_url, exported.origin) as store:
        row = store.declarations.get(exported.pending)
        assert row is not None
        assert (row.state, store.declarations.pending().total) == ("pending", 1)


def test_importing_again_is_harmless(exported: ExportedHouse, store_url: str, tmp_path: Path) -> None:
    before = import_into(exported, exported.export, store_url)
    assert (before.uncovered, before.wallets, before.contradicting) == (0, 0, ())
    assert export_again(exported, store_url, tmp_path / "again").manifest == exported.left.manifest


def test_an_older_store_takes_the_rest(exported: ExportedHouse, store_url: str, tmp_path: Path) -> None:
    """A successor that imported an earlier export, then the last one."""
    url = f"sqlite:///{tmp_path / 'older.sqlite'}"
    with fresh_store(store_url, None) as full, fresh_store(url, exported.origin) as older:
        older.entries.append([item.logged for item in full.entries.each()][: exported.size // 2])
        rows = list(full.declarations.each())[:3]
        older.declarations.add([(row.declaration, row.signature) for row in rows], exported.origin, rows[0].received_at)
    import_into(exported, exported.export, url)
    again = export_again(exported, url, tmp_path / "again")
    assert again.manifest.counts == exported.left.manifest.counts
    assert again.manifest.root == exported.left.manifest.root


def test_a_store_of_another_origin_is_refused_and_stays(exported: ExportedHouse, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    from ledger.testing.world import ORIGIN

    fresh_store(url, ORIGIN).__enter__().close()
    with pytest.raises(HistoryBroken, match="of another history"):
        import_into(exported, exported.export, url)
    with fresh_store(url, None) as store:
        assert store.origin == ORIGIN


def test_the_chain_alone_gives_entries_and_says_what_is_missing(exported: ExportedHouse) -> None:
    assert (exported.rebuilt.size, exported.rebuilt.head) == (exported.size, exported.left.manifest.head)
    (missing,) = exported.rebuilt.missing
    assert (exported.rebuilt.batches, missing.known, missing.size) == (1, 0, len(exported.ids))


def test_an_interrupted_export_is_completed_by_the_next_run(
    exported: ExportedHouse, store_url: str, tmp_path: Path
) -> None:
    """Killed by the system at several places: refused as it is, and finished by running it again."""
    folder = tmp_path / "export"
    for steps in (1, exported.size, exported.size + 3, exported.size + 10):
        assert killed_after(steps, None, lambda progress: export_again(exported, store_url, folder, progress))
        with pytest.raises(Malformed, match="interrupted"):
            import_into(exported, folder, f"sqlite:///{tmp_path / 'none.sqlite'}")
    export_again(exported, store_url, folder)
    assert contents(folder) == contents(exported.export)


@pytest.mark.parametrize("stage", ["files", "entries", "declarations", "batches"])
def test_an_interrupted_import_leaves_no_half_store(exported: ExportedHouse, tmp_path: Path, stage: str) -> None:
    url = f"sqlite:///{tmp_path / 'half.sqlite'}"

    def stop(name: str, done: int, of: int) -> None:
        if name == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_ledger(exported.export, url, exported.at, progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert killed_after(0, stage, lambda progress: import_ledger(exported.export, url, exported.at, progress=progress))
    with fresh_store(url, exported.origin) as store:
        assert store.entries.last() is None
        assert (list(store.declarations.each()), list(store.checkpoints.each())) == ([], [])
    import_into(exported, exported.export, url)
    with fresh_store(url, exported.origin) as store:
        assert len(list(store.declarations.each())) == len(exported.ids) + 1


def test_a_later_export_replaces_what_changed_and_removes_what_went(
    exported: ExportedHouse, store_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    export_again(exported, store_url, folder)
    times = {path: (folder / path).stat().st_mtime_ns for path in contents(folder)}
    (folder / "log" / "tile" / "0" / "000.p" / "1").write_bytes(bytes(32))
    (folder / "keys" / "trust.json").write_bytes(b"changed")
    export_again(exported, store_url, folder)
    assert contents(folder) == contents(exported.export)
    rewritten = {path for path, time in times.items() if (folder / path).stat().st_mtime_ns != time}
    assert rewritten == {"keys/trust.json", "batches/index.jsonl", "sets/index.jsonl", "SHA256SUMS", "manifest.json"}


@pytest.mark.parametrize("name", ["notes.txt", "log", "documents/holiday.wrapped"])
def test_a_folder_with_something_else_is_left_alone(
    exported: ExportedHouse, store_url: str, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "export"
    if name.startswith("documents"):
        export_again(exported, store_url, folder)
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    wrapped = next((exported.export / "documents").iterdir()).read_bytes()
    target.write_bytes(wrapped.partition(b"\n")[0] + b"\n" + b'{"a": 1}' if "wrapped" in name else b"mine")
    with pytest.raises(Malformed):
        export_again(exported, store_url, folder)
    assert target.exists()


def test_the_commands_without_a_chain(
    exported: ExportedHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """import, evidence, export on a machine that has nothing but the export."""
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LEDGER_RPC_URL", NOWHERE)

    def ledger(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ledger", *words])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    code, printed, errors = ledger("import", str(exported.export), "--json")
    assert (code, json.loads(printed)["entries"]) == (0, exported.size), errors
    assert json.loads(printed)["contradicting_checkpoints"] == []
    code, _, errors = ledger("evidence", hex_text(exported.ids[0]), "-o", str(tmp_path / "e.json"))
    assert code == 0, errors
    assert (tmp_path / "e.json").read_bytes() == (exported.export / evidence_path(exported.ids[0])).read_bytes()
    again = str(tmp_path / "again")
    assert ledger("export", again)[0] == 2  # no log key, no trust root
    words = [
        "export",
        again,
        "--keys",
        str(exported.export / "keys"),
        "--documents",
        str(exported.export / "documents"),
    ]
    code, printed, errors = ledger(*words)
    assert code == 0, errors
    assert contents(tmp_path / "again") == contents(exported.export)
    added, total = exported.left.evidence_bytes, exported.left.manifest.files.length
    assert f"Evidence adds {added:,} of these {total:,} bytes" in " ".join(printed.split())
    assert json.loads(ledger(*words, "--json")[1])["evidence_bytes"] == added
    code, printed, errors = ledger(*words, "--no-evidence")
    assert (code, "Evidence adds" in printed) == (0, False), errors
    code, printed, _ = ledger("import", str(exported.export))
    assert (code, "was taken from the export itself" in " ".join(printed.split())) == (0, True)
    assert ledger("import")[0] == 2
    assert ledger("rebuild")[0] == 3

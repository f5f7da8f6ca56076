"""What is wrong with an export is named, and no store is left: each kind of file changed, removed, added, or a link."""

from __future__ import annotations

import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.edges.export.manifest import LIST, MANIFEST, read_manifest
from ledger.errors import Malformed, VerificationFailed
from tests.journeys.exits import Copy, ExportedHouse, contents, exported_house, flipped

KINDS = [
    "README.txt", "batches/0x*.txt", "batches/index.jsonl", "chain/*.jsonl", "contract/TradeLedger.json",
    "contract/code.hex", "declarations/*.jsonl", "documents/*.wrapped", "evidence/*.json", "formats/formats.md",
    "keys/keystore.json", "keys/log.vkey", "keys/trust.json", "keys/witnesses.vkey", "log/checkpoint",
    "log/checkpoints/*", "log/tile/0/000.p/*", "log/tile/entries/000.p/*", "sets/0x*.txt", "sets/index.jsonl", LIST,
    MANIFEST,
]  # fmt: skip


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedHouse:
    return exported_house(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def copy(exported: ExportedHouse, tmp_path: Path) -> Copy:
    return Copy.of(exported, tmp_path)


def test_every_kind_of_file_is_among_those_that_are_damaged(exported: ExportedHouse) -> None:
    covered = {path for kind in KINDS for path in exported.export.glob(kind)}
    left = {path for path in contents(exported.export) if exported.export / path not in covered}
    assert all(path.startswith("formats/") for path in left)


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_is_named(copy: Copy, kind: str) -> None:
    path = copy.one(kind)
    path.write_bytes(flipped(path.read_bytes()))
    words = copy.refused()
    assert str(path.relative_to(copy.folder)) in words, words


@pytest.mark.parametrize("kind", KINDS)
def test_a_removed_file_is_named(copy: Copy, kind: str) -> None:
    path = copy.one(kind)
    path.unlink()
    assert str(path.relative_to(copy.folder)) in copy.refused()


@pytest.mark.parametrize("kind", KINDS)
def test_an_added_file_is_named(copy: Copy, kind: str) -> None:
    path = copy.one(kind)
    added = path.with_name(f"{path.stem}-2{path.suffix}")
    shutil.copy(path, added)
    words = copy.refused(VerificationFailed)
    assert words.startswith(f"{added.relative_to(copy.folder)} was added")


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_is_no_file(copy: Copy, kind: str, tmp_path: Path) -> None:
    """It would lead out of what was handed over, to a file that may change under the import."""
    path = copy.one(kind)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    if kind == MANIFEST:
        return  # everything in it is compared with something else
    assert f"{path.relative_to(copy.folder)} is no plain file" in copy.refused(VerificationFailed)


@pytest.mark.parametrize("number", range(0, 640, 7))
def test_any_changed_byte_of_the_manifest_is_found(copy: Copy, number: int) -> None:
    data = (copy.folder / MANIFEST).read_bytes()
    place = number % len(data)
    (copy.folder / MANIFEST).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    copy.refused()


@pytest.mark.parametrize("change", [{"number": 1}, {"length": 1}], ids=str)
def test_other_totals_in_the_manifest_are_found(copy: Copy, change: dict[str, int]) -> None:
    manifest = read_manifest((copy.folder / MANIFEST).read_bytes())
    (copy.folder / MANIFEST).write_bytes(replace(manifest, files=replace(manifest.files, **change)).to_bytes())
    assert "manifest.json says" in copy.refused(VerificationFailed)


@pytest.mark.parametrize("path", ["../outside", "/etc/hosts", "a/../../b", ".hidden", "-rf", "a//b", "a\\b", "a b", ""])
def test_a_path_that_leads_elsewhere_is_not_followed(copy: Copy, path: str) -> None:
    data = (copy.folder / LIST).read_bytes().replace(b"  README.txt\n", f"  {path}\n".encode())
    (copy.folder / LIST).write_bytes(data)
    manifest = read_manifest((copy.folder / MANIFEST).read_bytes())
    files = replace(manifest.files, sha256=sha256(data).digest())
    (copy.folder / MANIFEST).write_bytes(replace(manifest, files=files).to_bytes())
    assert "plain relative path" in copy.refused(Malformed)

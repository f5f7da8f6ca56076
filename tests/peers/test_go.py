"""Go reads our checkpoints and tiles: golang.org/x/mod/sumdb/note and tlog, which Go checks modules with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.core.checkpoints.note import SignedNote
from ledger.edges.mirror_folder import MirrorFolder
from ledger.edges.web import Web
from ledger.errors import Source
from ledger.journeys.mirror import Mirror
from ledger.testing.world import START, Witness
from tests.published import LOG_KEY, TRUST, WITNESS, entries, served, write_log

SOURCE = Path(__file__).parent / "go"
VECTORS = Path(__file__).parents[1] / "vectors" / "cosignatures.json"
Peer = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Peer:
    """The Go program, built without network."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no Go on this machine")
    binary = tmp_path_factory.mktemp("go") / "peers"
    environment = os.environ | {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    built = subprocess.run(
        [go, "build", "-o", binary, "."], cwd=SOURCE, env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.skip(f"Go cannot build its side, whose modules `make fetch` brings: {built.stderr[:200]}")

    def run(*words: object, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(word) for word in (binary, *words)]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("size", [1, 255, 256, 257, 1000])
def test_go_proves_every_entry_from_our_tiles(peer: Peer, tmp_path: Path, size: int) -> None:
    note = write_log(tmp_path / "log", entries(size))
    with served(tmp_path / "log") as url:
        Mirror(Web(url, 5, Source.LOG), MirrorFolder(tmp_path / "copy"), TRUST).run()
    found = peer("check", tmp_path / "copy", LOG_KEY, WITNESS.key)
    assert found.returncode == 0, found.stderr
    said: dict[str, Any] = json.loads(found.stdout)
    origin = str(note.checkpoint.origin)
    assert said == {"origin": origin, "size": size, "signed": {origin: 0, WITNESS.name: START}}


@pytest.mark.parametrize(
    ("defect", "words"),
    [
        ("entry", "invalid transparency proof"),
        ("tile", "invalid transparency proof|inconsistent tile"),
        ("size", "invalid signature"),
        ("cosignature", "invalid signature"),
        ("no cosignature", "did not cosign"),
        ("witness", "did not cosign"),
    ],
)
def test_go_refuses_what_was_changed(peer: Peer, tmp_path: Path, defect: str, words: str) -> None:
    note = write_log(tmp_path, entries(300))
    key, checkpoint = WITNESS.key, tmp_path / "checkpoint"
    if defect in {"entry", "tile"}:
        path = tmp_path / ("tile/entries/000" if defect == "entry" else "tile/0/000")
        data = bytearray(path.read_bytes())
        data[40] ^= 1
        path.write_bytes(data)
    elif defect == "size":
        checkpoint.write_text(str(note).replace("\n300\n", "\n299\n"))
    elif defect == "cosignature":
        *others, (name, id_, blob) = note.signatures
        later = (int.from_bytes(blob[:8]) + 1).to_bytes(8) + blob[8:]
        checkpoint.write_text(str(SignedNote(note.checkpoint, (*others, (name, id_, later)))))
    elif defect == "no cosignature":
        checkpoint.write_text(str(SignedNote(note.checkpoint, note.signatures[:1])))
    else:
        key = Witness("somebody.example").key
    found = peer("check", tmp_path, LOG_KEY, key)
    assert found.returncode == 1
    assert any(word in found.stderr for word in words.split("|")), found.stderr


def test_go_makes_the_cosignatures_of_the_vectors(peer: Peer) -> None:
    for vector in json.loads(VECTORS.read_text()):
        made = peer("cosign", vector["seed"], vector["name"], vector["time"], text=vector["text"])
        assert json.loads(made.stdout) == {"vkey": vector["vkey"], "line": vector["line"]}

"""The log over HTTP: what anybody needs to mirror it with a static file server, and nothing that nobody signed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.core.tree.tile_files import read_bundle
from ledger.edges.mirror_folder import MirrorFolder
from ledger.edges.web import Web
from ledger.errors import Source, VerificationFailed
from ledger.journeys.checkpoint import note_key
from ledger.journeys.mirror import Mirror
from ledger.settings import Settings
from tests import houses
from tests.api.conftest import Served
from tests.witnesses import key_of, serving, witness_of, witnessing

BYTES = "application/octet-stream"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API with one witness that cosigns and one that is away."""
    folder = tmp_path_factory.mktemp("house")
    with houses.house(folder) as house:
        house.key("log", Algorithm.ED25519)
        trust = TrustRoot.of(house.chain.origin, note_key(house.chain.origin, house.log_key))
        away = NoteKey("away.example", key_of("away.example").public_key, KeyType.WITNESS)
        with witnessing(witness_of("w.example", trust, folder, house.chain)) as line:
            (folder / "witnesses").write_text(f"{line}\n{away} http://127.0.0.1:1\n")
            settings = Settings(
                rpc_url=house.devchain.url, origin=str(house.chain.origin), state_dir=folder,
                passphrase_file=house.passphrase_file, log_key="log", witnesses_file=folder / "witnesses",
                anchor_max_age_seconds=0, poll_interval_seconds=0.1,
            )  # fmt: skip
            with TestClient(create_app(open_services(settings)), raise_server_exceptions=False) as client:
                yield Served(house, client, settings)


def newest(served: Served, size: int) -> SignedNote:
    """The checkpoint of at least ``size`` entries, when the witness has cosigned it."""
    for _ in range(100):
        answer = served.client.get("/v1/log/checkpoint")
        if answer.status_code == 200:
            note = SignedNote.parse(answer.text)
            if note.checkpoint.size >= size and any(name == "w.example" for name, _, _ in note.signatures):
                return note
        time.sleep(0.05)
    raise AssertionError("no checkpoint was cosigned")


def test_the_newest_checkpoint_is_cosigned(served: Served) -> None:
    houses.anchored(served.house)
    note = newest(served, served.house.follower.refresh().size)
    note.verify(note_key(note.checkpoint.origin, served.house.log_key))
    assert note.cosigned_at(NoteKey("w.example", key_of("w.example").public_key, KeyType.WITNESS))
    for path in ("checkpoint", f"checkpoints/{note.checkpoint.size}"):
        answer = served.client.get(f"/v1/log/{path}")
        assert answer.text == str(note)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "max-age=2"
    assert served.client.get("/v1/log/checkpoints/999999").status_code == 404


def test_readiness_shows_the_witnesses(served: Served) -> None:
    size = newest(served, 1).checkpoint.size
    ready = served.client.get("/health/ready").json()
    assert ready["status"] == "ready", "a witness that is away degrades nothing"
    cosigns, away = ready["witnesses"]
    assert (cosigns["name"], cosigns["problem"]) == ("w.example", None)
    assert cosigns["cosigned_size"] >= size
    assert (away["name"], away["cosigned_size"]) == ("away.example", 0)
    assert "cannot be reached" in away["problem"]


def test_evidence_carries_what_the_witness_gave(served: Served) -> None:
    made, signature = houses.declaration(served.house)
    body = {"declaration": made.to_json(), "signature": "0x" + signature.hex()}
    id_ = served.client.post("/v1/declarations", json=body).json()["id"]
    for _ in range(100):
        answer = served.client.get(f"/v1/declarations/{id_}/evidence?digest=0x{made.digest.hex()}")
        if answer.status_code == 200:
            break
        time.sleep(0.05)
    assert "w.example" in answer.json()["checkpoint"], "asked for at once, it is cosigned already"


def test_bundles_and_tiles_lead_to_the_root(served: Served) -> None:
    note = newest(served, 1)
    size = note.checkpoint.size
    entries = served.client.get(f"/v1/log/tile/entries/000.p/{size}")
    tile = served.client.get(f"/v1/log/tile/0/000.p/{size}")
    leaves = [leaf_hash(entry) for entry in read_bundle(entries.content)]
    assert tile.content == b"".join(leaves)
    assert root_of_hashes(leaves) == note.checkpoint.root
    for answer in (entries, tile):
        assert answer.headers["content-type"] == BYTES
        assert "immutable" in answer.headers["cache-control"]
    plain = served.client.get(f"/v1/log/tile/entries/000.p/{size}", headers={"Accept-Encoding": "identity"})
    assert ("content-encoding" not in plain.headers, plain.content) == (True, entries.content)
    assert (entries.headers["content-encoding"], entries.headers["vary"]) == ("gzip", "Accept-Encoding")
    smaller = served.client.get("/v1/log/tile/0/000.p/3")
    assert smaller.content == tile.content[:96], "for whoever holds an earlier checkpoint"


@pytest.mark.parametrize(
    "path",
    [
        "0/000", "0/001.p/1", "1/000.p/1", "0/000.p/255", "entries/000", "entries/000.p/255", "entries/001.p/1",
        "0/000.p/0", "0/000.p/256", "0/0", "0/x000/000.p/1", "00/000.p/1", "64/000", "-1/000", "entries/0", "data/000",
        "0/000.p/1/", "0/..%2f..%2fcheckpoint",
    ],
)  # fmt: skip
def test_what_is_no_tile_here_is_not_there(served: Served, path: str) -> None:
    newest(served, 1)
    answer = served.client.get(f"/v1/log/tile/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_entries_without_a_checkpoint_are_not_served(tmp_path: Path) -> None:
    """They may still change, and nobody could check them."""
    with houses.house(tmp_path) as house:
        settings = Settings(
            rpc_url=house.devchain.url, origin=str(house.chain.origin), state_dir=tmp_path,
            passphrase_file=house.passphrase_file,
        )  # fmt: skip
        with TestClient(create_app(open_services(settings)), raise_server_exceptions=False) as client:
            assert client.get("/v1/history").json()["size"] > 1
            for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"):
                assert client.get(f"/v1/log/{path}").status_code == 404


def test_it_is_mirrored_and_a_mirror_demands_its_witnesses(served: Served, tmp_path: Path) -> None:
    note = newest(served, 1)
    origin, size = note.checkpoint.origin, note.checkpoint.size
    witness = NoteKey("w.example", key_of("w.example").public_key, KeyType.WITNESS)
    away = NoteKey("away.example", key_of("away.example").public_key, KeyType.WITNESS)
    log_key = note_key(origin, served.house.log_key)
    with serving(served.client.app) as url:
        web = Web(f"{url}/v1/log", 10, Source.LOG)
        made = Mirror(web, MirrorFolder(tmp_path / "copy"), TrustRoot.of(origin, log_key, (witness,), 1)).run()
        assert (made.note.checkpoint, [item.witness for item in made.cosigned]) == (note.checkpoint, [witness])
        held = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
        published = {path: served.client.get(f"/v1/log/{path}").content for path in held}
        with pytest.raises(VerificationFailed, match="cosigned by 1 of 2 known witnesses; 2 are demanded"):
            Mirror(web, MirrorFolder(tmp_path / "none"), TrustRoot.of(origin, log_key, (witness, away), 2)).run()
    pages = {path for path in held if path.startswith(f"index/{size}/")}
    assert f"index/{size}/root" in pages
    assert held - pages == {"checkpoint", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}"}
    assert not (tmp_path / "none").exists()
    for path in held:
        assert (tmp_path / "copy" / path).read_bytes() == published[path]

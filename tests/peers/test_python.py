"""PyPI's ``aics-tlog`` reads our checkpoints, cosignatures, tiles and proofs, and refuses what was changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.core.checkpoints.note import SignedNote
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tiles import Tiles
from ledger.testing.world import Witness
from tests.published import LOG_KEY, WITNESS, entries, write_log

peer: Any = pytest.importorskip("aics_tlog", reason="the peer is not installed: make setup installs it (peers.lock)")


def decided(note: SignedNote, witness: Witness = WITNESS) -> bool:
    """Whether the peer takes the checkpoint for signed by the log and cosigned by the witness."""
    keys = peer.parse_vkey(str(LOG_KEY)), [peer.parse_vkey(str(witness.key))]
    result = peer.verify_checkpoint(peer.parse_note(str(note)), *keys, 1)
    return bool(result.ok)


def test_a_checkpoint_and_its_cosignature(tmp_path: Path) -> None:
    note = write_log(tmp_path, entries(20))
    assert decided(note)
    assert not decided(note, Witness("somebody.example"))
    assert not decided(SignedNote(note.checkpoint, note.signatures[:1]))
    assert not decided(SignedNote(note.checkpoint, note.signatures[1:]))
    assert not decided(SignedNote.parse(str(note).replace("\n20\n", "\n21\n")))
    *others, (name, id_, blob) = note.signatures
    later = (int.from_bytes(blob[:8]) + 1).to_bytes(8) + blob[8:]
    assert not decided(SignedNote(note.checkpoint, (*others, (name, id_, later))))


@pytest.mark.parametrize("size", [1, 256, 257, 700])
def test_tiles_and_entries(tmp_path: Path, size: int) -> None:
    note = write_log(tmp_path, entries(size))
    reader = peer.FileSystemTileReader(tmp_path)
    assert peer.tree_root_from_tiles(reader, size) == note.checkpoint.root
    assert peer.audit_tiles(reader, size, note.checkpoint.root).bundles == (size + 255) // 256
    for index in {0, size // 2, size - 1}:
        assert peer.read_entry(reader, index, size) == entries(size)[index]
    bundle = next(path for path in (tmp_path / "tile/entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"!")
    with pytest.raises(peer.TileVerificationError):
        peer.audit_tiles(reader, size, note.checkpoint.root)


def test_a_consistency_proof_as_witnesses_get_it() -> None:
    tree = Tiles()
    for entry in entries(300):
        tree.append(leaf_hash(entry))
    for old in (1, 2, 255, 256, 257, 299):
        proof = tree.consistency(old)
        assert peer.verify_consistency(old, 300, tree.root(old), tree.root(), proof)
        assert not peer.verify_consistency(old, 300, tree.root(old), tree.root(), [*proof, bytes(32)])

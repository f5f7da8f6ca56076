"""An export of several bundles, tiles and parts, whose newest checkpoint does not cover its last entries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.checkpoints.note import SignedNote
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.history.history import History
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tile_files import TileName, read_bundle
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Batch, Store
from ledger.errors import HistoryBroken, Unavailable, VerificationFailed
from ledger.journeys import export as journey
from ledger.journeys.export import Exported, PublicKeys, export_ledger
from ledger.journeys.import_ import import_ledger
from ledger.testing.world import ORIGIN, START, Witness, World
from tests.journeys.exits import contents, flipped, fresh_store, relist, without_chain

SIZE, COVERED, PENDING = 600, 300, 7


def _logged(entry: Entry) -> LoggedEntry:
    """On a chain whose blocks are all called zero."""
    return LoggedEntry(entry, entry.number, hex_text(bytes(32)), hex_text(bytes(32)), 0)


@pytest.fixture(scope="module")
def world() -> tuple[World, SignedNote]:
    """A history of 600 entries, each but the first anchoring one declaration; its checkpoint is of 300."""
    made = World(witnesses=[Witness("north"), Witness("south")])
    for number in range(1, SIZE):
        if made.history.size == COVERED:
            note = made.checkpoint()
        made.anchor([made.declare(keccak(number.to_bytes(4)))[0]])
    return made, note


@pytest.fixture
def url(world: tuple[World, SignedNote], tmp_path: Path) -> str:
    """A store of this history, and of some declarations more."""
    made, note = world
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with fresh_store(url, ORIGIN) as store, store.restoring() as restoring:
        restoring.add_entries([_logged(entry) for entry in made.entries])
        restoring.add_checkpoint(note, START)
        for number in range(1, SIZE + PENDING):
            declaration, signature = made.declare(keccak(number.to_bytes(4)))
            id_ = declaration.id(ORIGIN)
            restoring.add_declarations([(id_, declaration, signature, START + number // 5)])
            if number < SIZE:
                time = made.entries[number].time
                restoring.add_batch(Batch(0, leaf_hash(id_), 1, "anchored", START, None, number, time), [id_])
    return url


def export(world: World, url: str, folder: Path) -> Exported:
    with without_chain(url) as (store, history):
        return export_ledger(folder, store, history, PublicKeys(world.trust))


def test_all_parts_are_there_and_come_back(
    world: tuple[World, SignedNote], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, note = world
    monkeypatch.setattr(journey, "LINES", 250)
    left = export(made, url, tmp_path / "export")
    files = contents(tmp_path / "export")
    assert (left.manifest.size, left.manifest.checkpoint, left.without_evidence) == (SIZE, COVERED, SIZE - COVERED)
    assert (left.manifest.counts.evidence, left.manifest.counts.declarations) == (COVERED - 1, SIZE - 1 + PENDING)
    assert sorted(path for path in files if path.startswith(("chain", "decl"))) == [
        f"{folder}/00000{number}.jsonl" for folder in ("chain", "declarations") for number in range(3)
    ]
    assert files["log/checkpoint"].decode() == str(note)
    names = [
        TileName(0, 0),
        TileName(0, 1),
        TileName(0, 1, 44),
        TileName(0, 2, 88),
        TileName(1, 0, 1),
        TileName(1, 0, 2),
    ]
    names += [TileName(None, 0), TileName(None, 1), TileName(None, 1, 44), TileName(None, 2, 88)]
    tiles = {path for path in files if path.startswith("log/tile/")}
    assert tiles == {f"log/{name}" for name in names}
    for name in names:
        if name.level is None:
            first = name.index * 256
            held = [entry.data for entry in made.entries[first : first + name.width]]
            assert read_bundle(files[f"log/{name}"]) == held
        else:
            assert files[f"log/{name}"] == made.history.log.tile(name.level, name.index, name.width)
    arrived = import_ledger(tmp_path / "export", f"sqlite:///{tmp_path / 'imported.sqlite'}", START, made.trust)
    assert (arrived.uncovered, arrived.contradicting) == (SIZE - COVERED, ())
    again = export(made, f"sqlite:///{tmp_path / 'imported.sqlite'}", tmp_path / "again")
    assert again.manifest == left.manifest
    assert contents(tmp_path / "again") == files


def test_a_history_that_grew_brings_its_export_up_to_date(
    world: tuple[World, SignedNote], url: str, tmp_path: Path
) -> None:
    """The earlier partial tiles are removed, new files are written, and full tiles are not touched."""
    made, _ = world
    folder = tmp_path / "export"
    before = tmp_path / "before.sqlite"
    with fresh_store(url, None) as full, fresh_store(f"sqlite:///{before}", ORIGIN) as store:
        _part(full, store, COVERED)
    export(made, f"sqlite:///{before}", folder)
    times = {path: (folder / path).stat().st_mtime_ns for path in contents(folder)}
    export(made, url, folder)
    now = contents(folder)
    export(made, url, tmp_path / "afresh")
    assert now == contents(tmp_path / "afresh")
    kept = [path for path, time in times.items() if path in now and (folder / path).stat().st_mtime_ns == time]
    assert {"log/tile/0/000", "log/tile/entries/000", "log/checkpoint", "README.txt"} <= set(kept)
    assert sum(path.startswith("evidence/") for path in kept) == COVERED - 1


def test_every_tile_must_follow_from_the_entries(world: tuple[World, SignedNote], url: str, tmp_path: Path) -> None:
    """Full ones, those at the edge of the checkpoint, those at the edge of the history; and bundles that repeat."""
    folder = tmp_path / "export"
    export(world[0], url, folder)
    tiles = [path for path in contents(folder) if path.startswith("log/tile/")]
    assert len(tiles) == 10
    for path in set(tiles) - {
        f"log/{TileName(None, number, width)}" for number, width in ((0, 256), (1, 256), (2, 88))
    }:
        right = (folder / path).read_bytes()
        (folder / path).write_bytes(flipped(right))
        relist(folder)
        with pytest.raises(VerificationFailed, match=f"^{path} is not what follows from the entries"):
            import_ledger(folder, f"sqlite:///{tmp_path / 'imported.sqlite'}", START, world[0].trust)
        (folder / path).write_bytes(right)


def test_cosignatures_are_carried_checked_and_merged(world: tuple[World, SignedNote], url: str, tmp_path: Path) -> None:
    made, note = world
    export(made, url, tmp_path / "export")
    path, imported = tmp_path / "export" / f"log/checkpoints/{COVERED}", f"sqlite:///{tmp_path / 'imported.sqlite'}"
    assert (tmp_path / "export" / "keys/witnesses.vkey").read_text().count("\n") == len(made.witnesses) == 2
    bare = replace(note, signatures=note.signatures[:1])
    with fresh_store(imported, ORIGIN) as store:
        store.checkpoints.save(bare, START)
    import_ledger(tmp_path / "export", imported, START, made.trust)
    with fresh_store(imported, None) as store:
        assert store.checkpoints.get(COVERED) == note
    (name, id_, blob), *others = note.signatures[::-1]
    forged = replace(note, signatures=(*others[::-1], (name, id_, blob[:-1] + bytes([blob[-1] ^ 1]))))
    path.write_bytes(str(forged).encode())
    (tmp_path / "export" / "log/checkpoint").write_bytes(str(forged).encode())
    relist(tmp_path / "export")
    with pytest.raises(VerificationFailed, match=f"log/checkpoints/{COVERED}: .*{name}"):
        import_ledger(tmp_path / "export", imported, START, made.trust)


def test_a_store_that_grows_meanwhile_does_not_show_in_the_export(
    world: tuple[World, SignedNote], url: str, tmp_path: Path
) -> None:
    """The history was held at 400 entries while the store went on to 600 and to a checkpoint of them."""
    made, size = world[0], 400
    held = History(ORIGIN)
    for entry in made.entries[:size]:
        held.apply(entry)
    note = made.checkpoint()
    with fresh_store(url, None) as store:
        store.checkpoints.save(note, START)
        left = export_ledger(tmp_path / "export", store, held, PublicKeys(made.trust))
    assert left.manifest.counts.checkpoints == 1
    part = tmp_path / "export" / "declarations/000000.jsonl"
    right = part.read_bytes()
    part.write_bytes(right.replace(b'"batched"', b'"anchored"', 1))
    relist(tmp_path / "export")
    with pytest.raises(HistoryBroken, match=r"^declarations/000000\.jsonl line 400: no entry anchors it"):
        import_ledger(tmp_path / "export", f"sqlite:///{tmp_path / 'none.sqlite'}", START, made.trust)
    part.write_bytes(right)
    relist(tmp_path / "export")
    imported = f"sqlite:///{tmp_path / 'imported.sqlite'}"
    assert import_ledger(tmp_path / "export", imported, START, made.trust).manifest.size == size
    with fresh_store(imported, None) as store:
        assert len(store.batches.unfinished()) == SIZE - size
        store.entries.append(
            [LoggedEntry(entry, entry.number, *[hex_text(bytes(32))] * 2, 0) for entry in made.entries]
        )
        assert store.batches.unfinished() == []


def _part(full: Store, store: Store, size: int) -> None:
    """What a store held when its history had ``size`` entries."""
    with store.restoring() as restoring:
        restoring.add_entries([item.logged for item in full.entries.each()][:size])
        for note in full.checkpoints.each():
            restoring.add_checkpoint(note, START)
        for batch in list(full.batches.each())[: size - 1]:
            (id_,) = full.batches.declaration_ids(batch.id)
            row = full.declarations.get(id_)
            assert row is not None
            restoring.add_declarations([(id_, row.declaration, row.signature, row.received_at)])
            restoring.add_batch(batch, [id_])


def test_without_any_checkpoint_there_is_no_export(tmp_path: Path) -> None:
    made, url = World(), f"sqlite:///{tmp_path / 'store.sqlite'}"
    with fresh_store(url, ORIGIN) as store:
        store.entries.append([_logged(made.entries[0])])
    with pytest.raises(Unavailable, match="no checkpoint"):
        export(made, url, tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_a_damaged_store_is_not_exported(world: tuple[World, SignedNote], url: str, tmp_path: Path) -> None:
    """Whoever leaves should learn of it, and not the successor."""
    with fresh_store(url, None) as store, store.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE batches SET size = 2 WHERE id = 5")
    with pytest.raises(HistoryBroken, match="ledger audit"):
        export(world[0], url, tmp_path / "export")
    assert (tmp_path / "export" / "UNFINISHED").exists()

"""Exports that were forged whole: the list and the manifest fit what was changed, so only what the files say tells."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.tile_files import bundle, read_bundle
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import HistoryBroken, VerificationFailed
from ledger.journeys.checkpoint import note_key
from ledger.journeys.import_ import import_ledger
from ledger.testing.world import ORIGIN, Witness
from tests.bad_checkpoints import DEFECTS, TOO_FEW, spoiled, words_of
from tests.edges.stored import some_entries, some_note
from tests.journeys.exits import Copy, ExportedHouse, exported_house, flipped, fresh_store, import_into, relist


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedHouse:
    return exported_house(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def copy(exported: ExportedHouse, tmp_path: Path) -> Copy:
    return Copy.of(exported, tmp_path)


def lines(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def record(path: Path, number: int, **members: object) -> None:
    """Change members of one line."""

    def change(held: list[bytes]) -> list[bytes]:
        value = json.loads(held[number]) | members
        held[number] = json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        return held

    lines(path, change)


def entries(copy: Copy, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path = copy.one("log/tile/entries/000.p/*")
    path.write_bytes(bundle(change(read_bundle(path.read_bytes()))))


def swapped(items: list[bytes]) -> list[bytes]:
    return [items[1], items[0], *items[2:]]


def sign(copy: Copy, path: str, key: SigningKey, root: bytes | None = None, index: bytes | None = None) -> None:
    """Another checkpoint in the place of this one."""
    note = SignedNote.parse((copy.folder / path).read_text())
    checkpoint = replace(note.checkpoint, root=root or note.checkpoint.root, index=index or note.checkpoint.index)
    made = signed(checkpoint, note_key(checkpoint.origin, key), key.sign_note(checkpoint.text.encode()))
    (copy.folder / path).write_bytes(str(made).encode())


def newest(copy: Copy) -> str:
    return f"log/checkpoints/{copy.exported.size}"


def place_of(copy: Copy, number: int) -> dict[str, object]:
    return dict(json.loads(copy.one("declarations/*").read_bytes().splitlines()[number])["batch"])


Forge = Callable[[Copy], object]
WITNESS = Witness("witness.example")
STRANGER = SigningKey(Algorithm.ED25519, b"\x07" * 32)
FORGERIES: dict[str, tuple[Forge, dict[str, object], str]] = {
    "an entry altered": (
        lambda copy: entries(copy, lambda held: [held[0], flipped(held[1]), *held[2:]]),
        {},
        "entry 1: ",
    ),
    "two entries swapped": (
        lambda copy: entries(copy, lambda held: [held[0], *swapped(held[1:])]),
        {},
        "chain/000000.jsonl line 2",
    ),
    "entry bytes too short": (
        lambda copy: entries(copy, lambda held: [*held[:-1], b"short"]),
        {},
        "log/tile/entries/000.p/",
    ),
    "an entry repeated": (
        lambda copy: entries(copy, lambda held: [*held[:-1], held[-2]]),
        {},
        "chain/000000.jsonl line",
    ),
    "a bundle that lacks one": (lambda copy: entries(copy, lambda held: held[:-1]), {}, "log/tile/entries/000.p/"),
    "a bundle cut": (
        lambda copy: copy.one("log/tile/entries/000.p/*").write_bytes(b"\x00"),
        {},
        "log/tile/entries/000.p/",
    ),
    "another head": (lambda copy: None, {"head": bytes(32)}, "do not lead to the size, head and root"),
    "another root": (lambda copy: None, {"root": bytes(32)}, "do not lead to the size, head and root"),
    "another origin": (lambda copy: None, {"origin": ORIGIN}, "of another history"),
    "fewer entries": (lambda copy: None, {"size": 3, "checkpoint": 2}, "log/"),
    "another newest checkpoint": (lambda copy: None, {"checkpoint": 2}, "log/checkpoint"),
    "a checkpoint that is not there": (lambda copy: None, {"checkpoint": 0}, "log/checkpoints/0 is missing"),
    "a tile": (lambda copy: copy.one("log/tile/0/000.p/*").write_bytes(bytes(32)), {}, "log/tile/0/000.p/"),
    "a tile too many": (
        lambda copy: (
            (copy.folder / "log/tile/0/001.p").mkdir() or (copy.folder / "log/tile/0/001.p/1").write_bytes(bytes(32))
        ),
        {},
        "log/tile/0/001.p/1 has no place",
    ),
    "a checkpoint's signature": (lambda copy: sign(copy, newest(copy), STRANGER), {}, "not signed by"),
    "a checkpoint's words": (lambda copy: (copy.folder / newest(copy)).write_bytes(b"words"), {}, "log/checkpoints/"),
    "a checkpoint of another root, signed": (
        lambda copy: [sign(copy, path, copy.exported.log_key, bytes(32)) for path in ("log/checkpoint", newest(copy))],
        {},
        "is of another history",
    ),
    "two newest checkpoints": (
        lambda copy: sign(copy, "log/checkpoint", copy.exported.log_key, bytes(32)),
        {},
        "log/checkpoint is not log/checkpoints/",
    ),
    "a checkpoint under another size": (
        lambda copy: (copy.folder / newest(copy)).rename(copy.folder / "log/checkpoints/2"),
        {},
        "log/checkpoints/2 is of",
    ),
    "two leaves of a batch swapped": (lambda copy: lines(copy.one("batches/0x*"), swapped), {}, "batches/0x"),
    "a leaf lost": (lambda copy: lines(copy.one("batches/0x*"), lambda held: held[1:]), {}, "batches/0x"),
    "a leaf that is no id": (
        lambda copy: lines(copy.one("batches/0x*"), lambda held: [b"leaf\n", *held[1:]]),
        {},
        "line 1: must be lower-case hex",
    ),
    "a batch anchored elsewhere": (
        lambda copy: record(copy.folder / "batches/index.jsonl", 0, entry={"number": 1, "time": 1}),
        {},
        "another entry anchors the batch",
    ),
    "a batch anchored at another time": (
        lambda copy: record(
            copy.folder / "batches/index.jsonl",
            0,
            entry={
                "number": json.loads((copy.folder / "batches/index.jsonl").read_bytes())["entry"]["number"],
                "time": 1,
            },
        ),
        {},
        "does not anchor the batch",
    ),
    "a batch that nothing anchors": (
        lambda copy: record(copy.folder / "batches/index.jsonl", 0, root="0x" + "11" * 32),
        {},
        "batches/0x1111",
    ),
    "a batch left out": (
        lambda copy: lines(copy.folder / "batches/index.jsonl", lambda held: []),
        {},
        "is in another batch",
    ),
    "another document type": (
        lambda copy: record(
            copy.one("declarations/*"),
            0,
            declaration=json.loads(copy.one("declarations/*").read_bytes().splitlines()[0])["declaration"]
            | {"document_type": 1},
        ),
        {},
        "is not the id of its declaration",
    ),
    "a party's signature": (
        lambda copy: record(copy.one("declarations/*"), 2, signature="0x" + "11" * 64 + "1b"),
        {},
        "declarations/000000.jsonl line 3",
    ),
    "another place in the batch": (
        lambda copy: record(copy.one("declarations/*"), 1, batch=place_of(copy, 1) | {"index": 9}),
        {},
        "declarations/000000.jsonl line 2: it is in another batch",
    ),
    "anchored said to be pending": (
        lambda copy: record(copy.one("declarations/*"), 1, batch=None, state="pending"),
        {},
        "line 2: it is in another batch",
    ),
    "pending said to be anchored": (
        lambda copy: record(copy.one("declarations/*"), -1, batch=place_of(copy, 1), state="anchored"),
        {},
        "it is in another batch",
    ),
    "a state that is none": (lambda copy: record(copy.one("declarations/*"), 1, state="lost"), {}, "line 2 state"),
    "a declaration lost": (
        lambda copy: lines(copy.one("declarations/*"), lambda held: held[1:]),
        {},
        "is missing or is in another batch",
    ),
    "a pending declaration lost": (
        lambda copy: lines(copy.one("declarations/*"), lambda held: held[:-1]),
        {},
        "manifest.json counts otherwise",
    ),
    "a declaration twice": (
        lambda copy: lines(copy.one("declarations/*"), lambda held: [held[0], *held]),
        {},
        "line 2: is out of order",
    ),
    "a line in another spelling": (
        lambda copy: lines(copy.one("declarations/*"), lambda held: [held[0].replace(b":", b": ", 1), *held[1:]]),
        {},
        "line 1: not in canonical form",
    ),
    "a line that is no JSON": (
        lambda copy: lines(copy.one("declarations/*"), lambda held: [b"[" * 5000 + b"\n", *held[1:]]),
        {},
        "line 1 column 9: over the depth limit of 8 levels",
    ),
    "a line without end": (
        lambda copy: copy.one("declarations/*").write_bytes(b"{" * 70_000),
        {},
        "line 1: is too long",
    ),
    "two members of a set swapped": (lambda copy: lines(copy.one("sets/0x*"), swapped), {}, "sets/0x"),
    "a set left out": (lambda copy: lines(copy.folder / "sets/index.jsonl", lambda held: held[1:]), {}, "sets/0x"),
    "a set's size": (lambda copy: record(copy.folder / "sets/index.jsonl", 0, size=1), {}, "is missing"),
    "a position lost": (lambda copy: lines(copy.one("chain/*"), lambda held: held[:-1]), {}, "chain/"),
    "a position too many": (
        lambda copy: lines(copy.one("chain/*"), lambda held: [*held, held[-1]]),
        {},
        "is about an entry that the export does not have",
    ),
    "evidence of nothing": (
        lambda copy: shutil.copy(copy.one("evidence/*"), copy.folder / f"evidence/0x{'11' * 32}.json"),
        {},
        "evidence/0x1111",
    ),
    "evidence of what is pending": (
        lambda copy: shutil.copy(
            copy.one("evidence/*"), copy.folder / f"evidence/{hex_text(copy.exported.pending)}.json"
        ),
        {},
        "evidence/0x",
    ),
    "a document under another digest": (
        lambda copy: shutil.copy(sorted((copy.folder / "documents").iterdir())[0], copy.one("documents/*")),
        {},
        "is the document with the digest",
    ),
    "a document that is none": (lambda copy: copy.one("documents/*").write_bytes(b"words"), {}, "documents/0x"),
    "another log key": (lambda copy: (copy.folder / "keys/log.vkey").write_bytes(b"key\n"), {}, "keys/log.vkey"),
    "a trust root that is none": (
        lambda copy: (copy.folder / "keys/trust.json").write_bytes(b"{}"),
        {},
        "keys/trust.json",
    ),
    "something of its own": (lambda copy: (copy.folder / "virus.exe").write_bytes(b"x"), {}, "virus.exe has no place"),
    "other counts": (lambda copy: None, {"counts": None}, "manifest.json counts otherwise"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_export_is_found_by_what_it_says(copy: Copy, name: str) -> None:
    forge, members, words = FORGERIES[name]
    forge(copy)
    if "counts" in members:
        members = {"counts": replace(copy.exported.left.manifest.counts, evidence=0)}
    relist(copy.folder, **members)
    assert words in copy.refused()


def test_without_forging_it_is_taken(copy: Copy) -> None:
    """What the forger's tools alone change is nothing."""
    relist(copy.folder)
    entries(copy, lambda held: held)
    lines(copy.one("declarations/*"), lambda held: held)
    assert import_into(copy.exported, copy.folder, f"sqlite:///{copy.out / 'store.sqlite'}").uncovered == 0


def test_an_export_of_one_who_forged_the_log_too_is_refused_by_the_trust_root(copy: Copy) -> None:
    """All checkpoints are signed by a key that the export itself names: believed alone, refused with a trust root."""
    for path in [*copy.folder.glob("log/checkpoints/*"), copy.folder / "log/checkpoint"]:
        sign(copy, str(path.relative_to(copy.folder)), STRANGER)
    trust = TrustRoot.of(copy.exported.origin, note_key(copy.exported.origin, STRANGER))
    (copy.folder / "keys/trust.json").write_bytes(trust.to_bytes())
    (copy.folder / "keys/log.vkey").write_bytes(f"{trust.log_key}\n".encode())
    relist(copy.folder)
    assert "not signed by" in copy.refused(VerificationFailed)


def trusting(copy: Copy) -> Copy:
    """The same, imported by somebody who demands a witness."""
    keys = copy.exported.keys
    return replace(copy, exported=replace(copy.exported, keys=replace(keys, trust=replace(
        keys.trust, witnesses=(WITNESS.key,), threshold=1
    ))))  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_newest_checkpoint_that_the_trust_root_refuses(copy: Copy, defect: str) -> None:
    log, copy = copy.exported.log_key, trusting(copy)
    checkpoint = SignedNote.parse((copy.folder / newest(copy)).read_text()).checkpoint
    note = spoiled(defect, checkpoint, copy.exported.keys.trust.log_key, log.sign_note, WITNESS, copy.exported.at)
    for path in ("log/checkpoint", newest(copy)):
        (copy.folder / path).write_text(str(note))
    relist(copy.folder)
    words = "no checkpoint of these entries has the 1 cosignatures" if defect == TOO_FEW else words_of(defect, WITNESS)
    assert re.search(words, copy.refused(VerificationFailed))


def test_entries_after_the_newest_checkpoint_with_enough_cosignatures_are_counted(copy: Copy) -> None:
    """A witness that was away when the last checkpoint was published locks nobody out, and is not passed over."""
    copy = trusting(copy)
    sizes = sorted(int(path.name) for path in copy.folder.glob("log/checkpoints/*"))
    for size in sizes[:-1]:
        path = copy.folder / f"log/checkpoints/{size}"
        path.write_text(str(WITNESS.cosign(SignedNote.parse(path.read_text()), copy.exported.at)))
    relist(copy.folder)
    arrived = import_into(copy.exported, copy.folder, f"sqlite:///{copy.out / 'store.sqlite'}")
    assert arrived.uncovered == sizes[-1] - sizes[-2] > 0


def test_a_declaration_that_no_key_signed(copy: Copy) -> None:
    """A party is a key, so that no wallet may have signed, whatever is to be accepted."""
    record(copy.one("declarations/*"), 2, signature="0x" + "11" * 65)
    relist(copy.folder)
    assert "declarations/000000.jsonl line 3: the key of party" in copy.refused(VerificationFailed)
    url = f"sqlite:///{copy.out / 'store.sqlite'}"
    with pytest.raises(VerificationFailed, match="no wallet contract"):
        import_ledger(copy.folder, url, copy.exported.at, copy.exported.keys.trust, accept_wallets=True)


def test_an_older_checkpoint_of_another_history_is_told_and_kept(copy: Copy) -> None:
    """A published checkpoint that a reorganisation made untrue must not lock the successor out, nor go unsaid."""
    other = next(path for path in copy.folder.glob("log/checkpoints/*") if path.name != str(copy.exported.size))
    sign(copy, str(other.relative_to(copy.folder)), copy.exported.log_key, bytes(32))
    beyond = Checkpoint(copy.exported.origin, 9999, bytes(32), bytes(32))
    key = copy.exported.log_key
    made = signed(beyond, note_key(beyond.origin, key), key.sign_note(beyond.text.encode()))
    (copy.folder / "log/checkpoints/9999").write_bytes(str(made).encode())
    counts = replace(copy.exported.left.manifest.counts, checkpoints=copy.exported.left.manifest.counts.checkpoints + 1)
    relist(copy.folder, counts=counts)
    arrived = import_into(copy.exported, copy.folder, f"sqlite:///{copy.out / 'store.sqlite'}")
    assert arrived.contradicting == (int(other.name), 9999)


@pytest.mark.parametrize("is_newest", [True, False])
def test_a_checkpoint_with_another_index_than_its_entries_have(copy: Copy, is_newest: bool) -> None:
    """The right entries, the right root, the log's own signature. No reorganisation makes such a checkpoint."""
    paths = [str(path.relative_to(copy.folder)) for path in copy.folder.glob("log/checkpoints/*")]
    path = next(path for path in paths if (path == newest(copy)) is is_newest)
    true = SignedNote.parse((copy.folder / path).read_text()).checkpoint.index
    sign(copy, path, copy.exported.log_key, index=b"\x01" * 32)
    if is_newest:
        (copy.folder / "log/checkpoint").write_bytes((copy.folder / path).read_bytes())
    relist(copy.folder)
    with pytest.raises(HistoryBroken, match="has another index than they have") as caught:
        import_into(copy.exported, copy.folder, f"sqlite:///{copy.out / 'store.sqlite'}")
    assert (caught.value.expected, caught.value.found) == ("01" * 32, true.hex())
    assert not (copy.out / "store.sqlite").exists()


def test_two_stores_that_contradict_each_other_are_not_merged(copy: Copy) -> None:
    """A store with another entry, or another checkpoint of one size: both sides are said, nothing is changed."""
    url = f"sqlite:///{copy.out / 'store.sqlite'}"
    with fresh_store(url, copy.exported.origin) as store:
        store.entries.append(some_entries(3))
    with pytest.raises(HistoryBroken, match="entry 0: the index has another one"):
        import_into(copy.exported, copy.folder, url)
    with fresh_store(url, copy.exported.origin) as store:
        assert sum(1 for _ in store.entries.each()) == 3
        store.entries.truncate(0)
        store.checkpoints.save(some_note(copy.exported.size, bytes(32)), 1)
    with pytest.raises(HistoryBroken, match="another checkpoint"):
        import_into(copy.exported, copy.folder, url)

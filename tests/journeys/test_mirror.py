"""A log is copied byte for byte, and more of it when it has grown; what is wrong with it is found and not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import Cosignature, TrustRoot
from ledger.core.history.entry import Entry
from ledger.core.history.subjects import describe, subject_key, subjects_of
from ledger.core.statements.origin import Origin
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.edges.mirror_folder import MirrorFolder
from ledger.edges.web import Web
from ledger.errors import HistoryBroken, Source, Unavailable, VerificationFailed
from ledger.journeys.mirror import Mirror, Mirrored
from ledger.testing.world import ORIGIN, START, first_entry
from tests.bad_checkpoints import DEFECTS, WRONG_ORIGIN, spoiled, words_of
from tests.published import LOG, LOG_KEY, TRUST, WITNESS, entries, files_of, index_root, note_of, served, write_log


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder for the log, and its address."""
    folder = tmp_path_factory.mktemp("log") / "files"
    with served(folder) as url:
        yield folder, url


def mirror(url: str, folder: Path, trust: TrustRoot = TRUST) -> Mirrored:
    return Mirror(Web(url, 5, Source.LOG), MirrorFolder(folder), trust).run()


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_a_mirror_is_the_log_byte_for_byte(source: tuple[Path, str], tmp_path: Path, size: int) -> None:
    folder, url = source
    note = write_log(folder, entries(size))
    made = mirror(url, tmp_path / "copy")
    assert (made.note, made.cosigned, made.new) == (note, (Cosignature(WITNESS.key, START),), size)
    assert files_of(tmp_path / "copy") == files_of(folder)


def test_a_mirror_grows_and_fetches_only_what_is_new(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(600))
    mirror(url, tmp_path)
    note = write_log(folder, entries(800))
    for old in ("000", "001"):
        (folder / "tile/entries" / old).unlink()
    made = mirror(url, tmp_path)
    assert (made.note, made.new) == (note, 200)
    held = files_of(tmp_path)
    assert files_of(folder).items() <= held.items()
    assert {path.split("/")[1] for path in held if path.startswith("index/")} == {"800"}, "the older index is gone"
    assert not (tmp_path / "tile/entries/002.p").exists(), "the full bundle is there"
    assert mirror(url, tmp_path).new == 0
    assert files_of(tmp_path) == held


def test_a_mirror_of_a_mirror(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(300))
    mirror(url, tmp_path / "one")
    with served(tmp_path / "one") as other:
        mirror(other, tmp_path / "two")
    assert files_of(tmp_path / "two") == files_of(folder)


def test_an_interrupted_mirror_goes_on(source: tuple[Path, str], tmp_path: Path) -> None:
    """What was fetched before is not fetched again, and nothing stands in its place until all of it is checked."""
    folder, url = source
    write_log(folder, entries(600))
    missing = folder / "tile/entries/001"
    data = missing.read_bytes()
    missing.unlink()
    with pytest.raises(Unavailable, match="tile/entries/001"):
        mirror(url, tmp_path)
    assert [path for path in files_of(tmp_path) if not path.startswith(".incoming/")] == []
    missing.write_bytes(data)
    (folder / "tile/entries/000").unlink()
    assert mirror(url, tmp_path).new == 600
    assert ".incoming" not in {path.name for path in tmp_path.iterdir()}


def bitten(path: str) -> Callable[[Path], None]:
    def bite(folder: Path) -> None:
        data = bytearray((folder / path).read_bytes())
        data[40] ^= 1
        (folder / path).write_bytes(data)

    return bite


def bad_checkpoint(defect: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        checkpoint = SignedNote.parse((folder / "checkpoint").read_text()).checkpoint
        note = spoiled(defect, checkpoint, LOG_KEY, LOG.sign_note, WITNESS, START)
        (folder / "checkpoint").write_text(str(note))

    return spoil


def shortened(folder: Path) -> None:
    path = folder / "tile/entries/001.p/44"
    path.write_bytes(path.read_bytes()[:-1])


def fewer(folder: Path) -> None:
    path = folder / "tile/entries/001.p/44"
    data = path.read_bytes()
    path.write_bytes(data[2 + int.from_bytes(data[:2]) :])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (bitten("tile/entries/000"), "are not those that were mirrored"),
        (bitten("tile/entries/001.p/44"), "do not lead to the checkpoint's root"),
        (bitten("checkpoint"), "is trusted"),
        *[(bad_checkpoint(defect), words_of(defect, WITNESS)) for defect in DEFECTS],
        (shortened, "middle of an entry"),
        (fewer, "holds 43 entries"),
        (lambda folder: (folder / "checkpoint").write_text("hello"), "does not answer with a checkpoint"),
        (lambda folder: (folder / "checkpoint").write_text(str(note_of(300, bytes(32)))), "do not lead to"),
    ],
)
def test_what_is_wrong_with_a_log_is_found_and_not_kept(
    source: tuple[Path, str], tmp_path: Path, change: Callable[[Path], object], words: str
) -> None:
    folder, url = source
    write_log(folder, entries(200))
    mirror(url, tmp_path)
    held = files_of(tmp_path)
    write_log(folder, entries(300))
    change(folder)
    with pytest.raises((VerificationFailed, HistoryBroken), match=words):
        mirror(url, tmp_path)
    assert files_of(tmp_path) == held


def test_a_log_that_shows_another_history_than_before(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(200))
    mirror(url, tmp_path)
    held = files_of(tmp_path)
    write_log(folder, [*entries(199), *entries(300, "other")[199:]])
    with pytest.raises(HistoryBroken, match="are not those that were mirrored") as caught:
        mirror(url, tmp_path)
    assert caught.value.expected == "0x" + root_of_hashes([leaf_hash(entry) for entry in entries(200)]).hex()
    write_log(folder, entries(100))
    with pytest.raises(HistoryBroken, match="fewer entries than were mirrored"):
        mirror(url, tmp_path)
    assert files_of(tmp_path) == held


@pytest.mark.parametrize("size", [200, 300])
def test_a_log_that_signed_another_index(source: tuple[Path, str], tmp_path: Path, size: int) -> None:
    """The right entries and the right root: also for the very checkpoint that was mirrored before."""
    folder, url = source
    write_log(folder, entries(200))
    mirror(url, tmp_path)
    held = files_of(tmp_path)
    write_log(folder, entries(size), index_root(entries(size - 1)))
    with pytest.raises(HistoryBroken, match="another index of subjects than these entries; .* is not shown") as caught:
        mirror(url, tmp_path)
    true, signed = (index_root(entries(count)).hex() for count in (size, size - 1))
    assert (caught.value.expected, caught.value.found) == (f"0x{true}", f"0x{signed}")
    assert files_of(tmp_path) == held


def test_the_subject_of_which_a_signed_index_lacks_an_entry(source: tuple[Path, str], tmp_path: Path) -> None:
    """The log serves the pages of its index. The mirror needs neither the log's store nor a node to name it."""
    folder, url = source
    data = entries(300)
    for number in (7, 150, 299):
        note = write_log(folder, data, hidden=[number])
        with pytest.raises(HistoryBroken) as caught:
            mirror(url, tmp_path)
        error, entry = caught.value, Entry.from_data(data[number])
        named = min(subjects_of(entry, ORIGIN), key=subject_key)
        assert error.what.endswith(f"; the first subject that differs is {describe(named)}")
        assert error.number == number
        assert error.expected == f"0x{index_root(data).hex()} with entry {number}"
        assert error.found == f"0x{note.checkpoint.index.hex()} with no entry"
        assert files_of(tmp_path) == {}


@pytest.mark.parametrize("spoil", [lambda page: page[:-1], lambda page: page[:-1] + bytes([page[-1] ^ 1])])
def test_pages_that_do_not_lead_to_the_signed_index(
    source: tuple[Path, str], tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    folder, url = source
    write_log(folder, entries(300), hidden=[7])
    page = folder / "index/300/root"
    page.write_bytes(spoil(page.read_bytes()))
    with pytest.raises(HistoryBroken, match="in which subject cannot be said: .*(no page|first page)") as caught:
        mirror(url, tmp_path)
    assert caught.value.expected == f"0x{index_root(entries(300)).hex()}"


def test_a_mirror_without_the_index(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(300))
    mirror(url, tmp_path)
    Mirror(Web(url, 5, Source.LOG), MirrorFolder(tmp_path), TRUST, with_index=False).run()
    held = files_of(tmp_path)
    assert held == {path: data for path, data in files_of(folder).items() if not path.startswith("index/")}


def test_a_page_that_was_changed_or_added_is_made_again(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(300))
    mirror(url, tmp_path)
    for spoil in (
        bitten("index/300/root"),
        lambda copy: (copy / "index/300/0").unlink(),
        lambda copy: (copy / "index/300/stray").write_bytes(b"stray"),
    ):
        spoil(tmp_path)
        mirror(url, tmp_path)
        assert files_of(tmp_path) == files_of(folder)


@pytest.mark.parametrize(
    ("number", "entry", "words"),
    [
        (0, entries(2, "other")[1], "entry 0 of the log says that it has the number 1"),
        (0, first_entry(time=START + 1).data, "entry 0 is of another beginning than the origin names"),
        (7, b"nothing of the kind", "entry 7 of the log is none"),
        (7, entries(9)[7] + b"\0", "entry 7 of the log is none: payload is not the standard ABI encoding"),
        (7, entries(9)[8], "entry 7 of the log says that it has the number 8"),
    ],
)
def test_a_log_of_other_things_than_entries(
    source: tuple[Path, str], tmp_path: Path, number: int, entry: bytes, words: str
) -> None:
    folder, url = source
    made = entries(9)
    made[number] = entry
    write_log(folder, made, bytes(32))
    with pytest.raises((VerificationFailed, HistoryBroken), match=words):
        mirror(url, tmp_path)
    assert files_of(tmp_path) == {}


def test_another_log(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(3))
    origin = Origin(1, bytes(20), bytes(32))
    trust = TrustRoot.of(origin, type(LOG_KEY)(str(origin), LOG_KEY.public_key))
    with pytest.raises(VerificationFailed, match="is of eip155:31337:.*, but eip155:1:0x0+:0+ is trusted"):
        mirror(url, tmp_path, trust)


def test_a_folder_of_another_log(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(3))
    other = spoiled(WRONG_ORIGIN, note_of(3, bytes(32)).checkpoint, LOG_KEY, LOG.sign_note, WITNESS, START)
    (tmp_path / "checkpoint").write_text(str(other))
    with pytest.raises(HistoryBroken, match="the folder mirrors another log") as caught:
        mirror(url, tmp_path)
    assert (caught.value.expected, caught.value.found) == (ORIGIN, other.checkpoint.origin)


def test_a_file_of_the_mirror_that_was_changed(source: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = source
    write_log(folder, entries(300))
    mirror(url, tmp_path)
    bitten("tile/entries/000")(tmp_path)
    with pytest.raises(HistoryBroken, match="a file here was changed"):
        mirror(url, tmp_path)


def test_a_server_that_is_away_or_has_nothing(source: tuple[Path, str], tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        mirror("http://127.0.0.1:1", tmp_path)
    with pytest.raises(Unavailable, match="no /checkpoint: it answers with HTTP 404"):
        mirror(source[1] + "/nowhere", tmp_path)

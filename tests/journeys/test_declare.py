"""Declaring files: many in one commit, on disk before they are told, and resumed where a run was interrupted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.edges.store.declarations import Declarations
from ledger.errors import Source, Unavailable
from ledger.journeys import declare
from ledger.journeys.declare import Declared, DocumentFile, Rejected, StoreIntake, declare_files
from ledger.journeys.file_map import FileMap
from tests.edges.stored import ORIGIN, digest

KEY = SigningKey(Algorithm.SECP256K1, digest("trader"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    yield made
    made.close()


@pytest.fixture
def files(tmp_path: Path) -> list[DocumentFile]:
    """250 documents, the eleventh of which cannot be wrapped."""
    made = []
    for number in range(250):
        path = tmp_path / f"{number:03}.json"
        path.write_text('{"invoice": ' if number == 10 else f'{{"invoice": "{number}"}}')
        made.append(DocumentFile(path, path.name, 380))
    return made


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many declarations each commit held; no commit is made because time passed."""
    sizes: list[int] = []
    add = Declarations.add

    def counted(self: Declarations, signed: Sequence[object], *rest: object) -> object:
        sizes.append(len(signed))
        return add(self, signed, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Declarations, "add", counted)
    monkeypatch.setattr(declare, "_GROUP_SECONDS", 1_000.0)
    return sizes


def declared(files: Sequence[DocumentFile], store: Store, folder: Path, run: int = 1) -> Iterator[Declared | Rejected]:
    """``run``: another one draws other seeds."""
    numbers = iter(range(1_000))
    return declare_files(
        files, folder / "wrapped", KEY, StoreIntake(store, ORIGIN, 1_000), lambda: digest((run, next(numbers)))
    )


def test_files_are_stored_in_groups_and_told_in_order_when_they_are_on_disk(
    files: list[DocumentFile], store: Store, commits: list[int], tmp_path: Path
) -> None:
    told = []
    for item in declared(files, store, tmp_path):
        told.append(item.source.name)
        if isinstance(item, Declared):
            row = store.declarations.get(item.id)
            assert row is not None
            assert (row.declaration, item.is_new) == (item.declaration, True)
        else:
            assert item.source.name == "010.json"
    assert told == [source.name for source in files]
    assert commits == [99, 100, 50]
    assert store.declarations.pending().total == 249


@pytest.mark.parametrize("in_the_way", ["folder is a file", "copy is a folder"])
def test_what_is_in_the_way_of_a_wrapped_copy_is_named(
    files: list[DocumentFile], store: Store, tmp_path: Path, in_the_way: str
) -> None:
    if in_the_way == "folder is a file":
        (tmp_path / "wrapped").write_bytes(b"")
    else:
        (tmp_path / "wrapped" / "000.json.wrapped").mkdir(parents=True)
    (found,) = declared(files[:1], store, tmp_path)
    assert isinstance(found, Rejected)
    assert "000.json.wrapped" in str(found.error)


def test_a_slow_run_stores_what_it_has_after_a_while(
    files: list[DocumentFile], store: Store, commits: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declare, "_GROUP_SECONDS", 0.0)
    assert len(list(declared(files[:5], store, tmp_path))) == 5
    assert commits == [1] * 5


def test_an_interrupted_run_that_is_started_again_makes_the_same_declarations(
    files: list[DocumentFile], store: Store, commits: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run ends in the middle of its second group, whose files are wrapped and signed, but not stored."""
    wrapped: list[Path] = []
    wrap = declare._wrap

    def interrupted(source: DocumentFile, path: Path, *rest: object) -> object:
        if source is files[150]:
            raise KeyboardInterrupt
        found = wrap(source, path, *rest)  # type: ignore[arg-type]
        wrapped.append(path)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(declare, "_wrap", interrupted)
        run = declared(files, store, tmp_path)
        first = [item for item in islice(run, 100) if isinstance(item, Declared)]
        with pytest.raises(KeyboardInterrupt):
            next(run)
    assert (len(first), store.declarations.pending().total, len(wrapped)) == (99, 99, 149)
    kept = {path: path.read_bytes() for path in wrapped}
    again = [item for item in declared(files, store, tmp_path, run=2) if isinstance(item, Declared)]
    assert [(item.id, item.is_new) for item in again[:99]] == [(item.id, False) for item in first]
    assert all(item.is_new for item in again[99:])
    assert {path: path.read_bytes() for path in wrapped} == kept, "a document is not wrapped a second time"
    assert sorted(item.id for item in again) == sorted(row.id for row in store.declarations.each())
    third = [item for item in declared(files, store, tmp_path, run=3) if isinstance(item, Declared)]
    assert [(item.id, item.is_new) for item in third] == [(item.id, False) for item in again]


def test_a_store_that_fails_ends_the_run_and_keeps_the_groups_before(
    files: list[DocumentFile], store: Store, tmp_path: Path, commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Declarations.add

    def full(self: Declarations, *given: object) -> object:
        if len(commits) == 1:
            raise Unavailable("the store has no room left", source=Source.STORE)
        return add(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Declarations, "add", full)
    run = declared(files, store, tmp_path)
    told = list(islice(run, 100))
    with pytest.raises(Unavailable, match="no room"):
        next(run)
    assert (len(told), store.declarations.pending().total) == (100, 99)


def test_of_two_runs_at_once_the_first_keeps_its_seed(
    files: list[DocumentFile], store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second looked at the output folder before the first wrote there."""
    first = [item for item in declared(files[:5], store, tmp_path) if isinstance(item, Declared)]
    monkeypatch.setattr(declare._Signer, "_is_there", lambda *_: False)
    second = [item for item in declared(files[:5], store, tmp_path, run=2) if isinstance(item, Declared)]
    assert [(item.id, item.is_new) for item in second] == [(item.id, False) for item in first]
    assert not list((tmp_path / "wrapped").glob("*.part"))


def test_the_map_of_files_is_written_also_where_a_run_ends(
    files: list[DocumentFile], store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Declarations.add

    def full(self: Declarations, signed: Sequence[object], *rest: object) -> object:
        if store.declarations.pending().total:
            raise Unavailable("the store has no room left", source=Source.STORE)
        return add(self, signed, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Declarations, "add", full)
    monkeypatch.setattr(declare, "_GROUP_SECONDS", 1_000.0)
    folder = tmp_path / "wrapped"
    run = declare_files(
        files, folder, KEY, StoreIntake(store, ORIGIN, 1_000), lambda: bytes(32), FileMap(folder, ORIGIN)
    )
    with pytest.raises(Unavailable, match="no room"):
        list(run)
    known = FileMap.read(folder, ORIGIN)
    assert len(known) == store.declarations.pending().total == 99
    assert {item.id for item in known} == {row.id for row in store.declarations.each()}


def test_what_replaces_a_file_names_its_declaration(store: Store, tmp_path: Path) -> None:
    """Of this run, of an earlier one by the map, or of none, which is refused."""
    for name in ("old.json", "new.json", "newest.json"):
        (tmp_path / name).write_text(f'{{"invoice": "{name}"}}')
    files = FileMap(tmp_path / "wrapped", ORIGIN)

    def run(*sources: DocumentFile) -> list[Declared | Rejected]:
        made = declare_files(
            sources, tmp_path / "wrapped", KEY, StoreIntake(store, ORIGIN, 1_000), lambda: bytes(32), files
        )
        return [item for item in made if isinstance(item, Declared | Rejected)]

    old, new = run(
        DocumentFile(tmp_path / "old.json", "old.json", 380),
        DocumentFile(tmp_path / "new.json", "new.json", 380, replaces_file="old.json"),
    )
    assert isinstance(old, Declared)
    assert isinstance(new, Declared)
    assert new.declaration.replaces == old.id
    (newest,) = run(DocumentFile(tmp_path / "newest.json", "newest.json", 380, replaces_file="new.json"))
    assert isinstance(newest, Declared)
    assert newest.declaration.replaces == new.id
    (lost,) = run(DocumentFile(tmp_path / "newest.json", "lost.json", 380, replaces_file="gone.json"))
    assert isinstance(lost, Rejected)
    assert 'replaces "gone.json", which is not declared' in str(lost.error)

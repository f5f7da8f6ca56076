"""A folder from end to end at the command line: declared by content, twice, mixed, interrupted, moved, and by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ledger.testing.local_ledger import LocalLedger
from tests.cli.test_cli import Shell

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


@pytest.fixture
def shell(house: LocalLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(house, monkeypatch, capsys)


@pytest.fixture
def ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trader's folder with documents that say their type, one that does not, and what is no document."""
    folder = tmp_path / "ship"
    for name, data in {
        "invoice.xml": f'<Invoice xmlns="{UBL}Invoice-2"><ID>1</ID></Invoice>',
        "in/packing.json": '{"documentType": 271, "cartons": 4}',
        "in/photo.jpg": "\xff\xd8\xff",
        "old.xml.wrapped": "ledger/xml/1 x",
        ".DS_Store": "x",
        "~$a.docx": "x",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode("latin-1"))
    monkeypatch.chdir(folder)
    return folder


def declare(shell: Shell, *words: str, code: int = 0) -> Any:
    return shell.json("declare", *words, "-k", "trader", code=code)


def taken(done: Any) -> dict[str, tuple[int, bool]]:
    return {item["file"]: (item["type"], item["new"]) for item in done["declarations"]}


def test_a_folder_is_declared_by_content_and_what_is_not_known_is_asked_for(shell: Shell, ship: Path) -> None:
    done = declare(shell, ".", "--no-anchor", code=2)
    assert taken(done) == {"in/packing.json": (271, True), "invoice.xml": (380, True)}
    assert done["declarations"][1]["type_by"] == "UBL Invoice"
    assert {item["file"]: item["why"] for item in done["left_out"]} == {
        ".DS_Store": "hidden",
        "old.xml.wrapped": "a wrapped document, which holds a seed",
        "~$a.docx": "a lock file",
    }
    ((refused,)) = done["rejected"]
    assert refused["file"] == "in/photo.jpg"
    assert "is of unknown type (a JPEG image): give --type, or a line for it in a --type-from table" in refused["error"]
    (ship / "types.csv").write_text("*.jpg,inspection report\n")
    again = declare(shell, ".", "--type-from", "types.csv", "--no-anchor")
    assert taken(again) == {"in/packing.json": (271, False), "in/photo.jpg": (293, True), "invoice.xml": (380, False)}
    assert "types.csv" in {item["file"] for item in again["left_out"]}
    files = json.loads((ship / "declared" / "files.json").read_text())["files"]
    assert {item["file"]: item["id"] for item in files} == {item["file"]: item["id"] for item in again["declarations"]}


def test_a_second_run_declares_nothing_new_also_after_a_move(
    shell: Shell, ship: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = declare(shell, ".", "--type", "invoice", "--no-anchor")
    assert all(kind == 380 for kind, _ in taken(first).values())
    assert "its content says 271" in next(
        item["type_by"] for item in first["declarations"] if "packing" in item["file"]
    )
    pending = shell.house.store.declarations.pending().total
    for _ in range(2):
        again = declare(shell, ".", "--no-anchor")  # as before, although no --type is given
        assert [item["id"] for item in again["declarations"]] == [item["id"] for item in first["declarations"]]
        assert not any(item["new"] for item in again["declarations"])
    moved = tmp_path / "elsewhere"
    shutil.move(ship, moved)
    monkeypatch.chdir(tmp_path)
    (moved / "declared" / "files.json").unlink()  # the wrapped documents alone say it too
    last = declare(shell, "elsewhere", "-o", "elsewhere/declared", "--type", "380", "--no-anchor")
    assert not any(item["new"] for item in last["declarations"])
    assert shell.house.store.declarations.pending().total == pending


def test_files_that_differ_only_in_case_have_copies_of_their_own(shell: Shell, ship: Path) -> None:
    shutil.copy(ship / "invoice.xml", ship / "Invoice.XML")
    done = declare(shell, ".", "--type", "380", "--no-anchor")
    copies = [item["wrapped"] for item in done["declarations"] if item["file"].casefold() == "invoice.xml"]
    assert len({copy.casefold() for copy in copies}) == 2
    assert all(Path(copy).exists() for copy in copies)
    assert not any(item["new"] for item in declare(shell, ".", "--no-anchor")["declarations"])


def test_a_changed_file_is_refused_with_what_to_do(shell: Shell, ship: Path) -> None:
    declare(shell, "invoice.xml", "--no-anchor")
    (ship / "invoice.xml").write_text("<Invoice/>")
    done = declare(shell, "invoice.xml", "--no-anchor", code=2)
    assert "is not what was declared under this name" in done["rejected"][0]["error"]


def test_another_type_for_what_is_declared_is_refused(shell: Shell, ship: Path) -> None:
    declare(shell, "invoice.xml", "--no-anchor")
    done = declare(shell, "invoice.xml", "-t", "credit note", "--no-anchor", code=2)
    assert "is declared as 380 commercial invoice already" in done["rejected"][0]["error"]


def test_a_file_is_named_in_place_of_its_id(shell: Shell, ship: Path) -> None:
    done = declare(shell, "in", "--type-from", str(table(ship)), "--no-anchor")
    assert taken(done) == {"packing.json": (271, True), "photo.jpg": (293, True)}
    packing = done["declarations"][0]["id"]
    for name in ("packing.json", "in/packing.json", "declared/packing.json.wrapped"):
        assert shell.json("status", name)["declaration"] == packing
    code, _, errors = shell("status", "paking.json")
    assert (code, 'knows no file "paking.json"' in errors) == (2, True)
    code, _, errors = shell("status", "paking.json", "--declared", "nowhere")
    assert (code, "is no map of files" in errors) == (2, True)


def table(folder: Path) -> Path:
    path = folder / "types.json"
    path.write_text('{"*.jpg": "inspection report"}')
    return path


def test_what_is_replaced_must_exist_and_may_be_named(shell: Shell, ship: Path) -> None:
    code, _, errors = shell("declare", "invoice.xml", "--replaces", "0x" + "11" * 32, "-k", "trader", "--no-anchor")
    assert (code, "there is no declaration" in errors) == (1, True)
    old = declare(shell, "invoice.xml", "--no-anchor")["declarations"][0]["id"]
    (ship / "new.xml").write_text(f'<Invoice xmlns="{UBL}Invoice-2"><ID>2</ID></Invoice>')
    new = declare(shell, "new.xml", "--replaces", "invoice.xml", "--no-anchor")["declarations"][0]["id"]
    assert shell.json("status", new)["replaces"] == old
    again = declare(shell, "new.xml", "--no-anchor")["declarations"][0]
    assert (again["id"], again["new"]) == (new, False), "what it replaces is as before"


def test_an_index_says_what_replaces_what_in_any_order(shell: Shell, ship: Path) -> None:
    (ship / "new.xml").write_text("<Invoice>2</Invoice>")
    index = ship / "index.json"
    items = [
        {"file": "new.xml", "type": "invoice", "replaces": "invoice.xml"},
        {"file": "./invoice.xml", "type": 380, "replaces": None},
    ]
    index.write_text(json.dumps(items))
    done = declare(shell, "--index", str(index), "--no-anchor")
    ids = {item["file"]: item["id"] for item in done["declarations"]}
    assert shell.json("status", ids["new.xml"])["replaces"] == ids["invoice.xml"]
    for wrong, said in [
        (items[:1], 'replaces "invoice.xml", which the index does not name'),
        ([items[0], items[1] | {"replaces": "new.xml"}], "replaces itself, directly or through others"),
        ([items[1], items[1]], 'names "invoice.xml" twice'),
        ([items[1] | {"replaces": "0x12"}], "replaces: must be 32 bytes"),
        ([items[1] | {"type": "invioce"}], 'item 0 type: no document type is called "invioce"'),
    ]:
        index.write_text(json.dumps(wrong))
        code, _, errors = shell("declare", "--index", str(index), "-k", "trader", "--no-anchor")
        assert (code, said in " ".join(errors.split())) == (2, True), errors


@pytest.mark.parametrize(
    "name", ["../outside.txt", "{outside}", "in/../../outside.txt", "link.txt", "C:\\x", "", "a\0b"]
)
def test_an_index_cannot_leave_its_folder(shell: Shell, ship: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    (ship / "link.txt").symlink_to(outside)
    (ship / "index.json").write_text(json.dumps([{"file": name.format(outside=outside), "type": 380}]))
    code, _, errors = shell("declare", "--index", str(ship / "index.json"), "-k", "trader", "-o", "out/deep")
    assert (code, "leads out of the folder of the index" in " ".join(errors.split())) == (2, True), errors
    assert not list(tmp_path.rglob("outside*.wrapped"))
    assert not (ship / "out").exists()


def test_links_out_of_the_folder_are_refused_and_the_rest_goes_on(shell: Shell, ship: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.xml").write_text(f'<Invoice xmlns="{UBL}Invoice-2"/>')
    (ship / "secret.xml").symlink_to(tmp_path / "secret.xml")
    done = declare(shell, ".", "--no-anchor", "-t", "380", code=2)
    assert [item["file"] for item in done["rejected"]] == ["secret.xml"]
    assert len(done["declarations"]) == 3


def test_people_see_what_was_taken_as_what(shell: Shell, ship: Path) -> None:
    code, printed, _ = shell("declare", ".", "-k", "trader")
    assert code == 2
    words = " ".join(printed.split())
    assert "invoice.xml 380 commercial invoice UBL Invoice new 0x" in words
    assert "old.xml.wrapped a wrapped document, which holds a seed" in words
    assert "2 new, 0 known, 3 left out, 1 not declared. Which file is which id: declared/files.json" in words
    assert "anchored under root" in words
    assert "Nothing waited for a batch" in shell("declare", ".", "-k", "trader")[1]


def test_a_table_says_formats_and_what_is_no_document(shell: Shell, ship: Path) -> None:
    """What only its first character makes look like JSON or XML is declared as its bytes; an .xml is not."""
    (ship / "contract.rtf").write_bytes(b"{\\rtf1 x}")
    (ship / "bad.xml").write_bytes(b"<a>\xe9</a>")
    table = ship / "types.csv"
    table.write_text("*.rtf,contract\n*.xml,invoice\n*.jpg,-\n")
    done = declare(shell, ".", "--type-from", "types.csv", "--no-anchor", code=2)
    assert taken(done)["contract.rtf"] == (315, True)
    assert {"file": "in/photo.jpg", "why": "--type-from, *.jpg"} in done["left_out"]
    ((bad,)) = done["rejected"]
    assert "this byte is not UTF-8" in bad["error"]
    table.write_text("*.rtf,contract\nbad.xml,invoice,opaque\ninvoice.xml,invoice\n*.jpg,-\n")
    again = declare(shell, ".", "--type-from", "types.csv", "--no-anchor")
    assert {name for name, (_, is_new) in taken(again).items() if is_new} == {"bad.xml"}

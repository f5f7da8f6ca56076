"""The map of files: written whole, read strictly, and asked by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.core.encoding.ids import DeclarationId, Digest, Signer
from ledger.errors import Malformed
from ledger.journeys.file_map import FILE_MAP, FileMap, MappedFile, read_file_map
from tests.edges.stored import ORIGIN, digest

PARTY = Signer(b"\x11" * 20)


def mapped(name: str, copy: str = "") -> MappedFile:
    return MappedFile(
        name, (copy or name) + ".wrapped", 380, DeclarationId(digest((name, 1))), Digest(digest((name, 2))), PARTY
    )


def test_a_map_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_file_map(tmp_path) is None
    files = FileMap.read(tmp_path / "new", ORIGIN)
    items = [mapped("a.xml"), mapped("A.xml", "A~1.xml"), mapped("b/\udce9.xml", "b/_~2.xml")]
    for item in items:
        files.add(item)
    files.write()
    found = FileMap.read(tmp_path / "new", ORIGIN)
    assert sorted(found, key=lambda item: item.id) == sorted(items, key=lambda item: item.id)
    assert found.copies() == {"a.xml": "a.xml", "A.xml": "A~1.xml", "b/\udce9.xml": "b/_~2.xml"}
    assert [item.name for item in (tmp_path / "new").iterdir()] == [FILE_MAP]


def test_a_file_is_found_by_what_people_call_it() -> None:
    files = FileMap(
        Path("declared"), ORIGIN, [mapped("in/a.xml"), mapped("out/a.xml"), mapped("b.xml"), mapped("B.XML", "B~1.XML")]
    )
    for name, found in [
        ("in/a.xml", "in/a.xml"),
        ("./in/a.xml", "in/a.xml"),
        ("in\\a.xml", "in/a.xml"),
        ("b.xml", "b.xml"),
        ("B.XML", "B.XML"),
        ("ship/b.xml.wrapped", "b.xml"),
        ("declared/out/a.xml.wrapped", "out/a.xml"),
        ("IN/A.xml", "in/a.xml"),
    ]:
        assert files.named(name).name == found, name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.xml", 'has several files "a.xml": in/a.xml, out/a.xml'),
        ("C.xml", 'has several files "C.xml": c.xml, C.XML'),
        ("z.xml", 'knows no file "z.xml": give the id'),
        ("", 'knows no file ""'),
    ],
)
def test_no_file_and_several_are_refused(name: str, said: str) -> None:
    items = [mapped("in/a.xml"), mapped("out/a.xml"), mapped("c.xml"), mapped("C.XML", "C~1.XML")]
    with pytest.raises(Malformed, match=said):
        FileMap(Path("declared"), ORIGIN, items).named(name)


def damaged(tmp_path: Path, **changes: object) -> Path:
    files = FileMap(tmp_path, ORIGIN, [mapped("a.xml")])
    files.write()
    value = json.loads((tmp_path / FILE_MAP).read_text())
    value["files"][0] |= changes
    (tmp_path / FILE_MAP).write_text(json.dumps(value))
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wrapped": "../a.wrapped"}, r"files\[0\].wrapped: leads out of the folder"),
        ({"wrapped": "/etc/passwd"}, "leads out"),
        ({"id": "0x12"}, r"files\[0\].id"),
        ({"type": "380"}, r"files\[0\].type"),
        ({"more": 1}, '"more" is not a member'),
    ],
)
def test_a_map_that_was_changed_is_refused(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read_file_map(damaged(tmp_path, **changes))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"ledger": 1, "origin": 2, "files": []}', b"[" * 5_000])
def test_what_is_no_map_is_refused_with_advice(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE_MAP).write_bytes(data)
    with pytest.raises(Malformed, match="cannot be read as a map of files: .*; move it away"):
        read_file_map(tmp_path)


def test_a_map_of_another_history_is_not_added_to(tmp_path: Path) -> None:
    FileMap(tmp_path, ORIGIN, [mapped("a.xml")]).write()
    other = type(ORIGIN)(ORIGIN.chain_id + 1, ORIGIN.contract, ORIGIN.salt)
    with pytest.raises(Malformed, match="is of another history"):
        FileMap.read(tmp_path, other)

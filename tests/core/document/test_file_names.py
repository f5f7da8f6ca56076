"""Names of files: what is no document, copies that never meet, patterns, and names that leave their folder."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.document.file_names import copy_names, key_of, leaves_folder, matches, why_left_out

ACUTE, COMBINING = "caf\u00e9.xml", unicodedata.normalize("NFD", "caf\u00e9.xml")


@pytest.mark.parametrize(
    "name",
    [
        "a.xml.wrapped", "A.WRAPPED", ".DS_Store", ".git/config", "a/.hidden/b.xml", "Thumbs.db", "desktop.ini",
        "~$a.docx", ".~lock.a.odt#", "a.lock", "a.tmp", "a.part", "a.xml~", "__MACOSX/a.xml", "Icon\r",
        "$RECYCLE.BIN/x.xml", "System Volume Information/x",
    ],
)  # fmt: skip
def test_what_is_no_document_is_left_out_with_a_reason(name: str) -> None:
    assert why_left_out(name)


@pytest.mark.parametrize("name", ["a.txt", "a/b.xml", "a..b", "lock.txt", "wrapped.xml", "~a.txt", "thumbs.db.txt"])
def test_documents_are_not_left_out(name: str) -> None:
    assert why_left_out(name) is None


def test_a_copy_has_the_name_of_its_file_where_every_system_takes_it() -> None:
    names = ["a.xml", "b/c d.json", "ü/ß.txt", "no-ending", "x.tar.gz"]
    assert copy_names(names) == {name: name for name in names}


@pytest.mark.parametrize(
    "name", ["con.txt", "NUL", "a/aux.xml", "a:b.xml", "what?.txt", "a.", "b ", "x\\y.txt", "t\tab", "\udce9.txt"]
)
def test_what_some_system_refuses_is_not_in_the_name_of_a_copy(name: str) -> None:
    copy = copy_names([name])[name]
    assert copy != name
    assert not set(copy) & set('<>:"\\|?*\t')
    copy.encode()  # no half of a character
    assert not any(part.casefold().split(".")[0] in ("con", "nul", "aux") for part in copy.split("/"))
    assert copy_names([name, "a.xml"])[name] == copy, "its name is its own"


def test_a_long_name_leaves_room_for_an_ending() -> None:
    copy = copy_names(["é" * 127 + ".xml"])["é" * 127 + ".xml"]
    assert len(f"{copy}.evidence.json".encode()) <= 255
    assert copy.endswith(".xml")


def test_names_that_differ_in_case_or_in_form_have_two_copies() -> None:
    made = copy_names(["a.xml", "A.xml", ACUTE, COMBINING])
    assert made["a.xml"] == "a.xml"
    assert len({key_of(copy) for copy in made.values()}) == 4


def test_a_file_that_is_known_keeps_its_copy() -> None:
    first = copy_names(["A.xml"])
    assert copy_names(["a.xml", "A.xml"], first) == {"A.xml": "A.xml", "a.xml": copy_names(["A.xml", "a.xml"])["a.xml"]}


@given(st.lists(st.text(st.sampled_from("aAéE\u0301ß.s/ :?~"), min_size=1, max_size=6), unique=True, max_size=8))
def test_no_two_copies_meet_on_any_file_system(names: list[str]) -> None:
    made = copy_names(names)
    assert list(made) == names
    assert len({key_of(copy) for copy in made.values()}) == len(names)


@pytest.mark.parametrize(
    ("name", "pattern", "is_match"),
    [
        ("a/b.pdf", "*.pdf", True),
        ("a/b.PDF", "*.pdf", True),
        ("a/b.pdf", "b.pdf", True),
        ("a/b.pdf", "a/*.pdf", True),
        ("a/b.pdf", "./a/b.pdf", True),
        ("a/b.pdf", "c/*.pdf", False),
        ("a/b.pdf", "b", False),
        (COMBINING, ACUTE, True),
        ("inv1.xml", "inv?.xml", True),
    ],
)
def test_a_pattern_names_files(name: str, pattern: str, is_match: bool) -> None:
    assert matches(name, pattern) is is_match


@pytest.mark.parametrize("name", ["../a", "a/../b", "/a", "\\a", "..\\a", "C:\\a", "C:a", "", " ", "a\0b", "//host/a"])
def test_a_name_that_leaves_its_folder_is_found(name: str) -> None:
    assert leaves_folder(name)


@pytest.mark.parametrize("name", ["a", "a/b", "a..b/c", "...", "a b", "./a"])
def test_a_name_inside_its_folder_is_not(name: str) -> None:
    assert not leaves_folder(name)

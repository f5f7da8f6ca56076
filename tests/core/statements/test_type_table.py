"""Tables of files and types as people write them."""

from __future__ import annotations

import pytest

from ledger.core.encoding.limits import Format
from ledger.core.statements import type_table
from ledger.core.statements.type_table import TypeTable, read_type_table
from ledger.errors import Malformed


def types(table: TypeTable, *names: str) -> list[int | None]:
    rows = map(table.row_of, names)
    return [None if row is None else row.document_type for row in rows]


@pytest.mark.parametrize(
    "data",
    [
        b"a.pdf,380\nscans/*.pdf,certificate of origin\n*.txt,packing list\n",
        b"File,Type\r\na.pdf,invoice\r\nscans/*.pdf,861\r\n*.txt,271\r\n",
        b"\xef\xbb\xbffile;type\na.pdf;380\nscans/*.pdf;861\n*.txt;271\n",
        b"file\ttype\na.pdf\t380\n\n# a remark\nscans/*.pdf\t861\n*.txt\t271\n",
        b'"a.pdf","380"\n"scans/*.pdf","861"\n"*.txt","271",json\n',
        "a.pdf,380\nscans/*.pdf,861\n*.txt,271\n".encode("utf-16"),
        b'{"a.pdf": 380, "scans/*.pdf": "certificate of origin", "*.txt": "271"}',
        b'[{"file": "a.pdf", "type": "invoice"}, {"file": "scans/*.pdf", "type": 861}, {"file": "*.txt", "type": 271}]',
    ],
)
def test_all_forms_say_the_same(data: bytes) -> None:
    table = read_type_table(data)
    names = ["a.pdf", "A.PDF", "deep/a.pdf", "scans/b.pdf", "b.txt", "b.pdf"]
    assert types(table, *names) == [380, 380, 380, 861, 271, None]


def test_a_name_goes_before_patterns_and_then_the_first_row() -> None:
    table = read_type_table(b"*.pdf,271\na*,861\na.pdf,380\n")
    assert types(table, "a.pdf", "ab.pdf", "a.txt") == [380, 271, 861]
    both = read_type_table(b"scans/a.pdf,271\na.pdf,380\nscans/a.pdf,861\n./b.pdf,271\n")
    assert types(both, "scans/a.pdf", "a.pdf", "B.pdf", "scans/c.pdf") == [271, 380, 271, None]


def test_many_names_cost_no_more_than_a_look_each(monkeypatch: pytest.MonkeyPatch) -> None:
    table = read_type_table(b"".join(b"%d.pdf,380\n" % number for number in range(2_000)) + b"*.txt,271\n*.doc,-\n")
    compared: list[str] = []
    monkeypatch.setattr(type_table, "matches", lambda name, pattern: compared.append(pattern))
    assert set(types(table, *(f"in/{number}.pdf" for number in range(2_000)))) == {380}
    assert not compared
    assert types(table, "a.xml") == [None]
    assert compared == ["*.txt", "*.doc"]


def test_a_table_in_the_encoding_of_an_old_spreadsheet_is_read() -> None:
    assert types(read_type_table("größe.pdf,380\n".encode("cp1252")), "größe.pdf") == [380]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "names no file"),
        (b"file,type\n", "names no file"),
        (b"a.pdf\n", "line 1: has no file and type: a line is FILE,TYPE"),
        (b"a.pdf,380\nb.pdf,\n", "line 2: has no file and type"),
        (b"a.pdf,380\nb.pdf,invioce\n", 'line 2: no document type is called "invioce"; the nearest: 380'),
        (b'{"a.pdf": true}', "item 0: must be"),
        (b'{"a.pdf": 3801}', '"a.pdf": 3801 is not in'),
        (b'[{"file": "a.pdf"}]', "item 0: must be"),
        (b'{"a.pdf": ', "line 1"),
        (b"\xff\xfea", "no text"),
    ],
)
def test_a_bad_table_is_refused_where_it_is_bad(data: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read_type_table(data)


def test_a_table_says_formats_and_what_is_no_document() -> None:
    for data in (
        b"a.rtf,315,opaque\nb.txt,-\n",
        b'[{"file": "a.rtf", "type": 315, "format": "opaque"}, {"file": "b.txt", "type": "-"}]',
    ):
        one, other = read_type_table(data).rows
        assert (one.document_type, one.format, one.is_left_out) == (315, Format.OPAQUE, False)
        assert (other.document_type, other.format, other.is_left_out) == (None, None, True)
    with pytest.raises(Malformed, match='line 1: "rtf" is no format: json, xml or opaque'):
        read_type_table(b"a.rtf,315,rtf")

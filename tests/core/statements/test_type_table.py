"""Tables of files and types as people write them."""

from __future__ import annotations

import pytest

from ledger.core.encoding.limits import Format
from ledger.core.statements.type_table import read_type_table
from ledger.errors import Malformed


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
    assert [table.type_of(name) for name in names] == [380, 380, 380, 861, 271, None]


def test_a_name_goes_before_patterns_and_then_the_first_row() -> None:
    table = read_type_table(b"*.pdf,271\na*,861\na.pdf,380\n")
    assert [table.type_of(name) for name in ("a.pdf", "ab.pdf", "a.txt")] == [380, 271, 861]


def test_a_table_in_the_encoding_of_an_old_spreadsheet_is_read() -> None:
    assert read_type_table("größe.pdf,380\n".encode("cp1252")).type_of("größe.pdf") == 380


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

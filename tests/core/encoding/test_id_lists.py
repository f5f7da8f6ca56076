"""Lists of ids as people have them, and what is said of a list that is none."""

from __future__ import annotations

import pytest

from ledger.core.encoding.id_lists import read_id_list
from ledger.errors import Malformed

A, B = "0x" + "0a" * 32, "0x" + "0b" * 32


def read(text: str | bytes) -> list[tuple[str, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(item.text, item.where) for item in read_id_list(data, "list")]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (f"{A}\n{B}\n", ["line 1", "line 2"]),
        (f"# of today\r\n\r\n  {A}  \r\n# more\r\n{B}", ["line 3", "line 5"]),
        (b"\xef\xbb\xbf" + f"{A}\n{B}".encode(), ["line 1", "line 2"]),
        (f"id,type\n{A},380\n{B},271\n", ["line 2", "line 3"]),
        (f"Type;ID\n380; {A} \n\n271;{B}\n", ["line 2", "line 4"]),
        (f'declaration\tname\n{A}\t"two\nlines"\n{B}\tx\n', ["line 3", "line 4"]),
        (f"# mine\nfile,declaration\na.xml,{A}\nb.xml,{B}\n", ["line 3", "line 4"]),
        (f'["{A}", "{B}"]', ["item 1", "item 2"]),
        (f'[{{"id": "{A}"}}, {{"declaration": "{B}"}}]', ["item 1", "item 2"]),
        (f'{{"agency": "X", "inbox": [{{"id": "{A}"}}, {{"id": "{B}"}}]}}', ["item 1", "item 2"]),
        (f'{{"id": "{A}"}}\n{{"id": "{B}"}}\n', ["line 1", "line 2"]),
    ],
)
def test_lists(text: str | bytes, places: list[str]) -> None:
    assert read(text) == [(A, f"list {places[0]}"), (B, f"list {places[1]}")]


def test_a_row_keeps_its_other_cells() -> None:
    (item,) = read_id_list(f"id;Member\n{A};{B}\n".encode(), "list")
    assert item.row == {"id": A, "member": B}
    (item,) = read_id_list(f'[{{"id": "{A}", "size": 3}}]'.encode(), "list")
    assert item.row == {"id": A, "size": "3"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "list: has no id"),
        ("# nothing\n\n", "list: has no id"),
        ("[]", "list: has no id"),
        ("id;type\n", "list: has no id"),
        (b"\xff\xfe0\x00x\x00", "list: is no text in UTF-8"),
        ("name;type\nx;380\n", "list: has no column id or declaration; its first line has name, type"),
        (f"id;type\n{A};380\n;271\n", "list line 3: has nothing in the column id"),
        (f'["{A}", 7]', "list item 2: must be an id, or an object with a member id or declaration"),
        ('{"a": [], "b": []}', "list: is an object without an array of ids"),
        (f'{{"id": "{A}"}}\n{{"name": "x"}}\n', "list line 2: must be an id"),
        (f'{{"id": "{A}"}}\n{{"id": \n', "list line 2: "),
        ('[{"id": "0x12"', "list: line 1"),
        (f'id,name\n{A},"no end\n', "list: cannot be read as a table"),
    ],
)
def test_what_is_no_list(text: str | bytes, words: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(text)
    assert str(refused.value).startswith(words)

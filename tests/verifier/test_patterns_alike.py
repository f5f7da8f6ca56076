"""Patterns of a policy: both verifiers read them alike, and find the same fields."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from ledger.core.document import Format, wrap
from ledger.core.document.patterns import check_pattern, select, unmatched
from ledger.errors import Malformed
from tests.core.document.strategies import SEED
from tests.verifier.both import alone

JSON = b"""{"a":{"b":[1,{"c d":2,"e":[]}],"it's":{"\\u000b":3,"\\"":4,"\\\\":5}},"\\u0000":[[6]],"":7,"*":8}"""
XML = (
    b"<a xmlns='u' xmlns:v='v'><?go x?><b v:c='1'>t<d/></b><v:b c='2'/><b><b>u</b><text/></b>"
    b"<processing-instruction/></a>"
)
DOCUMENTS = {
    Format.JSON: wrap(JSON, Format.JSON, SEED),
    Format.XML: wrap(XML, Format.XML, SEED),
    Format.OPAQUE: wrap(b"x", Format.OPAQUE, SEED),
}
PIECES = {
    Format.JSON: [
        *(
            "$",
            ".",
            "..",
            "a",
            "b",
            "e",
            "c d",
            "[0]",
            "[1]",
            "[01]",
            "[*]",
            "*",
            "['b']",
            '["b"]',
            "['it\\'s']",
            "[",
            "]",
        ),
        *(
            "['\\\\']",
            "['\"']",
            "['\\\"']",
            '["\\""]',
            "['\\u000b']",
            "['\\u0000']",
            "['']",
            "'",
            '"',
            "\\",
            "['*']",
            " ",
            "\n",
        ),
    ],
    Format.XML: [
        *(
            "/",
            "//",
            "a",
            "b",
            "c",
            "d",
            "*",
            "@",
            "@c",
            "@*",
            "{u}",
            "{v}",
            "{}",
            "{",
            "[1]",
            "[2]",
            "[3]",
            "[0]",
            "text()",
        ),
        *(
            "text",
            "processing-instruction()",
            "processing-instruction('go')",
            "processing-instruction",
            "\u1200",
            "1",
            " ",
        ),
    ],
    Format.OPAQUE: ["", "*", "$", "/"],
}


def outcome_of_ledger(format_: Format, pattern: str) -> bool | None:
    try:
        check_pattern(pattern)
    except Malformed:
        return None
    return unmatched(DOCUMENTS[format_].field_hashes, format_, [pattern]) == []


def outcome_of_alone(format_: Format, pattern: str) -> bool | None:
    if pattern not in ("", "*"):
        try:
            alone.read_pattern("xml" if pattern.startswith("/") else "json", pattern)
        except alone.Malformed:
            return None
    return alone.not_shown(alone.read_document(DOCUMENTS[format_].to_bytes()), [pattern]) == []


@pytest.mark.parametrize("format_", Format)
def test_every_path_finds_its_field(format_: Format) -> None:
    document = DOCUMENTS[format_]
    for path in document.field_hashes:
        assert select([path], format_, [path]) == {path}
        assert unmatched([path], format_, [path]) == []
        assert outcome_of_alone(format_, path) is True
        others = [other for other in document.field_hashes if not other.startswith(path)]
        assert unmatched(others, format_, [path]) == [path]


patterns = some.sampled_from(Format).flatmap(
    lambda format_: some.tuples(
        some.just(format_), some.lists(some.sampled_from(PIECES[format_]), min_size=1, max_size=7).map("".join)
    )
)


@given(patterns)
@example((Format.JSON, "$..['it\\'s']"))
@example((Format.JSON, "$.a.[0]"))
@example((Format.XML, "//b[3]//text()"))
@example((Format.XML, "//@c"))
def test_patterns_are_read_alike(question: tuple[Format, str]) -> None:
    assert outcome_of_ledger(*question) == outcome_of_alone(*question)


@given(some.sampled_from([Format.JSON, Format.XML]), some.data())
def test_many_patterns_at_once_are_each_alone(format_: Format, data: some.DataObject) -> None:
    """And those that select can read match what select finds."""
    wanted = data.draw(some.lists(some.lists(some.sampled_from(PIECES[format_]), max_size=6).map("".join), max_size=6))
    paths = list(DOCUMENTS[format_].field_hashes)
    missing = unmatched(paths, format_, wanted)
    assert missing == [pattern for pattern in wanted if unmatched(paths, format_, [pattern])]
    for pattern in wanted:
        try:
            found = bool(select(paths, format_, [pattern]))
        except Malformed:
            found = False
        assert found is (pattern not in missing)

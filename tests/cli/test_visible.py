"""What others chose to write cannot steer a terminal, hide, or break a table: asked for every character there is."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ledger.cli import output
from ledger.cli.visible import visible

ENCODINGS = ["utf-8", "cp437", "cp1252", "latin-1", "ascii", "cp949", "no-such-encoding"]
_STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_every_character_prints_as_something_that_is_seen_and_steers_nothing() -> None:
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        shown = visible(f"a{char}b")
        inner = shown[1:-1]
        assert (shown[0], shown[-1]) == ("a", "b")
        assert not _STEERING & {unicodedata.category(one) for one in inner}, hex(number)
        assert cell_len(visible(char)) > 0, hex(number)


@pytest.mark.parametrize("number", [0x115F, 0x3164, 0xFFA0, 0x2800, 0xFE0F, 0xE0100, 0x034F, 0x180B, 0x17B4])
def test_what_is_not_seen_stands_there_as_an_escape(number: int) -> None:
    assert visible(f"a{chr(number)}b") == f"a{chr(number).encode('unicode_escape').decode()}b"


@given(st.text(), st.sampled_from(ENCODINGS))
def test_every_text_prints_in_every_encoding(text: str, encoding: str) -> None:
    shown = visible(text, encoding)
    assert "\n" not in shown
    shown.encode("ascii" if encoding == "no-such-encoding" else encoding)
    assert visible(shown, encoding) == shown


def test_letters_of_the_world_stay() -> None:
    for name in ("Việt Nam", "한국무역보험공사", "Zoll-Österreich", "हिन्दी", "ไทย", "שלום", "مرحبا", "木村"):
        assert visible(name) == name


def test_marks_do_not_pile_up() -> None:
    assert visible("a" + "\u0301" * 100).count("\u0301") <= 4
    assert visible("\u0301a") == "\\u0301a"  # it would stand on a letter of ours


_NAMES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["[red]x[/]", "[/]", "[", "\\[", ":smile:", "a\nGOOD: all that could be checked holds", "\x1b[2J", "\x9b31m",
         "\u202eDOOG", "x" * 5_000, "\t|\t", "한" * 90, "\r", "\x00", "\ud800"]
    ),
)  # fmt: skip


@given(st.lists(st.tuples(_NAMES, _NAMES), min_size=1, max_size=4), st.sampled_from([40, 80]))
def test_no_name_breaks_a_table(rows: list[tuple[str, str]], width: int) -> None:
    with output.out.capture() as captured:
        output.out.width = width
        try:
            output.table("Names", ("name", "other"), rows)
        finally:
            output.out._width = None
    drawn = captured.get().rstrip("\n").split("\n")[1:]
    assert len({cell_len(line) for line in drawn}) == 1  # a frame with straight sides
    ruled = [line for line in drawn if set(line) <= set("┏━┳┓┡╇┩└─┴┘├┼┤│")]
    assert len(ruled) == 3


@given(_NAMES, _NAMES)
def test_no_name_makes_a_line_of_its_own(name: str, value: str) -> None:
    with output.out.capture() as captured:
        output.facts("Facts", {name: value})
        output.lines("Lines", ("a", "b"), [(name, value)])
        output.print_line(name, value)
    assert len(captured.get().splitlines()) == 2 + 3 + 1


def test_markup_in_a_name_is_text() -> None:
    with output.out.capture() as captured:
        output.print_line("[bold red]NOT GOOD[/] :smile: [link=file:///etc/passwd]x[/link]")
    assert captured.get() == "[bold red]NOT GOOD[/] :smile: [link=file:///etc/passwd]x[/link]\n"


def test_a_long_text_says_how_much_is_left_out() -> None:
    with output.out.capture() as captured:
        output.lines("Lines", ("a",), [("x" * 5_000,)])
    assert f"{'x' * 2_000}… (3,000 characters more)" in captured.get()


def test_commands_print_by_these_functions_only() -> None:
    """A command that prints by itself would let a name steer the terminal, and would know no ``--plain``."""
    ours = {"output.py", "streams.py"}
    sources = [path for path in Path(output.__file__).parent.glob("*.py") if path.name not in ours]
    assert len(sources) > 30
    by_itself = re.compile(r"\b(?:out|err)\.print\(|\btyper\.(?:secho|echo)\(|rich\.markup|\[/[a-z ]*\]|\[bold")
    for path in sources:
        assert not by_itself.findall(path.read_text()), path.name

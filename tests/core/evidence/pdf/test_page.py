"""Pages for print: a PDF that other programs read, with the words that were given, and the same bytes every time."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from ledger.core.evidence.pdf import embed, read_pdf
from ledger.core.evidence.pdf.page import Block, CodeBlock, Style, prints, write_pages
from ledger.errors import Malformed

CODE = [[(row * column) % 3 == 0 for column in range(29)] for row in range(29)]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf), strict=True).pages)


def test_another_program_reads_the_words() -> None:
    words = ["Zespri & co <1> (a) \\ %", "naïve façade – “quoted” €", "0x 12345678"]
    made = write_pages("A title", [Block(words[0], Style.TITLE), CodeBlock(CODE, [Block(words[1])]), Block(words[2])])
    assert all(word in text_of(made) for word in words)
    assert PdfReader(BytesIO(made)).metadata["/Title"] == "A title"


def test_equal_content_has_equal_bytes_and_carries_evidence() -> None:
    made = [write_pages("x", [Block("y"), CodeBlock(CODE, [])]) for _ in range(2)]
    assert made[0] == made[1]
    assert read_pdf(embed(made[0], b"{}\n")).evidence == b"{}\n"


def test_long_words_and_texts_stay_on_the_page() -> None:
    made = write_pages("x", [Block("ab" * 500, Style.CODE), Block("word " * 3000)])
    pages = PdfReader(BytesIO(made), strict=True).pages
    assert len(pages) > 1
    spans: list[tuple[float, float, float]] = []
    for page in pages:
        page.extract_text(
            visitor_text=lambda text, _cm, tm, _font, size: spans.append(
                (tm[4] + len(text) * size * 0.35, tm[4], tm[5])
            )
        )
    assert all(left >= 56 and 50 < y < 800 for _, left, y in spans if y)


def test_every_dark_square_is_drawn_and_no_other() -> None:
    made = write_pages("x", [CodeBlock(CODE, [])])
    drawn = [line.split() for line in made.decode("latin-1").splitlines() if line.endswith(" re f")]
    side = 113 / (29 + 8)
    cells = set()
    for _, _, x, y, width, _, *_ in drawn:
        column, row = round((float(x) - 57) / side) - 4, round((842 - 57 - float(y)) / side) - 5
        cells |= {(row, column + step) for step in range(round(float(width) / side))}
    assert cells == {(row, column) for row in range(29) for column in range(29) if CODE[row][column]}


@pytest.mark.parametrize("text", ["관세청", "Таможня", "الجمارك", "łódź", "a\nb", "\x1b[31m", "\u202eabc"])
def test_letters_that_the_fonts_lack_are_never_drawn_as_others(text: str) -> None:
    assert not prints(text)
    with pytest.raises(Malformed, match="letters"):
        write_pages("x", [Block(text)])


def test_there_is_an_end() -> None:
    with pytest.raises(Malformed, match="50 pages"):
        write_pages("x", [Block("line")] * 10_000)

"""Pages for print, as a PDF: headings, text, facts and a QR code. The same content always gets the same bytes.

The fonts are three of those that every PDF reader has (ISO 32000-1, 9.6.2.2), so none is embedded. They have the
letters of Western Europe (Windows-1252); ``prints`` says whether they have those of a text, and a caller says in other
words what they lack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from ledger.errors import Malformed

Modules = Sequence[Sequence[bool]]
"""The squares of a QR code, row by row; True is dark. Its quiet zone is not among them."""

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 57  # points: A4, and 20 mm
_CODE = 113  # points: 40 mm, with the quiet zone
_QUIET = 4  # modules around the code that must be light
_MOST_PAGES = 50

# Widths of Helvetica in thousandths of the size, for the characters 32 to 126 (Adobe Font Metrics); others as "m".
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
)  # fmt: skip
_WIDEST = 833
_BOLDER = 1.1  # Helvetica-Bold, at most, for texts of more than a few letters


class _Font(NamedTuple):
    name: str
    base: str
    size: int
    leading: int
    grey: float = 0.0

    def width(self, text: str) -> float:
        """Points."""
        if self.base == "Courier":
            return len(text) * self.size * 0.6
        wide = sum(_WIDTHS[ord(char) - 32] if " " <= char <= "~" else _WIDEST for char in text)
        return wide * self.size / 1000 * (_BOLDER if self.base.endswith("Bold") else 1)


class Style(Enum):
    """How a text is set."""

    TITLE = _Font("F2", "Helvetica-Bold", 18, 24)
    HEADING = _Font("F2", "Helvetica-Bold", 12, 20)
    STRONG = _Font("F2", "Helvetica-Bold", 10, 14)
    TEXT = _Font("F1", "Helvetica", 10, 14)
    SMALL = _Font("F1", "Helvetica", 8, 11, 0.35)
    CODE = _Font("F3", "Courier", 9, 12)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; ``after``: points below it."""

    text: str
    style: Style = Style.TEXT
    after: int = 4


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A QR code with paragraphs to its right."""

    modules: Modules
    beside: Sequence[Block]


def prints(text: str) -> bool:
    """Whether the fonts have every character of a text, and none of them is a control character."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def write_pages(title: str, blocks: Sequence[Block | CodeBlock]) -> bytes:
    """A PDF of as many pages as the blocks need.

    :param title: for the reader's window; in letters that ``prints`` takes, like all other texts.
    :raises Malformed: a text has other letters, or there would be more than 50 pages.
    """
    pages = _Pages()
    for block in blocks:
        if isinstance(block, CodeBlock):
            pages.code(block)
        else:
            pages.text(block, _MARGIN, _WIDTH - 2 * _MARGIN)
    return _file(title, [bytes(content) for content in pages.contents])


class _Pages:
    """Pages under way: what is drawn on each, and how far down the last one is filled."""

    def __init__(self) -> None:
        self.contents = [bytearray()]
        self.y = float(_HEIGHT - _MARGIN)

    def text(self, block: Block, left: float, width: float) -> None:
        font = block.style.value
        for line in _broken(block.text, font, width):
            self._room(font.leading)
            self.y -= font.leading
            shown = _string(line)
            self._draw(f"{font.grey:g} g BT /{font.name} {font.size} Tf {left:g} {self.y:g} Td {shown} Tj ET")
        self.y -= block.after

    def code(self, block: CodeBlock) -> None:
        self._room(_CODE)
        top, first = self.y, len(self.contents)
        side = _CODE / (len(block.modules) + 2 * _QUIET)
        for row, modules in enumerate(block.modules):
            y = top - (row + _QUIET + 1) * side
            for start, length in _runs(modules):
                x = _MARGIN + (start + _QUIET) * side
                self._draw(f"0 g {x:.3f} {y:.3f} {length * side:.3f} {side:.3f} re f")
        left = _MARGIN + _CODE + 12
        for beside in block.beside:
            self.text(beside, left, _WIDTH - _MARGIN - left)
        if len(self.contents) == first:
            self.y = min(self.y, top - _CODE) - 8

    def _room(self, height: float) -> None:
        if self.y - height < _MARGIN:
            if len(self.contents) == _MOST_PAGES:
                raise Malformed(f"over the limit of {_MOST_PAGES} pages")
            self.contents.append(bytearray())
            self.y = float(_HEIGHT - _MARGIN)

    def _draw(self, operators: str) -> None:
        self.contents[-1] += operators.encode("ascii") + b"\n"


def _runs(modules: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Start and length of each run of dark modules in a row: one rectangle each, so that no seam shows."""
    start = None
    for place, dark in enumerate([*modules, False]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None


def _broken(text: str, font: _Font, width: float) -> Iterator[str]:
    """The lines of a paragraph: broken at spaces, and inside a word that is longer than a line."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if font.width(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        while font.width(word) > width:
            fits = next(size for size in range(len(word), 0, -1) if size == 1 or font.width(word[:size]) <= width)
            yield word[:fits]
            word = word[fits:]  # noqa: PLW2901 (what is left of it)
        line = word
    yield line


def _string(text: str) -> str:
    if not prints(text):
        raise Malformed("has letters that the page's fonts do not have")
    return f"<{text.encode('cp1252').hex()}>"


def _file(title: str, contents: Sequence[bytes]) -> bytes:
    """Catalog, pages, fonts, information, then each page with its content; and the table of all of them."""
    fonts = {style.value.name: style.value.base for style in Style}
    named = " ".join(f"/{name} {number} 0 R" for number, name in enumerate(fonts, 3))
    first = 4 + len(fonts)  # the number of the first page
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(contents)}/MediaBox[0 0 {_WIDTH} {_HEIGHT}]"
        f"/Resources<</Font<<{named}>>>>>>".encode(),
        *(f"<</Type/Font/Subtype/Type1/BaseFont/{base}/Encoding/WinAnsiEncoding>>".encode() for base in fonts.values()),
        f"<</Title{_string(title)}>>".encode(),
    ]
    for number, content in enumerate(contents):
        objects.append(f"<</Type/Page/Parent 2 0 R/Contents {first + 2 * number + 1} 0 R>>".encode())
        objects.append(b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content))
    made = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, value in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, value)
    start, size = len(made), len(objects) + 1
    made += b"xref\n0 %d\n0000000000 65535 f \n" % size
    made += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    made += b"trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, first - 1, start)
    return bytes(made)

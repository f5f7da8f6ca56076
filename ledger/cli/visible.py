"""Text of others made harmless: what could steer a terminal, hide, or break a table stands there as an escape.

Names in documents, agencies' names, file names and the words of servers are chosen by people whom nobody knows here.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len

_MARKS = 4
"""How many combining marks may stand on one letter: no script needs more, and a pile of them covers other lines."""

# Characters that print as nothing, though Python calls some of them printable: DerivedCoreProperties.txt of Unicode
# 16, Default_Ignorable_Code_Point; and the blank pattern of Braille.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_PLAIN = re.compile(r"[ -~]*")

# What this program itself writes, for terminals that cannot print it.
_OURS = {"…": "...", "–": "-", "—": "-", "·": "-", "’": "'", "“": '"', "”": '"', "→": "->", "×": "x"}


def visible(text: str, encoding: str = "utf-8", *, keep: str = "") -> str:
    r"""Text that prints as what it is, in one line, on a stream of this encoding.

    What does not print, is not seen, changes the direction of reading, piles up on a letter, or is not in the encoding
    stands there as an escape. ``keep``: characters that stay, such as a line end.

    >>> visible("red\x1b[31m\n")
    'red\\x1b[31m\\n'
    """
    if _PLAIN.fullmatch(text):
        return text
    shown, marks = [], _MARKS  # a mark at the beginning would stand on a letter of ours
    for char in text:
        marks = marks + 1 if cell_len(char) == 0 or unicodedata.category(char) in {"Mn", "Me"} else 0
        if char in keep:
            shown.append(char)
        elif not char.isprintable() or marks > _MARKS or _UNSEEN.match(char):
            shown.append(_escaped(char))
        else:
            shown.append(char)
    return encodable("".join(shown), encoding)


def encodable(text: str, encoding: str) -> str:
    """The text, with an escape in place of each character that the encoding does not have."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_in(char, encoding) for char in text)
    except LookupError:
        return encodable(text, "ascii")
    return text


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and how much is left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} characters more)"


def _in(char: str, encoding: str) -> str:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return _OURS.get(char) or _escaped(char)
    return char


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()

"""Documents by chance, as bytes: JSON and XML that is right, and what is nearly JSON or XML.

They are made from the grammar and from ``pieces`` that readers are known to differ about. A part of them is damaged
afterwards, byte by byte.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from ledger.core.document import Format, redact, wrap
from ledger.core.document.wrapped import Wrapped
from ledger.errors import LedgerError
from tests.differential import pieces
from tests.differential.mutations import bytes_changed, member_changed

SEED = bytes(range(32))
HEADER = {format_: wrap(data, format_, SEED).to_bytes().partition(b"\n")[0] + b"\n" for format_, data in [
    (Format.JSON, b"1"), (Format.XML, b"<a/>"), (Format.OPAQUE, b""),
]}  # fmt: skip


class Writer:
    """Writes one document. ``wild`` is how often a part of it is wrong."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.wild = chance.choice([0, 0, 0, 0.01, 0.05])
        self.prefixes: list[list[str]] = []

    def pick(self, right: list[str], wrong: list[str]) -> str:
        return self.chance.choice(wrong if self.chance.random() < self.wild else right)

    # ----------------------------------------------------------------------------------------------------------- JSON

    def json(self) -> str:
        if self.chance.randrange(200) == 0:
            return self.deep(*self.chance.choice([("[", "]"), ('{"a":', "}")]))
        return self.space() + self.value(0) + self.space()

    def deep(self, opened: str, closed: str) -> str:
        depth = self.chance.choice([98, 99, 100, 101, 1025])
        inner = self.chance.choice(["1", "[]", "{}"] if opened == "[" else ["1", "[]", "{}", ""]) or "1"
        return opened * depth + inner + closed * depth

    def space(self) -> str:
        return self.pick(pieces.SPACES, pieces.NO_SPACES)

    def value(self, depth: int) -> str:
        act = self.chance.randrange(10 if depth < 4 else 6) if depth or self.chance.randrange(4) == 0 else 9
        if act < 2:
            return self.number()
        if act < 4:
            return f'"{self.string()}"'
        if act < 6:
            return self.pick(
                ["true", "false", "null", "[]", "{}", "[ ]", "{\n}"],
                ["True", "nil", "", "undefined", "'a'", "[,]", "{,}"],
            )
        count = self.chance.randrange(5) + (depth == 0)
        if act < 8:
            return "[" + self.joined(f"{self.space()}{self.value(depth + 1)}{self.space()}" for _ in range(count)) + "]"
        members = [
            f'{self.space()}"{name}"{self.space()}{self.pick([":"], ["", "=", ";", "::"])}{self.value(depth + 1)}'
            for name in self.names(count)
        ]
        return "{" + self.joined(iter(members)) + self.space() + "}"

    def names(self, count: int) -> list[str]:
        names: list[str] = []
        while len(names) < count:
            name = self.string()
            if name not in names or self.chance.random() < self.wild:
                names.append(name)
        return names

    def joined(self, items: object) -> str:
        found = list(items)  # type: ignore[call-overload]
        text = ",".join(found)
        return text if self.chance.random() >= self.wild else text + self.chance.choice([",", ",,", ";", "]", "}"])

    def number(self) -> str:
        if self.chance.randrange(2):
            return self.pick(pieces.NUMBERS, pieces.NO_NUMBERS)
        chance = self.chance
        digits = str(chance.randrange(10 ** chance.choice([1, 2, 5, 15, 16, 17, 18, 25])))
        sign, act = chance.choice(["", "", "-"]), chance.randrange(5)
        if act == 0:
            return sign + digits
        if act == 1:
            return sign + repr(chance.random() * 10.0 ** chance.randrange(-20, 25))
        fraction = str(chance.randrange(10 ** chance.choice([1, 2, 5, 17, 25]))) + chance.choice(["", "0", "00"])
        if act == 2:
            return f"{sign}{digits}.{fraction}"
        exponent = chance.choice("eE") + chance.choice(["", "+", "-"]) + chance.choice(pieces.EXPONENTS)
        return f"{sign}{digits[:3]}.{fraction}{exponent}"

    def string(self) -> str:
        parts = [self.pick(pieces.STRINGS, pieces.NO_STRINGS) for _ in range(self.chance.choice([1, 1, 1, 2, 3]))]
        return "".join(parts)

    # ------------------------------------------------------------------------------------------------------------ XML

    def xml(self) -> str:
        head = self.pick(["", "", "", *pieces.DECLARATIONS], pieces.ODD_DECLARATIONS)
        around = [
            self.pick(
                ["", "", "", "\n", *pieces.COMMENTS, *pieces.INSTRUCTIONS],
                ["x", "&amp;", "<![CDATA[x]]>", *pieces.NO_COMMENTS, *pieces.NO_INSTRUCTIONS, "<b/>"],
            )
            for _ in range(3)
        ]
        depth = self.chance.choice([98, 99, 100, 101]) if self.chance.randrange(300) == 0 else 0
        return head + around[0] + around[1] + "<d>" * depth + self.element(0) + "</d>" * depth + around[2]

    def name(self) -> str:
        return (
            self.pick(pieces.XML_NAMES, pieces.ODD_NAMES)
            if self.chance.randrange(12)
            else self.chance.choice(pieces.ODD_NAMES if self.wild else pieces.XML_NAMES)
        )

    def qualified(self, declared: list[str]) -> str:
        known = [*declared, *(prefix for scope in self.prefixes for prefix in scope)]
        if known and self.chance.randrange(3) == 0:
            return f"{self.chance.choice(known)}:{self.name()}"
        return self.pick([self.name()], ["undeclared:a", "xml:a", "xmlns:a", "xmlns"])

    def element(self, depth: int) -> str:
        chance = self.chance
        parts, declared = [], []
        if chance.randrange(3) == 0:
            parts.append(f'xmlns="{self.pick([*pieces.NAMESPACES, ""], pieces.ODD_NAMESPACES)}"')
        for prefix in chance.sample(["p", "q", "xsi"], chance.choice([0, 0, 0, 1, 2])):
            namespace = (
                "http://www.w3.org/2001/XMLSchema-instance"
                if prefix == "xsi"
                else self.pick(pieces.NAMESPACES, pieces.ODD_NAMESPACES)
            )
            parts.append(f'xmlns:{self.pick([prefix], ["xml", "xmlns", "1", "a:b"])}="{namespace}"')
            declared.append(prefix)
        name = self.qualified(declared)
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            quote = chance.choice("\"'")
            value = self.pick(pieces.ATTRIBUTES, pieces.NO_ATTRIBUTES).replace(quote, "")
            parts.append(self.attribute(self.qualified(declared), value, quote))
        if chance.randrange(10) == 0:
            parts.append(
                self.pick(
                    ['xml:space="preserve"', 'xml:space="default"', 'xml:lang="en"'],
                    ['xml:space="x"', "xml:space=preserve", 'xml:space=" preserve"'],
                )
            )
        if chance.randrange(10) == 0:
            of = self.pick(
                ["p:T", " p:T ", "T", "xml:T", "q:T", "p:\u00d6"],
                ["", ":", "p:", ":T", "p:T:U", "1", "p:1", "no:T", "p: T", "\u00a0T", "p:a\u203f", "p:\u2070"],
            )
            parts.append(f'{self.pick(["xsi:type"], ["p:type", "type", "xsi:Type"])}="{of}"')
        chance.shuffle(parts)
        begin = (
            f"<{name}"
            + "".join(self.pick([" ", "\n", "  ", "\t"], ["", "\u00a0", "/", "\x0b"]) + part for part in parts)
            + self.pick(["", " ", "\n"], ["/", "x"])
        )
        if chance.randrange(4) == 0:
            return begin + self.pick(
                ["/>", f"></{name}>", f"></{name} >"], ["/ >", ">", f"></ {name}>", f"></{name}x>"]
            )
        self.prefixes.append(declared)
        # Text beside a comment, an instruction or a CDATA section is refused, so most elements have none.
        acts = range(10) if chance.randrange(3) == 0 else [*range(3), *range(6, 10)]
        inner = "".join(self.child(depth, chance.choice(acts)) for _ in range(chance.randrange(6) + (depth == 0)))
        self.prefixes.pop()
        return f"{begin}>{inner}</{self.pick([name], [name + 'x', name.upper(), ''])}>"

    def attribute(self, name: str, value: str, quote: str) -> str:
        return f"{name}{self.pick(['=', ' = '], ['', '==', ':'])}{quote}{value}{self.pick([quote], ['', quote * 2])}"

    def child(self, depth: int, act: int) -> str:
        if act < 3 and depth < 4:
            return self.element(depth + 1)
        if act == 3:
            return self.pick(pieces.COMMENTS, pieces.NO_COMMENTS)
        if act == 4:
            return self.pick(pieces.SECTIONS, pieces.NO_SECTIONS)
        if act == 5:
            return self.pick(pieces.INSTRUCTIONS, pieces.NO_INSTRUCTIONS)
        return self.pick(pieces.XML_TEXTS, pieces.NO_TEXTS)

    def spelled(self, text: str) -> bytes:
        """As bytes: in UTF-8, or now and then in another encoding or with a mark before."""
        act = self.chance.randrange(30 if self.wild else 60)
        data = text.encode("utf-8", "surrogatepass")
        if act == 0:
            return b"\xef\xbb\xbf" + data
        if act == 1:
            coding, mark = self.chance.choice([("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
            return self.chance.choice([mark, mark, b"", mark * 2]) + text.encode(coding, "surrogatepass")
        if act == 2 and self.wild:
            return self.chance.choice(
                [
                    text.encode("latin-1", "replace"),
                    text.encode("utf-32"),
                    text.encode("utf-16"),
                    b"\xef\xbb\xbf" * 2 + data,
                    data
                    + self.chance.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\0"]),
                    data.replace(b"a", self.chance.choice([b"\xc1\xa1", b"\xe0\x81\xa1", b"\xed\xb0\x80", b"\xff"]), 1),
                ]
            )
        return data


def document(chance: random.Random) -> bytes:
    """A wrapped document, be its content of that format or not."""
    format_ = chance.choice([Format.JSON, Format.XML])
    writer = Writer(chance)
    data = writer.spelled(writer.json() if format_ is Format.JSON else writer.xml())
    if chance.randrange(8) == 0:
        data = bytes_changed(chance, data)
    return HEADER[format_] + data


def copy(chance: random.Random, wrapped: bytes) -> bytes | None:
    """A redacted copy of a wrapped document, half of the time damaged; None if it is no document."""
    format_ = Format.JSON if wrapped.startswith(b"ledger/json") else Format.XML
    try:
        made = wrap(wrapped.partition(b"\n")[2], format_, SEED)
    except LedgerError:
        return None
    shown = chance.sample(list(made.field_hashes), chance.randrange(len(made.field_hashes) + 1))
    data = _showing(made, set(shown))
    act = chance.randrange(4)
    if act < 2:
        return data
    change: Callable[[random.Random, bytes], bytes] = bytes_changed if act == 2 else member_changed
    return change(chance, data)


def _showing(made: Wrapped, shown: set[str]) -> bytes:
    """The copy that shows exactly these fields."""
    if len(shown) == len(made.field_hashes):
        return redact(made, []).to_bytes()
    value = redact(made, []).to_value()
    fields: list[list[str]] = value["fields"]  # type: ignore[assignment]
    value["fields"] = [item for item in fields if item[0] in shown]  # type: ignore[assignment]
    value["hidden"] = sorted(hash_.hex() for path, hash_ in made.field_hashes.items() if path not in shown)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

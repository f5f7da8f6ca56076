"""The browser's own reader of XML beside expat, on documents made from what readers are known to differ about."""

from __future__ import annotations

from random import Random

from ledger.core.document import Format, open_document, wrap
from ledger.errors import LedgerError
from tests.web.driving import Driver, Refused

HEADER = wrap(b"<a/>", Format.XML, bytes(32)).to_bytes().removesuffix(b"<a/>")
DOCUMENTS = 4_000

ELEMENTS = ["a", "b", "é"]
NAMES = [
    *("a", "b", "xml", "xmlns", "xmlns:a", "xmlns:b", "a:x", "b:x", "xml:space", "xsi:type", "xmlns:xsi", "é"),
    *("\u0132", "\U00010000", "x:y:z", ":a", "a:", "-a", "a-", "a.", "xmlns:xmlns", "xmlns:xml", "\u1200", "\u00b7"),
]
PLAIN_VALUES = [
    *("", "u", "v", "preserve", "default", "a:t", " t ", "&#10;", "&#x9;", "&amp;", "\n", "\t \r\n"),
    *("http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"),
]
VALUES = [
    *PLAIN_VALUES,
    *("http://www.w3.org/2000/xmlns/", "&lt;", "<", "&x;", "&", "&#xD800;", "&#0;", "u{", "}", "&#x10FFFF;"),
    *("&#x110000;", "&#00065;", "&#X41;", '"', "'", "]]>", "\ufffe", "\U0001f600", "&#xfffe;", "xmlns:t", ":t", "b:"),
]
TEXTS = [
    *VALUES,
    *("<![CDATA[", "<![CDATA[y]]>", "<![CDATA[]]>", "<![CDATA[<&]]]]>", "]]", "<!-- c -->", "<!---->", "<!--->"),
    *("<!-- -- -->", "<?p d?>", "<?p?>", "<?p  ?>", "<?p a?b?>", "<?p\n\r x?>", "<?xml x?>", "<?XML?>", "<?p:q?>"),
    *("<?p!?>", "<?é ?>", "<?\u0132?>", "<!DOCTYPE a>", "\0", "\x0b", "\x7f", "\x85", "\u2028", "\r"),
]
BEGINS = [
    *('<?xml version="1.0"?>', '<?xml version=\'1.0\' encoding="utf-8" standalone="no" ?>', "<!-- -->\n", "<?p?>"),
    *('<?xml version="1.0" encoding="UTF-16"?>', '<?xml version="1.0"encoding="UTF-8"?>', '<?xml encoding="UTF-8"?>'),
    *('<?xml  version = "1.0"  ?>', ' <?xml version="1.0"?>', '<?xml version="1.1"?>', "\ufeff"),
]
ENDS = ["\n", "<!-- c -->", "<?p x?>", "x", "<b/>", "&#32;", "\0"]
ENCODINGS = ["utf-8"] * 6 + ["utf-16-le", "utf-16-be", "utf-16", "utf-32"]


class Writer:
    """Writes one document, right or nearly right."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def one_of(self, often: list[str], seldom: list[str], share: float) -> str:
        return self.chance.choice(seldom if self.chance.random() < share else often)

    def document(self) -> bytes:
        text = self.element(0)
        if self.chance.random() < 0.2:
            text = self.chance.choice(BEGINS) + text
        if self.chance.random() < 0.2:
            text += self.chance.choice(ENDS)
        return HEADER + text.encode(self.chance.choice(ENCODINGS))

    def element(self, depth: int) -> str:
        name = self.one_of([""], ["a:", "b:", "xml:"], 0.2) + self.one_of(ELEMENTS, NAMES, 0.1)
        begin = f"<{name}" + "".join(self.attribute() for _ in range(self.chance.choice([0, 0, 0, 1, 1, 2, 3])))
        begin += self.one_of([""], [" ", "\n"], 0.5)
        if self.chance.random() < 0.3:
            return begin + "/>"
        inner = "".join(self.content(depth) for _ in range(self.chance.randrange(4)))
        return f"{begin}>{inner}</{self.one_of([name], ['a'], 0.03)}{self.one_of([''], [' ', chr(10)], 0.3)}>"

    def attribute(self) -> str:
        quote, value = self.chance.choice("'\""), self.one_of(PLAIN_VALUES, VALUES, 0.2)
        between = self.one_of([" ", "\n", "\r\n", "  ", "\t"], [""], 0.02)
        equals = self.chance.choice(["=", " = ", "=\n"])
        return f"{between}{self.chance.choice(NAMES)}{equals}{quote}{value}{quote}"

    def content(self, depth: int) -> str:
        if depth < 3 and self.chance.random() < 0.4:
            return self.element(depth + 1)
        return self.one_of(["x", " ", "\n"], TEXTS, 0.6)


def test_xml_by_chance_is_read_as_expat_reads_it(driver: Driver) -> None:
    writer, read = Writer(Random("tests/web/test_xml.py")), 0
    for _ in range(DOCUMENTS):
        data = writer.document()
        try:
            expected = open_document(data).digest.hex()
        except LedgerError:
            expected = None
        [found] = driver.try_all([("digest", {"data": data})])
        assert (None if isinstance(found, Refused) else found) == expected, data
        read += expected is not None
    assert DOCUMENTS / 20 < read < DOCUMENTS, "some of these should be read and some refused"

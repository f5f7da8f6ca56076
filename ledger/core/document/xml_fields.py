"""An XML document as fields, read with expat in one pass.

expat checks well-formedness and resolves namespaces. This module numbers children, joins character data into runs, and
drops what the digest does not bind. It fetches no resource and expands no entity: a document type declaration is
refused where it begins, and without one XML has only its five predefined entities.

Text that a comment, a processing instruction or the border of a CDATA section divides is refused: some readers see all
of it, others the first part (CVE-2017-11427).
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Never, TypeVar
from xml.parsers import expat

from ledger.core.document.field import FieldBytes
from ledger.core.document.paths import NCNAME
from ledger.core.document.xml_names import FIFTH_EDITION_PATTERN
from ledger.core.encoding.limits import Format, Limits, check_size, over_depth, over_fields, over_paths
from ledger.core.encoding.text import decode, position
from ledger.errors import Malformed

# Joins namespace and local name. An XML 1.0 document cannot contain this character, so no namespace can imitate the
# join.
_SEPARATOR = "\x01"
_XML = "http://www.w3.org/XML/1998/namespace"
_SPACE_ATTRIBUTE = f"{_XML}{_SEPARATOR}space"
_TYPE_ATTRIBUTE = f"http://www.w3.org/2001/XMLSchema-instance{_SEPARATOR}type"
_WHITE = " \t\r\n"
_BRACES = re.compile("[{}]")
_INVALID_TOKEN = 4  # XML_ERROR_INVALID_TOKEN of expat
_SECTION = "a CDATA border"
_Kind = TypeVar("_Kind", bound="_Reader")

# Byte order marks, and the first bytes of documents without one.
_ENCODINGS = {BOM_UTF8: "UTF-8", BOM_UTF16_LE: "UTF-16LE", BOM_UTF16_BE: "UTF-16BE"}
_UNMARKED = {b"<\0": "UTF-16LE", b"\0<": "UTF-16BE"}


def xml_fields(data: bytes, limits: Limits) -> FieldBytes:
    """The fields of an XML 1.0 document in UTF-8 or UTF-16, in the order of the document.

    :raises Malformed: with line and column: not well-formed, a document type declaration, another encoding or version,
        text that two readers read differently, a namespace name with braces, an ``xsi:type`` without a declared prefix,
        or over a limit.
    """
    return _read(data, _Reader, limits).fields


def xml_lines(data: bytes, limits: Limits) -> list[int]:
    """The line in which each field of :func:`xml_fields` ends, counted from 1; raises as that does."""
    return _read(data, _LineReader, limits).lines


def _read(data: bytes, kind: type[_Kind], limits: Limits) -> _Kind:
    check_size(data, Format.XML, limits)
    mark = next((mark for mark in _ENCODINGS if data.startswith(mark)), b"")
    encoding = _ENCODINGS.get(mark) or _UNMARKED.get(data[:2], "UTF-8")
    # Decoded here because expat accepts a UTF-16 surrogate followed by anything as a pair.
    text = decode(data.removeprefix(mark), encoding)
    if text.startswith("\ufeff"):  # expat would skip it too
        raise Malformed("a second byte order mark", position(text, 0))
    if (null := text.find("\0")) >= 0:  # at the beginning, expat would take it for a sign of UTF-16
        raise Malformed("not well-formed XML: U+0000", position(text, null))
    reader = kind(encoding, limits)
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        what = f"not well-formed XML: {expat.ErrorString(error.code) or 'no reason given'}"
        lines = re.split("\r\n|\r|\n", text)  # as expat counts them
        found = lines[error.lineno - 1][error.offset :][:1] if error.lineno <= len(lines) else ""
        if error.code == _INVALID_TOKEN and re.fullmatch(FIFTH_EDITION_PATTERN, found):
            what = f"a name with {found!r}: the fifth edition of XML 1.0 permits it, the fourth and many readers do not"
        raise Malformed(what, f"line {error.lineno}, column {error.offset + 1}") from None
    return reader


class _Reader:
    """The state of reading one document: the open element, and how many children it has so far."""

    def __init__(self, encoding: str, limits: Limits) -> None:
        self.fields = FieldBytes([], [])
        self.parser = parser = expat.ParserCreate("UTF-8", _SEPARATOR)
        self._encoding = encoding
        self._limits = limits
        self._budget = limits.paths
        self._path = ""  # of the open element; the document itself outside the root
        self._children = 0  # of the open element
        self._preserve = False  # whether xml:space keeps white space here
        self._outer: list[tuple[str, int, bool]] = []  # the same three values of each outer element
        self._run: list[str] = []  # character data since the last tag
        self._divider = ""  # what stands inside or beside this run, if anything does, and where
        self._divided_at = ""
        self._section: tuple[int, str] | None = None  # pieces of the run at the end of a CDATA section, and where
        self._names: dict[str, str] = {}
        self._namespaces: dict[str | None, list[str | None]] = {}
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._open_namespace
        parser.EndNamespaceDeclHandler = self._close_namespace
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._run.append
        parser.ProcessingInstructionHandler = self._instruction
        parser.CommentHandler = self._comment
        parser.StartCdataSectionHandler = self._open_section
        parser.EndCdataSectionHandler = self._close_section

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            self._refuse("not XML 1.0")
        stated = (encoding or self._encoding).upper().replace("UTF8", "UTF-8")
        if stated not in (self._encoding, self._encoding[:6]):  # UTF-16 stands for both byte orders
            self._refuse(
                f"the XML declaration states another encoding than that of these bytes, {self._encoding}: "
                "write the document as UTF-8 or UTF-16 and say so"
            )

    def _doctype(self, *_declaration: object) -> None:
        self._refuse("document type declarations and entities are not accepted: remove it")

    def _open_namespace(self, prefix: str | None, namespace: str | None) -> None:
        self._namespaces.setdefault(prefix, []).append(namespace)

    def _close_namespace(self, prefix: str | None) -> None:
        self._namespaces[prefix].pop()

    def _open(self, name: str, attributes: list[str]) -> None:
        if self._run or self._divider or self._section:
            self._end_run()
        position_ = self._children + 1
        self._outer.append((self._path, position_, self._preserve))
        if len(self._outer) > self._limits.depth:
            raise over_depth(self._limits, self._where())
        self._path = path = f"{self._path}/{self._names.get(name) or self._expanded(name)}[{position_}]"
        self._children = 0
        self._spend(len(path) * (1 + len(attributes) // 2))
        if attributes:
            self._attributes(path, attributes)

    def _attributes(self, path: str, attributes: list[str]) -> None:
        pairs = iter(attributes)
        for name, value in zip(pairs, pairs, strict=True):
            bound = value
            if name == _TYPE_ATTRIBUTE:
                bound = self._resolved(value)
            elif name == _SPACE_ATTRIBUTE and value in ("preserve", "default"):
                self._preserve = value == "preserve"
            self._add(f"{path}/@{self._names.get(name) or self._expanded(name)}", "t", bound)

    def _close(self, _name: str) -> None:
        if self._run or self._divider or self._section:
            self._end_run()
        if not self._children:
            self._add(self._path, "e", "")
        self._path, self._children, self._preserve = self._outer.pop()

    def _end_run(self) -> None:
        text = "".join(self._run)
        if text and (self._preserve or text.strip(_WHITE)):
            if self._section and self._section[0] < len(self._run):
                self._divide(_SECTION, self._section[1])
            if self._divider:
                what = f"{self._divider} inside or beside text, which readers read differently: "
                raise Malformed(f"{what}remove it, or write the text in one piece", self._divided_at)
            self._children += 1
            self._spend(len(self._path))
            self._add(f"{self._path}/text()[{self._children}]", "t", text)
        self._run.clear()
        self._divider, self._section = "", None

    def _divide(self, what: str, where: str) -> None:
        if not self._divider:
            self._divider, self._divided_at = what, where

    def _comment(self, _text: str) -> None:
        self._divide("a comment", self._where())

    def _open_section(self) -> None:
        """The start of a CDATA section. One that holds the whole text has no other text before or after it."""
        if self._run or self._section:
            self._divide(_SECTION, self._where())
        self._section = (0, self._where())

    def _close_section(self) -> None:
        if self._section:
            self._section = (len(self._run), self._section[1])

    def _instruction(self, target: str, data: str) -> None:
        self._divide("a processing instruction", self._where())
        self._children += 1
        self._spend(len(self._path))
        self._add(f"{self._path}/processing-instruction('{target}')[{self._children}]", "p", data)

    def _add(self, path: str, type_: str, value: str) -> None:
        if len(self.fields.paths) >= self._limits.fields:
            raise over_fields(self._limits, self._where())
        self.fields.paths.append(path.encode())
        self.fields.values.append((type_ + value).encode())

    def _spend(self, characters: int) -> None:
        self._budget -= characters
        if self._budget < 0:
            raise over_paths(self._limits, self._where())

    def _expanded(self, name: str) -> str:
        """``{namespace}local`` of a name as expat gives it, cached."""
        namespace, _, local = name.rpartition(_SEPARATOR)
        if _BRACES.search(namespace):
            # A URI cannot contain braces (RFC 3986), and a path that contains them could be read in two ways.
            self._refuse("a namespace name must not contain braces")
        self._names[name] = expanded = f"{{{namespace}}}{local}" if namespace else local
        return expanded

    def _resolved(self, value: str) -> str:
        """The QName of an ``xsi:type`` as ``{namespace}local``; surrounding white space has no meaning (XSD)."""
        prefix, colon, local = value.strip(_WHITE).rpartition(":")
        declared = self._namespaces.get(prefix if colon else None) or [_XML if prefix == "xml" else None]
        namespace = declared[-1]
        if not NCNAME.fullmatch(local) or (colon and namespace is None):
            self._refuse("an xsi:type must be a name with a declared prefix")
        return self._expanded(f"{namespace}{_SEPARATOR}{local}" if namespace else local)

    def _where(self) -> str:
        return f"line {self.parser.CurrentLineNumber}, column {self.parser.CurrentColumnNumber + 1}"

    def _refuse(self, what: str) -> Never:
        raise Malformed(what, self._where())


class _LineReader(_Reader):
    """Keeps the line of each field too."""

    def __init__(self, encoding: str, limits: Limits) -> None:
        super().__init__(encoding, limits)
        self.lines: list[int] = []

    def _add(self, path: str, type_: str, value: str) -> None:
        super()._add(path, type_, value)
        self.lines.append(self.parser.CurrentLineNumber)

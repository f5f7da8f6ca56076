"""The incremental update that attaches evidence to a PDF; original and attachments determine every byte. docs/pdf.md.

The original stays unchanged at the beginning of the file. The update contains the attachments, a new catalog (the
original's, which also lists the attachments) and a cross-reference section of the original's kind. It does not depend
on a library or a clock, so a reader with the original and the attachments can write it again and compare.
"""

from __future__ import annotations

from ledger.core.evidence.pdf.structure import Members, Structure
from ledger.core.evidence.pdf.syntax import array, name_of, string
from ledger.errors import Malformed

EVIDENCE_NAME = b"ledger-evidence.json"
DOCUMENT_NAME = b"ledger-document.txt"
MARK = b"%ledger/pdf/1 "
MAX_NODES = 1_000


def update(original: bytes, attachments: list[tuple[bytes, bytes, bytes]]) -> bytes:
    """The bytes to append to ``original``.

    :param attachments: name, MIME type and content of each, in order; names are ASCII without delimiters.
    :raises Malformed: the original is invalid, encrypted or signed, or already has an attachment with such a name.
    """
    pdf = Structure(original)
    catalog = pdf.catalog()
    _check_unsigned(pdf, catalog)
    writer = _Writer(pdf)
    places, names = [], []
    for name, mime, content in attachments:
        file, at = writer.stream(
            b"/Type/EmbeddedFile/Subtype/%b/Params<</Size %d>>" % (mime.replace(b"/", b"#2F"), len(content)), content
        )
        places.append(b"%d %d" % (at, len(content)))
        spec = writer.add(b"<</Type/Filespec/F(%b)/UF(%b)/EF<</F %d 0 R/UF %d 0 R>>>>" % (name, name, file, file))
        names.append((name, b"(%b)%d 0 R" % (name, spec)))
    root = writer.add(_catalog(pdf, catalog, names))
    return writer.finish(root, MARK + b" ".join([b"%d" % len(original), *places]))


def _check_unsigned(pdf: Structure, catalog: Members) -> None:
    form = pdf.members(catalog[b"AcroForm"].value) if b"AcroForm" in catalog else {}
    fields = array(pdf.resolve(form[b"Fields"].value)) if b"Fields" in form else []
    if b"Perms" in catalog or b"/ByteRange" in pdf.data or _has_signature(pdf, fields):
        raise Malformed("is signed: an addition would break its signature; send the evidence beside it", "PDF")


def _has_signature(pdf: Structure, fields: list[bytes]) -> bool:
    """Whether a signature field has a value. /SigFlags says only that there are such fields; they may be empty."""
    pending, seen = [(field, b"") for field in fields], 0
    while pending:
        field, type_ = pending.pop()
        seen += 1
        if seen > MAX_NODES:
            raise Malformed("its form has too many fields, or is circular", "PDF")
        members = pdf.members(field)
        type_ = name_of(pdf.resolve(members[b"FT"].value)) if b"FT" in members else type_
        if type_ == b"Sig" and b"V" in members:
            return True
        if b"Kids" in members:
            pending += [(kid, type_) for kid in array(pdf.resolve(members[b"Kids"].value))]
    return False


def _catalog(pdf: Structure, catalog: Members, added: list[tuple[bytes, bytes]]) -> bytes:
    """The original's members unchanged, except /Names, which lists the attachments too."""
    names = pdf.members(catalog[b"Names"].value) if b"Names" in catalog else {}
    listed = _listed(pdf, names[b"EmbeddedFiles"].value) if b"EmbeddedFiles" in names else []
    for name, _ in added:
        if any(known == name for known, _ in listed):
            raise Malformed(f"has an attachment named {name.decode()} already: use the PDF as it was before", "PDF")
    files = b" ".join(entry for _, entry in sorted(listed + added, key=lambda item: item[0]))
    others = b"".join(member.raw for name, member in names.items() if name != b"EmbeddedFiles")
    kept = b"".join(member.raw for name, member in catalog.items() if name != b"Names")
    return b"<<%b/Names<<%b/EmbeddedFiles<</Names[%b]>>>>>>" % (kept, others, files)


def _listed(pdf: Structure, root: bytes) -> list[tuple[bytes, bytes]]:
    """The entries of a name tree (7.9.6): each name, and its bytes of name and value."""
    found, pending, seen = [], [root], set[bytes]()
    while pending:
        node = pending.pop(0)
        if node in seen or len(seen) == MAX_NODES:
            raise Malformed("its list of attachments is circular or too large", "PDF")
        seen.add(node)
        members = pdf.members(node)
        if b"Kids" in members:
            pending[:0] = array(pdf.resolve(members[b"Kids"].value))
        if b"Names" in members:
            values = array(pdf.resolve(members[b"Names"].value))
            if len(values) % 2:
                raise Malformed("its list of attachments has a name without a value", "PDF")
            pairs = zip(values[::2], values[1::2], strict=True)
            found += [(string(pdf.resolve(name)), name + b" " + value) for name, value in pairs]
    return found


class _Writer:
    """Appends objects to a PDF, numbered from its first free number on."""

    def __init__(self, pdf: Structure) -> None:
        self._pdf = pdf
        self._first = pdf.next_number
        self._offsets: list[int] = []
        self._text = bytearray(b"\n")

    def add(self, value: bytes) -> int:
        """Add an object with this value; returns its number."""
        number = self._begin()
        self._text += value + b"\nendobj\n"
        return number

    def stream(self, members: bytes, content: bytes) -> tuple[int, int]:
        """Add a stream without filter; returns its number and the offset of its content in the file."""
        number = self._begin()
        self._text += b"<<%b/Length %d>>\nstream\n" % (members, len(content))
        at = len(self._pdf.data) + len(self._text)
        self._text += content + b"\nendstream\nendobj\n"
        return number, at

    def finish(self, root: int, comment: bytes) -> bytes:
        """Add the cross-reference section, a table or a stream like the original's, and the end; returns the update."""
        trailer = b"/Root %d 0 R/Prev %d" % (root, self._pdf.start)
        trailer += b"".join(self._pdf.trailer[name].raw for name in (b"Info", b"ID") if name in self._pdf.trailer)
        start = len(self._pdf.data) + len(self._text)
        if self._pdf.is_stream:
            count = len(self._offsets) + 1  # the stream lists itself too
            rows = b"".join(b"\x01" + offset.to_bytes(4, "big") + b"\x00" for offset in [*self._offsets, start])
            size = self._first + count
            self.stream(b"/Type/XRef/Size %d%b/Index[%d %d]/W[1 4 1]" % (size, trailer, self._first, count), rows)
        else:
            count = len(self._offsets)
            rows = b"".join(b"%010d 00000 n \n" % offset for offset in self._offsets)
            self._text += b"xref\n0 1\n0000000000 65535 f \n%d %d\n%b" % (self._first, count, rows)
            self._text += b"trailer\n<</Size %d%b>>\n" % (self._first + count, trailer)
        self._text += b"%b\nstartxref\n%d\n%%%%EOF\n" % (comment, start)
        return bytes(self._text)

    def _begin(self) -> int:
        number = self._first + len(self._offsets)
        self._offsets.append(len(self._pdf.data) + len(self._text))
        self._text += b"%d 0 obj\n" % number
        return number

"""Evidence in a PDF: attached by an incremental update that is one text for one original, and read back. docs/pdf.md.

Pure, and without a PDF library: what must be known of a PDF is little, and the update has to be written alike by every
version of this program and by others, which no library promises of itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.core.evidence.pdf.update import DOCUMENT_NAME, EVIDENCE_NAME, MARK, update
from ledger.errors import Malformed

__all__ = ["MAX_EVIDENCE", "MAX_PDF", "Carried", "carries_evidence", "embed", "is_pdf", "original_of", "read_pdf"]

MAX_PDF = 64 * 1024 * 1024
MAX_EVIDENCE = 16 * 1024 * 1024
_TAIL = 200
_NUMBER = rb"(0|[1-9][0-9]{0,7})"
_END = re.compile(
    rb"\n%ledger/pdf/1 N N N(?: N N)?\nstartxref\nN\n%%EOF\n\Z".replace(b"N", _NUMBER)
)  # original's length; offset and length of the evidence, and of the note on the document
_HEADER = re.compile(rb"ledger/opaque/1 [A-Za-z0-9_-]{43}\n")


class Carried(NamedTuple):
    """What a PDF carries: evidence, and where the PDF itself is the declared document, that document, wrapped."""

    evidence: bytes
    document: bytes | None


def is_pdf(data: bytes) -> bool:
    """Whether a file says of itself that it is a PDF."""
    return data.startswith(b"%PDF-")


def carries_evidence(data: bytes) -> bool:
    """Whether a PDF ends as one to which evidence was attached; whether it is whole, ``read_pdf`` says."""
    return is_pdf(data) and _end(data) is not None


def embed(pdf: bytes, evidence: bytes, document: bytes | None = None) -> bytes:
    """``pdf`` followed by an update with the evidence attached.

    :param evidence: the evidence file, at most 16 MiB; not read here.
    :param document: where the PDF itself was declared: its wrapped document, whose header line is attached too.
    :raises Malformed: the PDF is broken, encrypted, signed or too large, carries evidence already, or is not what
        ``document`` wraps.
    """
    header = None
    if document is not None:
        header = document[: max(0, len(document) - len(pdf))]
        if not document.endswith(pdf) or _HEADER.fullmatch(header) is None:
            raise Malformed("must wrap exactly this PDF as an opaque document", "document")
    return _embed(pdf, evidence, header)


def read_pdf(data: bytes) -> Carried:
    """What a PDF carries, read strictly: the file is exactly an original and the update that ``embed`` writes.

    That the evidence is good, and about this document, is for a verification to say. Where no document comes with
    it, nothing is said of the pages: the evidence proves the data that it discloses, whatever they show.

    :raises Malformed: no evidence is attached, or the file was changed after it was.
    """
    original, evidence, header = _parts(data)
    return Carried(evidence, None if header is None else header + original)


def original_of(data: bytes) -> bytes:
    """The PDF as it was before evidence was attached; Malformed as for :func:`read_pdf`."""
    return _parts(data)[0]


def _parts(data: bytes) -> tuple[bytes, bytes, bytes | None]:
    """Original, evidence, and the wrapped document's header line."""
    if not is_pdf(data):
        raise Malformed("not a PDF", "PDF")
    _check_size(data)
    end = _end(data)
    if end is None:
        if b"\n" + MARK in data:
            raise Malformed("was changed after evidence was attached: ask for the file as it was", "PDF")
        raise Malformed("carries no evidence: attach it with `ledger embed`, or give the evidence file", "PDF")
    length, *places = [int(number) for number in end.groups()[:5] if number is not None]
    evidence, *notes = [data[at : at + size] for at, size in zip(places[::2], places[1::2], strict=True)]
    original, header = data[:length], None
    if notes:
        header = notes[0][: notes[0].find(b"\n") + 1]
        if notes[0] != header + b"%d\n" % length or _HEADER.fullmatch(header) is None:
            raise Malformed("invalid note on the document", "PDF")
    if _embed(original, evidence, header) != data:
        raise Malformed("is not exactly an original and the evidence attached to it: ask for the file as it was", "PDF")
    return original, evidence, header


def _end(data: bytes) -> re.Match[bytes] | None:
    return _END.search(data, max(0, len(data) - _TAIL))


def _embed(pdf: bytes, evidence: bytes, header: bytes | None) -> bytes:
    if len(evidence) > MAX_EVIDENCE:
        raise Malformed(f"must have at most {MAX_EVIDENCE} bytes", "evidence")
    _check_size(pdf)
    attachments = [(EVIDENCE_NAME, b"application/json", evidence)]
    if header is not None:
        attachments.append((DOCUMENT_NAME, b"text/plain", header + b"%d\n" % len(pdf)))
    made = pdf + update(pdf, attachments)
    _check_size(made)
    return made


def _check_size(data: bytes) -> None:
    if len(data) > MAX_PDF:
        raise Malformed(f"a PDF has at most {MAX_PDF} bytes here, not {len(data)}", "PDF")

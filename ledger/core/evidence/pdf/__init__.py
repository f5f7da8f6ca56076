"""Evidence in a PDF: an incremental update attaches it, and the same original always gets the same update. docs/pdf.md.

This uses no PDF library. Little must be known of a PDF, and every version of this program and of other programs must
write the same bytes, which no library promises.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.core.evidence.evidence import MAX_EVIDENCE_BYTES
from ledger.core.evidence.pdf.update import DOCUMENT_NAME, EVIDENCE_NAME, MARK, update
from ledger.errors import Malformed

__all__ = ["MAX_PDF_BYTES", "Carried", "carries_evidence", "embed", "is_pdf", "original_of", "read_pdf"]

MAX_PDF_BYTES = 64 * 1024 * 1024
_TAIL = 200
_NUMBER = rb"(0|[1-9][0-9]{0,7})"
_END = re.compile(
    rb"\n%ledger/pdf/1 N N N(?: N N)?\nstartxref\nN\n%%EOF\n\Z".replace(b"N", _NUMBER)
)  # original's length; offset and length of the evidence, and of the note on the document
_HEADER = re.compile(rb"ledger/opaque/1 [A-Za-z0-9_-]{43}\n")


class Carried(NamedTuple):
    """The evidence in a PDF; ``document`` is the wrapped document, if the PDF itself is the declared document."""

    evidence: bytes
    document: bytes | None


def is_pdf(data: bytes) -> bool:
    """Whether a file begins like a PDF."""
    return data.startswith(b"%PDF-")


def carries_evidence(data: bytes) -> bool:
    """Whether a PDF ends like one with attached evidence; ``read_pdf`` checks whether it is unchanged."""
    return is_pdf(data) and _end(data) is not None


def embed(pdf: bytes, evidence: bytes, document: bytes | None = None) -> bytes:
    """``pdf`` followed by an update that attaches the evidence.

    :param evidence: the evidence file, at most 16 MiB; it is not read here.
    :param document: the wrapped document, if the PDF itself was declared; its header line is attached too.
    :raises Malformed: the PDF is invalid, encrypted, signed or too large, already carries evidence, or is not the
        document that ``document`` wraps.
    """
    header = None
    if document is not None:
        header = document[: max(0, len(document) - len(pdf))]
        if not document.endswith(pdf) or _HEADER.fullmatch(header) is None:
            raise Malformed("must wrap exactly this PDF as an opaque document", "document")
    return _embed(pdf, evidence, header)


def read_pdf(data: bytes) -> Carried:
    """The evidence in a PDF, read strictly: the file must be exactly an original and the update that ``embed`` writes.

    A verification must then show whether the evidence is good and about this document. Without a document the evidence
    does not prove the pages: it proves the data that it discloses, whatever the pages show.

    :raises Malformed: no evidence is attached, or the file was changed afterwards.
    """
    original, evidence, header = _parts(data)
    return Carried(evidence, None if header is None else header + original)


def original_of(data: bytes) -> bytes:
    """The PDF before evidence was attached; Malformed as for :func:`read_pdf`."""
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
    if len(evidence) > MAX_EVIDENCE_BYTES:
        raise Malformed(f"must have at most {MAX_EVIDENCE_BYTES} bytes", "evidence")
    _check_size(pdf)
    attachments = [(EVIDENCE_NAME, b"application/json", evidence)]
    if header is not None:
        attachments.append((DOCUMENT_NAME, b"text/plain", header + b"%d\n" % len(pdf)))
    made = pdf + update(pdf, attachments)
    _check_size(made)
    return made


def _check_size(data: bytes) -> None:
    if len(data) > MAX_PDF_BYTES:
        raise Malformed(f"a PDF has at most {MAX_PDF_BYTES} bytes here, not {len(data)}", "PDF")

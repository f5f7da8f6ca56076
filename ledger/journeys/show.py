"""Show: the fields that a digest binds, and no other reading of the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ledger.core.document import Disclosed, Field, Format, Redacted, Wrapped, open_document, read_redacted, read_wrapped
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.pdf import is_pdf, read_pdf
from ledger.core.evidence.reading import read_evidence
from ledger.errors import Malformed, VerificationFailed

_EVIDENCE = b'{"checkpoint":'  # how each evidence file begins


@dataclass(frozen=True, slots=True)
class ShownFields:
    """The fields that a document shows, in its order, and how many it hides.

    ``declared``: whether the digest is that of a declaration; False where no evidence says what was declared.
    """

    format: Format
    digest: Digest
    fields: tuple[Field | Disclosed, ...]
    hidden: int
    declared: bool


class GivenEvidence(NamedTuple):
    """Evidence, and the original of the PDF that carries it; None if there is no PDF, or it was not itself declared."""

    evidence: Evidence
    original: Wrapped | Redacted | None


def read_showable(data: bytes) -> Wrapped | Redacted | GivenEvidence:
    """Read a wrapped or redacted document, evidence, or a PDF that carries evidence; Malformed for any other file."""
    if data.startswith(b"ledger/"):
        return read_wrapped(data)
    if data.startswith(b'{"fields":'):
        return read_redacted(data)
    carried = None
    if is_pdf(data):
        data, carried = read_pdf(data)
    return GivenEvidence(read_evidence(data), None if carried is None else open_document(carried))


def read_redactable(data: bytes) -> Wrapped | Redacted:
    """Read a wrapped or redacted document, or take it out of evidence, or of a PDF that carries evidence.

    :raises Malformed: it is none of these, or the evidence discloses no document.
    :raises VerificationFailed: what the evidence discloses is not of the declared document.
    """
    if not is_pdf(data) and not data.startswith(_EVIDENCE):
        return open_document(data)
    given = read_showable(data)
    if not isinstance(given, GivenEvidence):
        return given
    found = given.evidence.document if given.original is None else given.original
    if found is None:
        raise Malformed("the evidence discloses nothing of the document: give its wrapped file")
    if found.digest != given.evidence.declaration.digest:
        raise VerificationFailed("what the evidence discloses is not of the declared document")
    return found


def shown_fields(file: Wrapped | Redacted | GivenEvidence, document: Wrapped | Redacted | None) -> ShownFields:
    """The fields that a file shows.

    With evidence they are those of the document beside it, else of the declared PDF, else those that the evidence
    discloses. The evidence itself is not judged.

    :param file: what ``read_showable`` returns.
    :param document: the document beside evidence.
    :raises Malformed: nothing is disclosed, or there are two documents and no evidence.
    :raises VerificationFailed: a document, beside the evidence or in the PDF, has another digest than the declaration.
    """
    if not isinstance(file, GivenEvidence):
        if document is not None:
            raise Malformed("goes with evidence, and the file is a document already", "--document")
        return _fields(file, declared=False)
    evidence, original = file
    opened = [item for item in (document, original) if item is not None]
    if not opened and evidence.document is not None:
        opened = [evidence.document]
    if not opened:
        raise Malformed("the evidence discloses no document: give it with --document")
    for item in opened:
        if item.digest != evidence.declaration.digest:
            digests = f"{hex_text(item.digest)}, and the declared one is {hex_text(evidence.declaration.digest)}"
            raise VerificationFailed(f"these fields are not those of the declared document: their digest is {digests}")
    return _fields(opened[0], declared=True)


def _fields(document: Wrapped | Redacted, *, declared: bool) -> ShownFields:
    return ShownFields(document.format, document.digest, tuple(document.fields), len(document.hidden), declared)

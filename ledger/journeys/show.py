"""Show: the fields that a digest binds, and no other reading of the document."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.document import Disclosed, Field, Format, Redacted, Wrapped, open_document, read_redacted, read_wrapped
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.pdf import is_pdf, read_pdf
from ledger.core.evidence.reading import read_evidence
from ledger.errors import Malformed, VerificationFailed


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


def shown_fields(data: bytes, document: bytes | None = None) -> ShownFields:
    """The fields of a wrapped or redacted document, of evidence, or of a PDF that carries evidence.

    With evidence they are those of the document beside it, else of the declared PDF, else those that the evidence
    discloses. The evidence itself is not judged.

    :param document: the document beside evidence, wrapped or redacted.
    :raises Malformed: a file is not what it should be, or nothing is disclosed.
    :raises VerificationFailed: a document, beside the evidence or in the PDF, has another digest than the declaration.
    """
    if data.startswith((b"ledger/", b'{"fields":')):
        if document is not None:
            raise Malformed("goes with evidence, and the file is a document already", "--document")
        return _fields(read_wrapped(data) if data.startswith(b"ledger/") else read_redacted(data), declared=False)
    carried = None
    if is_pdf(data):
        data, carried = read_pdf(data)
    evidence = read_evidence(data)
    opened = [open_document(item) for item in (document, carried) if item is not None]
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

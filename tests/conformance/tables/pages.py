"""Evidence that travels in a PDF: docs/evidence-format.md, check 21, and docs/pdf.md."""

from __future__ import annotations

from pathlib import Path

from ledger.core.document import Format, redact, wrap
from ledger.core.evidence.pdf import embed
from tests.conformance.parts import BAD, BROKEN, OPEN, attested, case, policy

PDF = (Path(__file__).parents[2] / "vectors" / "pdf" / "original.pdf").read_bytes()


def pages() -> None:
    made = attested(content=PDF, format_=Format.OPAQUE)
    wrapped, evidence = made.document.to_bytes(), made.evidence().to_bytes()
    other = wrap(PDF, Format.OPAQUE, bytes(32)).to_bytes()
    proven, forged, carrier = embed(PDF, evidence, wrapped), embed(PDF, evidence, other), embed(PDF, evidence)
    case("pdf_declared", "the PDF is the declared document", made, evidence=proven)
    case(
        "pdf_declared_beside_its_document", "and so is the document beside it", made, evidence=proven, document=wrapped
    )
    case("pdf_carrier", "the PDF only carries the evidence", made, evidence=carrier)
    case(
        "pdf_carrier_beside_the_document",
        "the document is proven, not the pages",
        made,
        evidence=carrier,
        document=wrapped,
    )
    unknown = policy(allow_skipped=False)
    case(
        "pdf_carrier_and_nothing_unknown_fail",
        "nothing may be unknown",
        made,
        evidence=carrier,
        policy=unknown,
        exit=OPEN,
    )
    case(
        "pdf_declared_beside_another_document_fail", "the document beside it is another", made,
        evidence=proven, document=other, exit=BAD, failed=("document",),
    )  # fmt: skip
    case(
        "pdf_of_another_declaration_fail", "the PDF is not the declared document", made,
        evidence=forged, exit=BAD, failed=("document", "pages"),
    )  # fmt: skip
    case(
        "pdf_of_another_declaration_beside_the_document_fail", "the document beside it is the declared one", made,
        evidence=forged, document=wrapped, exit=BAD, failed=("pages",),
    )  # fmt: skip
    case("pdf_with_a_line_more_fail", "something was added to the PDF", made, evidence=proven + b"\n", exit=BROKEN)
    case("pdf_without_evidence_fail", "a PDF that carries nothing", made, evidence=PDF, exit=BROKEN)
    data = attested()
    shown = data.evidence(redact(data.document, ["$.consignee"])).to_bytes()
    case("pdf_carrier_of_fields", "the evidence discloses fields of data", data, evidence=embed(PDF, shown))
    demanded = policy(show=["$.certificate"], max_hidden=2)
    case(
        "pdf_carrier_of_demanded_fields",
        "what the policy demands is shown",
        data,
        evidence=embed(PDF, shown),
        policy=demanded,
    )
    case(
        "pdf_declared_and_fields_demanded_fail", "the fields of another format are demanded", made,
        evidence=proven, policy=demanded, exit=BAD, failed=("shown",),
    )  # fmt: skip

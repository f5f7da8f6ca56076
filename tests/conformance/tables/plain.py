"""The plain file beside evidence: evidence-format.md, "The plain file"."""

from __future__ import annotations

from ledger.core.document import Format, disclose, redact
from tests.conformance.parts import BAD, BROKEN, CERTIFICATE, INVOICE, OPEN, SCAN, Shipment, attested, case, edited

_FAILED = ("document",)


def plain() -> None:
    certificate, invoice = attested(), attested(content=INVOICE, format_=Format.XML)
    scan = attested(content=SCAN, format_=Format.OPAQUE)
    for made, content, name in [(certificate, CERTIFICATE, "json"), (invoice, INVOICE, "xml"), (scan, SCAN, "opaque")]:
        whole = made.evidence(redact(made.document, [])).to_bytes()
        _given(made, f"{name}_whole", "all fields are disclosed, and the same", whole, content)
        nothing = made.evidence(disclose(made.document, [])).to_bytes()
        _given(made, f"{name}_all_hidden_fail", "the evidence tells the number of fields only", nothing, content, OPEN)
        without = made.evidence().to_bytes()
        _given(made, f"{name}_nothing_known_fail", "the evidence says nothing of the document", without, content, OPEN)
    _json(certificate)
    _xml(invoice)
    whole = scan.evidence(redact(scan.document, [])).to_bytes()
    _given(
        scan, "opaque_byte_fail", "one byte of an opaque file is another", whole, SCAN.replace(b"page", b"pages"), BAD
    )
    _given(scan, "opaque_cut_fail", "an opaque file without its last byte", whole, SCAN[:-1], BAD)
    _given(scan, "opaque_empty_line_fail", "an opaque file with a line feed more", whole, SCAN + b"\n", BAD)
    _given(
        scan,
        "of_the_ledger_fail",
        "a file that begins as a wrapped one does",
        whole,
        b"ledger/opaque/9 \n" + SCAN,
        BROKEN,
    )
    another = edited(
        lambda value: value["document"]["fields"][0].__setitem__(2, "Somebody else"),
        certificate,
        document=redact(certificate.document, []),
    )
    case(
        "plain_beside_another_disclosure_fail", "what the evidence discloses is not of the declared document",
        certificate, evidence=another, document=CERTIFICATE, exit=BAD, failed=("disclosure", "document"),
        undecided=("document",),
    )  # fmt: skip


def _given(made: Shipment, name: str, about: str, evidence: bytes, content: bytes, code: int = 0) -> None:
    failed = _FAILED if code in (BAD, OPEN) else ()
    case(f"plain_{name}", about, made, evidence=evidence, document=content, exit=code, failed=failed)


def _json(made: Shipment) -> None:
    whole = made.evidence(redact(made.document, [])).to_bytes()
    part = made.evidence(redact(made.document, ["$.consignee"])).to_bytes()
    _given(made, "json_in_part_fail", "two hidden fields cannot be compared", part, CERTIFICATE, OPEN)
    for name, about, old, new, of_part in [
        ("value", "another value", b"NZL2026/TGA/0001", b"NZL2026/TGA/0002", BAD),
        ("type", 'the text "4800" for the number 4800', b"4800", b'"4800"', BAD),
        ("number", "another number", b"4800", b"48000", BAD),
        ("null_for_text", "null where there was a text", b'"080440"', b"null", BAD),
        ("truth", "false for true", b"true", b"false", BAD),
        ("name", "another name of a member", b'"hs"', b'"HS"', BAD),
        ("removed", "a field is missing", b'"treated":true,', b"", BAD),
        ("added", "a field more", b'"treated":true', b'"treated":true,"paid":true', BAD),
        ("item_added", "an item more in a list", b'"goods":[', b'"goods":[{"hs":"080450"},', BAD),
        ("space_in_text", "a space in a text", b"Hass avocados", b"Hass  avocados", BAD),
        ("hidden_value", "a hidden field has another value", b'"NL"', b'"BE"', OPEN),
        (
            "hidden_removed",
            "a hidden field is missing, so the number of fields is another",
            b'"country":"NL",',
            b"",
            BAD,
        ),
        ("hidden_added", "a field more where some are hidden", b'"country":"NL"', b'"country":"NL","tax":1', BAD),
        (
            "hidden_exchanged",
            "a hidden field is exchanged for one of another name: nobody can see that",
            b'"country":"NL"',
            b'"tax":"NL"',
            OPEN,
        ),
    ]:
        assert old in CERTIFICATE
        content = CERTIFICATE.replace(old, new, 1)
        _given(made, f"json_{name}_fail", f"{about}; all is disclosed", whole, content, BAD)
        _given(made, f"json_{name}_beside_hidden_fail", f"{about}; the consignee is hidden", part, content, of_part)
    spaced = CERTIFICATE.replace(b",", b" ,\n\t").replace(b"4800", b"4.8e3")
    _given(made, "json_spelled", "white space and another spelling of a number", whole, b"\xef\xbb\xbf" + spaced)
    turned = b'{"remarks":null,' + CERTIFICATE[1:].replace(b',"remarks":null', b"")
    _given(made, "json_order", "members in another order", whole, turned)
    _given(made, "json_another_fail", "another document altogether", whole, b'{"invoice":"INV-7"}', BAD)
    _given(made, "json_another_format_fail", "an XML file beside a JSON document", whole, INVOICE, BROKEN)
    _given(made, "json_cut_fail", "a JSON file that ends too early", whole, CERTIFICATE[:-1], BROKEN)
    _given(made, "json_twice_fail", "a member twice", whole, CERTIFICATE.replace(b"{", b'{"treated":true,', 1), BROKEN)
    ours = CERTIFICATE.replace(b"{", b'{"ledger":"trade-ledger/evidence/2",', 1)
    _given(made, "names_a_format_fail", "a file of this ledger that is no document", whole, ours, BROKEN)
    _given(
        made, "like_a_redacted_copy_fail", "a file that begins as a redacted copy does", whole, b'{"fields":1}', BROKEN
    )


def _xml(made: Shipment) -> None:
    whole = made.evidence(redact(made.document, [])).to_bytes()
    part = made.evidence(redact(made.document, ["//Note"])).to_bytes()
    _given(made, "xml_in_part_fail", "one hidden field cannot be compared", part, INVOICE, OPEN)
    for name, about, old, new in [
        ("value", "another value", b"48384.00", b"48384.0"),
        ("attribute", "another value of an attribute", b'"EUR"', b'"USD"'),
        ("attribute_removed", "an attribute is missing", b' currency="EUR"', b""),
        ("attribute_added", "an attribute more", b' n="1"', b' n="1" m="2"'),
        ("namespace", "another namespace", b"urn:example:invoice", b"urn:example:invoices"),
        ("element", "another element", b"i:ID", b"i:Id"),
        ("white_space", "white space around a text", b"48384.00", b" 48384.00"),
        ("instruction", "another processing instruction", b"twice", b"once"),
        (
            "order",
            "two elements exchanged",
            b"<i:ID>INV-7</i:ID><i:Note>Zespri &amp; co</i:Note>",
            b"<i:Note>Zespri &amp; co</i:Note><i:ID>INV-7</i:ID>",
        ),
    ]:
        assert old in INVOICE
        content = INVOICE.replace(old, new)
        _given(made, f"xml_{name}_fail", f"{about}; all is disclosed", whole, content, BAD)
        _given(made, f"xml_{name}_beside_hidden_fail", f"{about}; the note is hidden", part, content, BAD)
    spelled = (
        INVOICE.replace(b"i:", b"inv:").replace(b"xmlns:i", b"xmlns:inv").replace(b"<inv:ID>", b"\n<!-- -->\n<inv:ID>")
    )
    _given(made, "xml_spelled", "another prefix, a comment, white space between elements", whole, spelled)
    utf16 = INVOICE.decode().replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    _given(made, "xml_utf16", "another encoding", whole, utf16)
    _given(made, "xml_another_format_fail", "a PDF beside an XML document", whole, SCAN, BROKEN)
    doctype = INVOICE.replace(b"<i:Invoice", b"<!DOCTYPE x><i:Invoice", 1)
    _given(made, "xml_doctype_fail", "a document type declaration", whole, doctype, BROKEN)

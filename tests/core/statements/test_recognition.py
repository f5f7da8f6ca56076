"""Types by content: what says its type is recognised, what does not is not guessed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from ledger.core.document import wrap
from ledger.core.encoding.limits import Format
from ledger.core.statements.code_names import is_document_type
from ledger.core.statements.recognition import own_file, recognise

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"
DOCUMENTS = ROOT.parent / "shared" / "data" / "documents"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def xml(root: str, namespace: str = "", inside: str = "") -> bytes:
    return f'<?xml version="1.0"?><!-- x --><r:{root} xmlns:r="{namespace or "urn:x"}">{inside}</r:{root}>'.encode()


def test_each_sample_that_says_its_type_is_recognised() -> None:
    for item in json.loads((SAMPLES / "index.json").read_text()):
        found = recognise((SAMPLES / item["file"]).read_bytes())
        if item["file"].endswith(".pdf"):
            assert found == (None, "a PDF, which is not read")
        else:
            assert found.document_type == item["type"], (item["file"], found)


SAID: list[tuple[bytes, int | None, str | None]] = [
    (xml("Invoice", UBL + "Invoice-2"), 380, "UBL Invoice"),
    (xml("Invoice", UBL + "Invoice-2", "<InvoiceTypeCode>384</InvoiceTypeCode>"), 384, "UBL Invoice"),
    (xml("Invoice", UBL + "Invoice-2", "<InvoiceTypeCode>Sales</InvoiceTypeCode>"), 380, "UBL Invoice"),
    (xml("Catalogue", UBL + "Catalogue-2"), None, "UBL Catalogue"),
    (
        xml("CrossIndustryInvoice", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
            "<ExchangedDocument><TypeCode>381</TypeCode></ExchangedDocument>"),
        381, "UN/CEFACT CrossIndustryInvoice",
    ),
    (
        xml("SPSCertificate", "urn:un:unece:uncefact:data:standard:SPSCertificate:17",
            "<SPSExchangedDocument><TypeCode>657</TypeCode></SPSExchangedDocument>"),
        657, "UN/CEFACT SPSCertificate",
    ),
    (
        xml("MetaData", "urn:wco:datamodel:WCO:DocumentMetaData-DMS:2",
            "<Declaration><FunctionCode>9</FunctionCode><TypeCode>EXD</TypeCode></Declaration>"),
        830, "WCO declaration of type EXD",
    ),
    (
        xml("MetaData", "urn:wco:datamodel:WCO:DocumentMetaData-DMS:2",
            "<Declaration><FunctionCode>13</FunctionCode><TypeCode>COR</TypeCode></Declaration>"),
        None, "WCO declaration of type COR",
    ),
    (
        xml("MetaData", "urn:x", "<Response><FunctionCode>09</FunctionCode></Response>"),
        132, "WCO response, function 09",
    ),
    (xml("CC015C", "http://ncts.dgtaxud.ec"), 950, "NCTS CC015C"),
    (b'{"n1:CC029C": {"messageType": "CC029C"}}', 132, "NCTS CC029C"),
    (xml("CargoManifest"), 785, "XML CargoManifest"),
    (xml("InvoiceReminder"), None, "XML InvoiceReminder"),
    (xml("Order").decode().encode("utf-16"), 220, "XML Order"),
    (b'{"documentType": 271}', 271, "JSON with documentType 271"),
    (b'\xef\xbb\xbf{"documentType": "705"}', 705, "JSON with documentType 705"),
    (b'{"documentType": true, "documentName": "Packing List"}', 271, "JSON with documentName Packing List"),
    (b'{"documentType": 99999}', None, "JSON that does not say what it is"),
    (b'{"invoiceNumber": "1", "total": 3}', 380, "JSON with invoiceNumber"),
    (b'{"certificateNumber": "1", "invoiceNumber": "1"}', None, "JSON that does not say what it is"),
    (b'{"invoice": {"lines": []}}', 380, "JSON with member invoice"),
    (b'{"transportDocumentTypeCode": "SWB", "transportDocumentReference": "X"}', 710,
     "DCSA transport document SWB"),
    (b'{"transportDocumentTypeCode": "BOL"}', 340, "DCSA shipping instructions for BOL"),
    (b'{"@context": ["u"], "type": ["VerifiableCredential", "CommercialInvoiceCredential"]}', 380,
     "credential CommercialInvoiceCredential"),
    (b'{"$template": {"name": "BILL_OF_LADING_CARRIER"}}', 705, "TradeTrust template BILL_OF_LADING_CARRIER"),
    (b"UNA:+.? '\nUNB+UNOC:3+A+B+261001:0930+1'UNH+1+INVOIC:D:96A:UN'BGM+381+7+9'", 381, "EDIFACT INVOIC"),
    (b"UNB*UNOC=3*A*B'UNH", None, None),
    (b"UNA=*.? ~UNB*UNOC=3*A*B~UNH*1*DESADV=D=96A=UN~", 351, "EDIFACT DESADV"),
    (b"UNH+1+INVOIC:D:96A:UN'\r\nBG\r\nM+380+1'", 380, "EDIFACT INVOIC"),
    (b"ISA*00*          *00*          *ZZ*A*ZZ*B*260101*1200*U*00401*1*0*P*>~GS*IN*A*B~ST*810*0001~", 380,
     "ANSI X12 810"),
    (b"{1:F01BANKDEFFAXXX0000000000}{2:I700BANKNL2AXXXXN}{4:", 465, "SWIFT MT700"),
    (b"%PDF-1.7 invoice", None, "a PDF, which is not read"),
    (b"PK\x03\x04", None, "a ZIP file, such as .docx or .xlsx, which is not read"),
    (b"invoice 380", None, "text or bytes of a form that is not known here"),
    (b"", None, "text or bytes of a form that is not known here"),
    (b"[1, 2]", None, "a JSON list"),
    (b"{not json", None, "text or bytes of a form that is not known here"),
    (b"<!DOCTYPE html><html>", None, None),
    (b"<html><body>invoice</body></html>", None, "XML html"),
    (b"<", None, None),
    (b"{" * 100_000, None, None),
]  # fmt: skip
"""Documents, the type that each says, and in which words; None for words that may change."""


@pytest.mark.parametrize(("data", "code", "what"), SAID)
def test_a_document_is_what_it_says(data: bytes, code: int | None, what: str | None) -> None:
    found = recognise(data)
    assert found.document_type == code, found
    assert what in (None, found.what)


def test_no_expansion_of_entities_is_waited_for() -> None:
    """A document type declaration ends the look; wrapping refuses it."""
    bombs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    assert recognise(f'<!DOCTYPE r [<!ENTITY e0 "x">{bombs}]><r>&e29;</r>'.encode()).document_type is None


def test_files_of_the_ledger_are_told_from_documents() -> None:
    wrapped = wrap(b'{"a": 1}', Format.JSON, bytes(32)).to_bytes()
    assert own_file(wrapped) == "a wrapped document, which holds a seed"
    assert own_file(b'{"checkpoint":"' + b"x" * 9_000 + b'","ledger":"trade-ledger/evidence/2"}\n')
    assert own_file(b'{\n "ledger": "trade-ledger/trust/1" }')
    assert own_file(b'{"crypto": {"cipher": "aes-128-ctr", "ciphertext": "00"}, "version": 3}') == "an encrypted key"
    assert own_file(b"SQLite format 3\0")
    assert own_file(b'{"a": "ledger/json/1", "crypto": "x"}') is None
    assert own_file(b"<r/>") is None


# What the index of ../shared/data says of a document, and the codes that are right for it.
RIGHT = {
    "commercial-invoice": {380, 381, 384, 389, 326, 875, 876, 877}, "credit-note": {381},
    "commercial-invoice(INVOIC)": {380}, "purchase-order": {105, 220}, "waybill": {700}, "vgm": {749},
    "import-declaration": {929}, "export-declaration": {830}, "phytosanitary-certificate": {851},
    "transit-declaration": {950}, "transit-transit-declaration": {950},
    "transit-transit-declaration-amendment": {950}, "transit-presentation-of-goods-pre-lodged": {950},
    "transit-release-for-transit": {132}, "transit-goods-release-notification": {132},
    "transit-arrival-notification": {98},
    "declaration": {961, 965}, "customs-notification": {961, 962, 963, 965, 932, 132}, "bill-of-lading": {705},
    "bill-of-lading/shipping-instruction": {340, 705, 710}, "booking": {335, 770}, "arrival-notice": {781},
    "promissory-note": {491}, "forwarding-instructions": {610}, "goods-passport(ATA-like)": {955},
    "transport-status": {44, 45}, "despatch-advice(DESADV)": {351}, "receipt-advice(RECADV)": {632},
    "cargo-manifest(CUSCAR)": {85, 785}, "bayplan(BAPLIE)": {658}, "order/other": {220},
    "cargo-manifest": {785, 786}, "air-waybill": {740}, "certificate-of-origin": {861}, "test-report": {4, 12},
    "import-licence": {911}, "import-permit": {911}, "inspection-report": {293, 856}, "eBL-transfer(PINT)": {705, 710},
}  # fmt: skip


def measured() -> tuple[list[str], list[str], list[str]]:
    """The documents of ../shared/data whose type is right, wrong, or not known."""
    right, wrong, unknown = [], [], []
    with (DOCUMENTS / "INDEX.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = recognise((DOCUMENTS / row["file"]).read_bytes())
            line = f"{row['file']} ({row['type']}): {found.document_type} {found.what}"
            if found.document_type is None:
                unknown.append(line)
            else:
                assert is_document_type(found.document_type)
                (right if found.document_type in RIGHT.get(row["type"], ()) else wrong).append(line)
    return right, wrong, unknown


def test_real_documents_get_the_right_type_or_none() -> None:
    """A wrong type would be signed; none is asked for."""
    if not DOCUMENTS.is_dir():
        pytest.skip("needs ../shared/data/documents, which is not part of this repository")
    right, wrong, unknown = measured()
    assert not wrong
    assert len(right) >= 475, unknown

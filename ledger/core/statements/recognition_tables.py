"""What documents say of their type, as tables: names of messages, roots and members, and the code that each means.

``recognition`` reads documents by them. The browser's reader (``web/verifier/recognise.ts``) reads by the same ones:
scripts/recognition_tables.py writes them for it.
"""

from __future__ import annotations

from collections.abc import Mapping

UBL_TYPES: Mapping[str, int] = {
    "BillOfLading": 705,
    "CertificateOfOrigin": 861,
    "CreditNote": 381,
    "DebitNote": 383,
    "DespatchAdvice": 351,
    "DocumentaryCredit": 465,
    "Enquiry": 210,
    "ExportCustomsDeclaration": 830,
    "ForwardingInstructions": 610,
    "FreightInvoice": 780,
    "GoodsItemPassport": 955,
    "GuaranteeCertificate": 430,
    "ImportCustomsDeclaration": 929,
    "Invoice": 380,
    "Manifest": 785,
    "Order": 220,
    "OrderChange": 230,
    "OrderResponse": 231,
    "OrderResponseSimple": 231,
    "PackingList": 271,
    "Quotation": 310,
    "ReceiptAdvice": 632,
    "RemittanceAdvice": 481,
    "RequestForQuotation": 311,
    "SelfBilledCreditNote": 261,
    "SelfBilledInvoice": 389,
    "TransitCustomsDeclaration": 950,
    "TransportationStatus": 44,
    "TransportationStatusRequest": 45,
    "Waybill": 700,
    "WeightStatement": 749,
}
UBL_CODES = ("InvoiceTypeCode", "CreditNoteTypeCode", "OrderTypeCode", "DocumentTypeCode")
CEFACT_TYPES: Mapping[str, int] = {
    "CITESePermit": 626,
    "CrossIndustryDespatchAdvice": 351,
    "CrossIndustryDocument": 380,
    "CrossIndustryInvoice": 380,
    "CrossIndustryOrder": 220,
    "ECMR": 730,
    "SCRDMCCBDACIOMessageStructure": 220,
    "SPSCertificate": 851,
}
WCO_RESPONSES: Mapping[str, int] = {
    "03": 963, "08": 932, "09": 132, "13": 965, "14": 965, "15": 965, "50": 962, "52": 962,
}  # fmt: skip
NCTS_TYPES: Mapping[str, int] = {
    "004": 961,  # amendment accepted
    "007": 98,  # arrival notification
    "009": 961,  # decision on an invalidation
    "013": 950,  # the declaration, amended
    "015": 950,
    "019": 961,  # discrepancies
    "022": 961,  # notification to amend
    "025": 132,  # goods released at the destination
    "028": 961,  # MRN allocated
    "029": 132,  # released for transit
    "035": 940,  # recovery
    "045": 961,  # write-off
    "051": 961,  # no release
    "055": 961,  # guarantee not valid
    "056": 963,  # rejection from the office of departure
    "057": 963,  # rejection from the office of destination
    "060": 961,  # control decision
    "170": 950,  # the declaration of goods that are presented now
    "182": 961,  # incident
    "906": 963,  # functional error
    "917": 963,  # error in the XML
    "928": 961,  # acknowledged
}
CODE_MEMBERS = ("documentType", "documentTypeCode", "invoiceTypeCode", "typeCode", "document_type", "type_code")
NAME_MEMBERS = ("documentType", "documentName", "documentTitle", "document_type", "name", "title")
EDIFACT_TYPES: Mapping[str, int] = {
    "APERAK": 305, "BAPLIE": 658, "CALINF": 97, "COARRI": 119, "CODECO": 109, "COPRAR": 121, "CUSCAR": 785,
    "CUSREP": 933, "CUSRES": 961, "DELFOR": 241, "DESADV": 351, "IFCSUM": 785, "IFTDGN": 890, "IFTMAN": 781,
    "IFTMBC": 770, "IFTMBF": 335, "IFTMIN": 340, "IFTSTA": 44, "INVOIC": 380, "INVRPT": 35, "ORDCHG": 230,
    "ORDERS": 220, "ORDRSP": 231, "PAXLST": 745, "PRICAT": 9, "PRODAT": 289, "QUOTES": 310, "RECADV": 632,
    "REMADV": 481, "REQOTE": 311, "VERMAS": 749,
}  # fmt: skip
X12_TYPES: Mapping[str, int] = {
    "300": 335, "301": 770, "304": 340, "309": 785, "310": 780, "312": 781, "810": 380, "812": 381, "820": 481,
    "850": 220, "855": 231, "856": 351, "861": 632,
}  # fmt: skip
STARTS: Mapping[bytes, str] = {
    b"%PDF-": "a PDF, which is not read",
    b"PK\x03\x04": "a ZIP file, such as .docx or .xlsx, which is not read",
    b"\xd0\xcf\x11\xe0": "an Office file, which is not read",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x89PNG": "a PNG image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"{\\rtf": "RTF, which is not read",
}

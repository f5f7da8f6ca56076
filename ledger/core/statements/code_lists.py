"""The code lists that statements use: what a document type and an outcome say, and which outcomes are adverse.

The codes are those of UN/EDIFACT D.24A: UNCL 1001 document name, 1373 document status, 4405 status description, 7365
processing indicator, and for the reason of a withdrawal 1225 message function. docs/formats.md section 3, "Code lists",
has the same tables, and the reasons stand in the table of fields before it. The words are ours and short.
A code without words here is said by its number and its list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END
from ledger.errors import Malformed

DOCUMENT_TYPES: Mapping[int, str] = {
    1: "certificate of analysis",
    2: "certificate of conformity",
    3: "certificate of quality",
    4: "test report",
    12: "mill certificate",
    14: "weight certificate",
    18: "movement certificate A.TR.1",
    44: "transport status report",
    45: "transport status request",
    85: "customs manifest",
    98: "arrival information",
    101: "registration document",
    105: "purchase order",
    132: "customs clearance notice",
    149: "basic agreement",
    182: "balance confirmation",
    220: "order",
    230: "purchase order change",
    231: "purchase order response",
    267: "fumigation certificate",
    270: "delivery note",
    271: "packing list",
    293: "inspection report",
    301: "response to registration",
    310: "quotation",
    311: "request for quotation",
    315: "contract",
    325: "proforma invoice",
    335: "booking request",
    340: "shipping instructions",
    351: "despatch advice",
    370: "advice of distribution of documents",
    380: "commercial invoice",
    381: "credit note",
    383: "debit note",
    384: "corrected invoice",
    386: "prepayment invoice",
    388: "tax invoice",
    389: "self-billed invoice",
    465: "documentary credit",
    481: "remittance advice",
    490: "bill of exchange",
    491: "promissory note",
    520: "insurance certificate",
    530: "insurance policy",
    610: "forwarding instructions",
    626: "CITES certificate",
    632: "goods receipt",
    636: "health certificate",
    640: "delivery order",
    657: "phytosanitary re-export certificate",
    658: "bayplan",
    661: "declaration of conformity",
    700: "waybill",
    703: "house waybill",
    704: "master bill of lading",
    705: "bill of lading",
    710: "sea waybill",
    714: "house bill of lading",
    720: "rail consignment note",
    730: "road consignment note",
    740: "air waybill",
    741: "master air waybill",
    749: "verified gross mass",
    760: "multimodal transport document",
    770: "booking confirmation",
    780: "freight invoice",
    781: "arrival notice",
    785: "cargo manifest",
    786: "freight manifest",
    811: "export licence",
    830: "export declaration",
    848: "legal action",
    851: "phytosanitary certificate",
    852: "sanitary certificate",
    853: "veterinary certificate",
    854: "court judgment",
    856: "inspection certificate",
    861: "certificate of origin",
    862: "declaration of origin",
    864: "preference certificate of origin",
    865: "certificate of origin form GSP",
    867: "introductory letter",
    869: "exclusive brokerage mandate",
    870: "consular invoice",
    878: "AEO certificate of security and safety",
    879: "AEO certificate of conformity",
    890: "dangerous goods declaration",
    891: "AEO certificate, full",
    911: "import licence",
    929: "import declaration",
    932: "customs delivery note",
    933: "cargo declaration, arrival",
    934: "value declaration",
    935: "customs invoice",
    940: "tax demand",
    950: "transit declaration",
    952: "TIR carnet",
    954: "movement certificate EUR.1",
    955: "ATA carnet",
    960: "single administrative document",
    961: "general response of customs",
    962: "document response of customs",
    963: "error response of customs",
    965: "tax calculation of customs",
    9001: "advance ruling",
    9002: "administrative appeal",
    9003: "decision on an administrative appeal",
}
"""UNCL 1001 in words. Codes from 9000 on are our own: UNCL 1001 has no advance ruling and no administrative appeal."""

WITHDRAWAL_REASONS: Mapping[int, str] = {1: "cancelled", 5: "replaced"}
"""UNCL 1225 in words: the reasons of a withdrawal."""


@dataclass(frozen=True, slots=True)
class OutcomeList:
    """A list of outcomes: its UNCL number and name, its codes from 1 to ``last``, their words, and what is adverse."""

    number: int
    name: str
    last: int
    words: Mapping[int, str]
    adverse: frozenset[int]

    def __contains__(self, outcome: int) -> bool:
        return 1 <= outcome <= self.last

    def in_words(self, outcome: int) -> str:
        """What the outcome says, e.g. "goods released"; a code without words by its number and list."""
        return self.words.get(outcome, f"code {outcome} of UNCL {self.number}")


DOCUMENT_STATUS = OutcomeList(
    1373,
    "document status",
    51,
    {
        1: "accepted",
        3: "conditionally accepted",
        8: "rejected",
        29: "provisional",
        39: "on hold",
        40: "validity suspended",
        41: "validity revoked",
        42: "in error",
        43: "received",
        44: "accepted with warnings",
        46: "under query",
        50: "rejected, no further processing",
    },
    frozenset({8}),
)
STATUS_DESCRIPTION = OutcomeList(
    4405,
    "status description",
    188,
    {
        1: "to be done",
        4: "final",
        14: "uncollected funds",
        36: "revised",
        39: "approved",
        41: "rejected",
        67: "preliminary",
        89: "dismissed",
        95: "unchanged",
        101: "set aside",
        115: "provisional",
        125: "adjusted",
        159: "conformant",
        160: "not conformant",
    },
    frozenset({1, 14, 160}),
)
PROCESSING_INDICATOR = OutcomeList(
    7365,
    "processing indicator",
    176,
    {
        1: "accepted",
        2: "rejected with comment",
        3: "rejected without comment",
        4: "goods released",
        5: "goods required for examination",
        6: "documents to be produced",
        7: "goods detained",
        8: "goods may move under customs transfer",
        9: "accepted, awaiting the arrival of the goods",
        15: "correction approved",
        16: "correction not approved",
        17: "message received",
        22: "export",
        25: "prohibited or restricted goods",
        30: "not processed until the sender acts",
        38: "manual procedures",
        83: "execution pending",
        103: "cancellation pending",
        104: "too late to cancel",
        122: "cannot be cancelled, already executed",
        129: "cancellation executed",
    },
    frozenset({2, 5, 6, 7, 16, 25, 30, 104, 122, 129}),
)

_OUTCOMES_OF = {
    **dict.fromkeys((132, 932, 961, 962, 963), PROCESSING_INDICATOR),
    **dict.fromkeys((293, 965, 854, 9003), STATUS_DESCRIPTION),
}


def outcomes_of(kind: int) -> OutcomeList:
    """The list that the outcomes of a kind come from."""
    return _OUTCOMES_OF.get(kind, DOCUMENT_STATUS)


def type_in_words(document_type: int) -> str:
    """What a document type or a kind is, e.g. "commercial invoice"; a code without words by its number and list."""
    return DOCUMENT_TYPES.get(document_type, f"document of type {document_type} (UNCL 1001)")


def withdrawal_reason_in_words(reason: int) -> str:
    """Why a declaration was withdrawn, e.g. "cancelled"; a code without words by its number and list."""
    return WITHDRAWAL_REASONS.get(reason, f"code {reason} of UNCL 1225")


def outcome_in_words(kind: int, outcome: int) -> str:
    """What an outcome of this kind says, e.g. "goods released"."""
    return outcomes_of(kind).in_words(outcome)


def is_adverse(kind: int, outcome: int) -> bool:
    """Whether the outcome holds against the goods or the party: a hold, a refusal, an examination, a demand."""
    return outcome in outcomes_of(kind).adverse


def check_outcome(attestation: Attestation) -> None:
    """Refuse what no agency should say, although the contract would write it; returns nothing.

    :raises Malformed: the outcome is not in the list of its kind; or it is adverse, and the attestation is about more
        than one declaration, or ends by itself.
    """
    kind, outcome = attestation.kind, attestation.outcome
    outcomes = outcomes_of(kind)
    if outcome not in outcomes:
        raise Malformed(
            f"{outcome} is not in UNCL {outcomes.number} ({outcomes.name}, codes 1 to {outcomes.last}), "
            f"from which the outcomes of kind {kind} ({type_in_words(kind)}) come",
            "attestation.outcome",
        )
    if not is_adverse(kind, outcome):
        return
    words = f'"{outcomes.in_words(outcome)}" (UNCL {outcomes.number} {outcome}) is adverse'
    if attestation.size != 1:
        raise Malformed(
            f"{words}: make one attestation for each of the {attestation.size} declarations, "
            "so that each of them can prove that there is none about it",
            "attestation.size",
        )
    if attestation.valid_until != NO_END:
        raise Malformed(
            f"{words}: it must not end by itself. Leave the end out, and revoke it to lift it",
            "attestation.valid_until",
        )

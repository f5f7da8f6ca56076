"""What a statement says, in English: one sentence and the facts of it, for whoever is about to sign.

Twin of ``web/pages/statements.ts``, which says the same on the signing page in several languages; tests hold both to
the same English. Ids and hashes stand there whole.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import one_line
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import (
    DOCUMENT_STATUS,
    is_adverse,
    outcome_in_words,
    type_in_words,
    withdrawal_reason_in_words,
)
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.statement import Statement
from ledger.core.statements.withdrawal import Withdrawal

_LAST_SECOND = 253_402_300_799  # of the year 9999
_RANDOM = ("salt", "nonce")
_ENDS = ("validUntil", "until")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_LABELS = {
    "site": "Site",
    "signer": "Your key",
    "time": "Time",
    "party": "Your key",
    "digest": "Fingerprint of the document",
    "documentType": "Type of document",
    "replaces": "Replaces the declaration",
    "declaration": "Declaration",
    "reason": "Reason",
    "replacement": "Replaced by the declaration",
    "agency": "Agency",
    "kind": "What is attested",
    "outcome": "Outcome",
    "detail": "Fingerprint of the agency's own document",
    "validFrom": "In force from",
    "validUntil": "In force until",
    "root": "Fingerprint of the list of declarations",
    "size": "About",
    "attestation": "Attestation",
    "member": "Only for the declaration",
    "line": "Line",
    "members": "Member of the council",
    "threshold": "How many members decide",
    "resolution": "Number of the resolution",
    "name": "Name",
    "jurisdiction": "Country",
    "uri": "Address on the web",
    "attester": "Key of the agency",
    "since": "Compromised since",
    "from": "In force from",
    "until": "In force until",
}
_POSTING_LABELS = {"member": "Declaration of the certificate", "from": "Sheet until now", "to": "Next sheet"}


class Fact(NamedTuple):
    """One member of a statement: what it is, and what it says."""

    label: str
    value: str


def sentence_of(statement: Statement) -> str:
    """What whoever signs it says, e.g. "NZ-MPI attests: phytosanitary certificate, accepted."."""
    match statement:
        case SignIn(site):
            words = f"Let me in at {one_line(site)}."
        case Declaration(document_type=type_):
            words = f"This document is mine: {type_in_words(type_)}."
        case Withdrawal(reason=reason):
            words = f"I withdraw my declaration: {withdrawal_reason_in_words(reason)}."
        case Attestation(agency, kind, outcome):
            words = f"{agency} attests: {type_in_words(kind)}, {outcome_in_words(kind, outcome)}."
        case Revocation(reason=reason):
            words = f"My agency revokes its attestation: {DOCUMENT_STATUS.in_words(reason)}."
        case Posting(agency=agency, line=line, from_=before):
            verb, end = ("opens", "") if before == ZERO else ("moves", " to its next sheet")
            words = f"{agency} {verb} line {line} of a certificate{end}."
        case _:
            words = f"The council {_resolution(statement)}."
    return words


def _resolution(statement: Statement) -> str:
    match statement:
        case CouncilChange():
            words = "gets new members"
        case AgencyEnrolment(name=name):
            words = f"enrols the agency {one_line(name)}"
        case AgencySuspension(agency):
            words = f"suspends the agency {agency}"
        case AgencyReinstatement(agency):
            words = f"reinstates the agency {agency}"
        case AttesterAuthorisation(agency=agency):
            words = f"authorises a key to speak for the agency {agency}"
        case AttesterRetirement():
            words = "retires the key of an agency"
        case AttesterCompromise():
            words = "declares the key of an agency compromised"
        case MandateGrant(agency, kind):
            words = f"lets the agency {agency} attest: {type_in_words(kind)}"
        case MandateWithdrawal(agency, kind):
            words = f"ends the mandate of the agency {agency}: {type_in_words(kind)}"
        case _:
            raise AssertionError(f"a statement without words: {type(statement).PRIMARY_TYPE}")
    return words


def facts_of(statement: Statement) -> list[Fact]:
    """Every member but the random ones, in the statement's order; a list has a fact for each of its items."""
    found = []
    for (name, kind), value in zip(type(statement).typed_members(), statement.to_json().values(), strict=True):
        if name in _RANDOM:
            continue
        label = (_POSTING_LABELS if isinstance(statement, Posting) else {}).get(name) or _LABELS[name]
        items = value if isinstance(value, list) else [_value(statement, kind, name, value)]
        found += [Fact(label, item) for item in items]
    return found


def notes_of(statement: Statement) -> list[str]:
    """What whoever signs it should know beside."""
    match statement:
        case Attestation(kind=kind, outcome=outcome) if is_adverse(kind, outcome):
            return ["This outcome holds against the goods or their owner."]
        case Revocation() | Withdrawal():
            return ["This cannot be undone."]
        case AttesterCompromise():
            return ["This cannot be undone. What the key signed since then no longer counts."]
        case _:
            return []


def _value(statement: Statement, kind: str, name: str, value: Any) -> str:
    words = _code(statement, name, value)
    if words is not None:
        words = f"{words} ({value})"
    elif value == hex_text(ZERO):
        is_all = name == "member" and isinstance(statement, Revocation)
        words = "all that the attestation is about" if is_all else "none"
    elif name == "size":
        words = "one document" if value == 1 else f"{value:,} documents"
    elif kind == "uint40":
        words = _end_or_moment(name, value)
    else:
        words = one_line(str(value))
    return words


def _end_or_moment(name: str, at: int) -> str:
    if at == NO_END and name in _ENDS:
        return "no end"
    return "from now on" if at == 0 and name == "from" else _moment(at)


def _code(statement: Statement, name: str, code: int) -> str | None:
    """What a member's code says; None for a member that is no code."""
    if name in ("documentType", "kind"):
        return type_in_words(code)
    if isinstance(statement, Attestation) and name == "outcome":
        return outcome_in_words(statement.kind, code)
    if name == "reason":
        return (DOCUMENT_STATUS.in_words if isinstance(statement, Revocation) else withdrawal_reason_in_words)(code)
    return None


def _moment(at: int) -> str:
    """A moment to the second, in UTC; beyond the year 9999 the number."""
    if at > _LAST_SECOND:
        return f"second {at} after 1970"
    moment = datetime.fromtimestamp(at, UTC)
    words = f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"
    return words if moment.second == 0 else f"{words} and {moment.second} s"

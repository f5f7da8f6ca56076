"""An entry in words, for people: what its payload says, in one line."""

from __future__ import annotations

from typing import assert_never

from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import one_line, when
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Posted, Revoked, Withdrawn
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import (
    DOCUMENT_STATUS,
    outcome_in_words,
    type_in_words,
    withdrawal_reason_in_words,
)
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
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal


def in_words(content: Content) -> str:
    """What an entry says; ids and hashes stand there whole."""
    match content:
        case Enacted(resolution=resolution):
            return _resolution(resolution)
        case Anchored(root, size):
            return f"{_declarations(size)} under root {hex_text(root)}"
        case Attested(attestation=attestation):
            return _attestation(attestation)
        case Revoked(revocation=revocation):
            return _revocation(revocation)
        case Withdrawn(withdrawal=withdrawal):
            return _withdrawal(withdrawal)
        case Posted(posting=posting):
            return _posting(posting)
        case _:
            assert_never(content)


def _attestation(said: Attestation) -> str:
    what = f"{type_in_words(said.kind)}, {outcome_in_words(said.kind, said.outcome)}"
    return f"{said.agency}: {what}; about {_declarations(said.size)} under root {hex_text(said.root)}"


def _revocation(said: Revocation) -> str:
    whom = "" if said.member == ZERO else f" for declaration {hex_text(said.member)} only"
    return f"attestation {hex_text(said.attestation)}{whom}: {DOCUMENT_STATUS.in_words(said.reason)}"


def _withdrawal(said: Withdrawal) -> str:
    instead = "" if said.replacement == ZERO else f"; the replacement is {hex_text(said.replacement)}"
    return f"declaration {hex_text(said.declaration)}: {withdrawal_reason_in_words(said.reason)}{instead}"


def _posting(said: Posting) -> str:
    """Not what is on a sheet, such as a quantity: an entry has only the sheets' hashes."""
    line = f"line {said.line} of certificate {hex_text(said.member)} under attestation {hex_text(said.attestation)}"
    before = "no sheet" if said.from_ == ZERO else f"sheet {hex_text(said.from_)}"
    return f"{said.agency}: {line}; from {before} to sheet {hex_text(said.to)}"


def _resolution(said: Resolution) -> str:
    match said:
        case CouncilChange(members, threshold):
            words = f"{threshold} of {len(members)} members decide"
        case AgencyEnrolment(agency, name, jurisdiction):
            words = f"{agency}: {one_line(name)} ({jurisdiction})"
        case AgencySuspension(agency) | AgencyReinstatement(agency):
            words = agency
        case AttesterAuthorisation(attester, agency):
            words = f"{agency}: {hex_text(attester)}"
        case AttesterRetirement(attester):
            words = hex_text(attester)
        case AttesterCompromise(attester, since):
            words = f"{hex_text(attester)}: since {when(since)}"
        case MandateGrant(agency, kind, from_, until):
            end = "further notice" if until == NO_END else when(until)
            words = f"{agency}: {kind} {type_in_words(kind)}, from {when(from_)} until {end}"
        case MandateWithdrawal(agency, kind):
            words = f"{agency}: {kind} {type_in_words(kind)}"
        case _:
            assert_never(said)
    return words


def _declarations(size: int) -> str:
    return f"{size} declaration" + ("" if size == 1 else "s")

"""An entry as a sentence, for people: who did what about what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import one_line, when
from ledger.core.history.agencies import Agencies
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Posted, Revoked, Withdrawn
from ledger.core.statements.code_lists import (
    DOCUMENT_STATUS,
    outcome_in_words,
    type_in_words,
    withdrawal_reason_in_words,
)
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
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


def sentence(content: Content, agencies: Agencies | None = None) -> str:
    """What happened, with the names of agencies; ids and hashes stand there whole.

    :param agencies: the register, at this entry or later: who an agency or an attester is does not change. Without it,
        an agency is called by its code, and an attester by its key.
    """
    match content:
        case Enacted(resolution=resolution):
            words = _resolution(resolution, agencies)
        case Anchored(root, size):
            verb = "was" if size == 1 else "were"
            words = f"{_declarations(size)} {verb} anchored, under root {hex_text(root)}"
        case Attested(attestation=said):
            what = f"{type_in_words(said.kind)}, {outcome_in_words(said.kind, said.outcome)}"
            about = f"{_declarations(said.size)} under root {hex_text(said.root)}"
            words = f"{_agency(said.agency, agencies)} attested {about}: {what}"
        case Revoked(revocation=ended, signer=signer):
            whom = "" if ended.member == ZERO else f" for declaration {hex_text(ended.member)} only"
            reason = DOCUMENT_STATUS.in_words(ended.reason)
            words = f"{_speaker(signer, agencies)} revoked attestation {hex_text(ended.attestation)}{whom}: {reason}"
        case Withdrawn(declaration=declaration, withdrawal=withdrawal):
            other = withdrawal.replacement
            instead = "" if other == ZERO else f"; the replacement is {hex_text(other)}"
            reason = withdrawal_reason_in_words(withdrawal.reason)
            whose = f"The party {hex_text(declaration.party)} withdrew declaration {hex_text(withdrawal.declaration)}"
            words = f"{whose}: {reason}{instead}"
        case Posted(posting=posting):
            words = _posting(posting, agencies)
        case _:
            assert_never(content)
    return words


def signers_of_entry(content: Content) -> Sequence[Signer]:
    """Whose signatures the entry has; nobody signs an anchor or the first council."""
    match content:
        case Enacted(endorsements=endorsements):
            return [one.signer for one in endorsements]
        case Anchored():
            return []
        case Withdrawn(declaration=declaration):
            return [declaration.party]
        case Attested(signer=signer) | Revoked(signer=signer) | Posted(signer=signer):
            return [signer]
        case _:
            assert_never(content)


def statement_id(content: Content, origin: Origin) -> bytes | None:
    """The id of the statement that the entry records (32 bytes); None for an anchor, which records none."""
    match content:
        case Enacted(resolution=resolution):
            return resolution.id(origin)
        case Anchored():
            return None
        case Attested(attestation=attestation):
            return attestation.id(origin)
        case Revoked(revocation=revocation):
            return revocation.id(origin)
        case Withdrawn(withdrawal=withdrawal):
            return withdrawal.id(origin)
        case Posted(posting=posting):
            return posting.id(origin)
        case _:
            assert_never(content)


def _posting(said: Posting, agencies: Agencies | None) -> str:
    line = f"line {said.line} of certificate {hex_text(said.member)} under attestation {hex_text(said.attestation)}"
    if said.from_ == ZERO:
        return f"{_agency(said.agency, agencies)} opened {line}, with sheet {hex_text(said.to)}"
    sheets = f"from sheet {hex_text(said.from_)} to sheet {hex_text(said.to)}"
    return f"{_agency(said.agency, agencies)} moved {line} {sheets}"


def _resolution(said: Resolution, agencies: Agencies | None) -> str:
    match said:
        case CouncilChange(members, threshold):
            who = "its one member decides" if len(members) == 1 else f"{threshold} of {len(members)} members decide"
            words = f"took its seat: {who}"
        case AgencyEnrolment(agency, name, jurisdiction):
            words = f"enrolled the agency {one_line(name)} ({agency}, {jurisdiction})"
        case AgencySuspension(agency):
            words = f"suspended {_agency(agency, agencies)}"
        case AgencyReinstatement(agency):
            words = f"reinstated {_agency(agency, agencies)}"
        case AttesterAuthorisation(attester, agency):
            words = f"authorised the key {hex_text(attester)} to speak for {_agency(agency, agencies)}"
        case AttesterRetirement(attester):
            words = f"retired the key {hex_text(attester)} of {_speaker(attester, agencies)}"
        case AttesterCompromise(attester, since):
            whose = _speaker(attester, agencies)
            words = f"declared the key {hex_text(attester)} of {whose} compromised since {when(since)}"
        case MandateGrant(agency, kind, from_, until):
            end = "further notice" if until == NO_END else when(until)
            span = f"from {when(from_)} until {end}" if from_ else f"from then until {end}"
            words = f"let {_agency(agency, agencies)} attest kind {kind}, {type_in_words(kind)}, {span}"
        case MandateWithdrawal(agency, kind):
            words = f"ended the mandate of {_agency(agency, agencies)} for kind {kind}, {type_in_words(kind)}"
        case _:
            assert_never(said)
    return f"The council {words}"


def _agency(code: str, agencies: Agencies | None) -> str:
    known = None if agencies is None else agencies.agencies.get(code)
    return code if known is None else f"{one_line(known.name)} ({code})"


def _speaker(signer: Signer, agencies: Agencies | None) -> str:
    known = None if agencies is None else agencies.attesters.get(signer)
    return hex_text(signer) if known is None else _agency(known.agency, agencies)


def _declarations(size: int) -> str:
    return f"{size} declaration" + ("" if size == 1 else "s")

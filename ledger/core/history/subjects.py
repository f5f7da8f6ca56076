"""Subjects: what an entry is about. docs/formats.md section 7.

The index of a history maps each subject to the numbers of all entries about it. So whoever knows a subject can prove
that these entries are all there are. ``tree/subject_index.py`` has the map.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import assert_never

from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName, SetName, Signer, Subject, SubjectKey
from ledger.core.history.entry import Anchored, Attested, Enacted, Entry, Posted, Revoked, Withdrawn
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
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
from ledger.core.tree.index_page import Item

_DOMAIN = b"trade-ledger/subject/1\n"
_AGENCY_SIZE = 16

COUNCIL = Subject(b"\x01")


def agency_subject(code: str) -> Subject:
    """The agency of a code: its enrolment, suspensions and reinstatements."""
    return Subject(b"\x02" + _padded(code))


def attester_subject(signer: Signer) -> Subject:
    """The key of an attester: its authorisation, retirement and compromises."""
    return Subject(b"\x03" + signer)


def mandate_subject(agency: str, kind: int) -> Subject:
    """What an agency may attest of a kind: the mandates granted and withdrawn."""
    return Subject(b"\x04" + _padded(agency) + kind.to_bytes(2))


def set_subject(name: SetName) -> Subject:
    """A set of declarations: its anchor, and every attestation about it."""
    return Subject(b"\x05" + name.root + name.size.to_bytes(8))


def attestation_subject(id_: AttestationId) -> Subject:
    """An attestation: itself, and its revocation for the whole set."""
    return Subject(b"\x06" + id_)


def member_subject(attestation: AttestationId, declaration: DeclarationId) -> Subject:
    """A member of an attested set: the revocation of the attestation for this member."""
    return Subject(b"\x07" + attestation + declaration)


def revocation_subject(revocation: Revocation) -> Subject:
    """What a revocation is about: the whole attestation, or one of its members."""
    if revocation.member == NO_DECLARATION:
        return attestation_subject(revocation.attestation)
    return member_subject(revocation.attestation, revocation.member)


def declaration_subject(id_: DeclarationId) -> Subject:
    """A declaration: its withdrawal."""
    return Subject(b"\x08" + id_)


def line_subject(line: LineName) -> Subject:
    """A line of a certificate: its postings."""
    return Subject(b"\x09" + line.attestation + line.member + line.line.to_bytes(4))


def subject_key(subject: Subject) -> SubjectKey:
    """SHA-256("trade-ledger/subject/1" ‖ newline ‖ subject): where the index has the subject."""
    return SubjectKey(sha256(_DOMAIN + subject).digest())


def subjects_of(entry: Entry, origin: Origin) -> tuple[Subject, ...]:
    """What an entry is about: one or two subjects; Malformed where its payload is no encoding of its kind."""
    content = entry.content
    match content:
        case Anchored():  # nearly all are anchors and attestations, and a long replay asks for each
            return (set_subject(SetName(content.root, content.size)),)
        case Attested():
            said = content.attestation
            # The topic is the attestation's id, which the replay has computed already.
            id_ = AttestationId(entry.topic(origin))
            return attestation_subject(id_), set_subject(SetName(said.root, said.size))
        case Enacted():
            return (_subject_of_resolution(content.resolution),)
        case Revoked():
            return (revocation_subject(content.revocation),)
        case Withdrawn():
            return (declaration_subject(content.withdrawal.declaration),)
        case Posted():
            return (line_subject(content.posting.line_name),)
        case _:
            assert_never(content)


def lists_of(entries: Iterable[Entry], origin: Origin) -> list[Item]:
    """The lists of all subjects of some entries, ascending by key: what an index advances by."""
    lists: dict[SubjectKey, list[int]] = {}
    for entry in entries:
        for subject in subjects_of(entry, origin):
            lists.setdefault(subject_key(subject), []).append(entry.number)
    return [Item(key, tuple(lists[key])) for key in sorted(lists)]


def describe(subject: Subject) -> str:
    """A subject in words, for messages: "agency NZ-MPI", "attestation 0x12…"."""
    rest = subject[1:]
    first, second = f"0x{rest[:32].hex()}", f"0x{rest[32:64].hex()}"
    agency = rest[:_AGENCY_SIZE].rstrip(b"\0").decode("ascii", "replace")
    return {
        1: "the council",
        2: f"agency {agency}",
        3: f"attester 0x{rest.hex()}",
        4: f"the mandate of {agency} for kind {int.from_bytes(rest[_AGENCY_SIZE:])}",
        5: f"the set of {int.from_bytes(rest[32:])} with root {first}",
        6: f"attestation {first}",
        7: f"declaration {second} under attestation {first}",
        8: f"declaration {first}",
        9: f"line {int.from_bytes(rest[64:])} of declaration {second} under attestation {first}",
    }[subject[0]]


def _subject_of_resolution(resolution: Resolution) -> Subject:
    match resolution:
        case CouncilChange():
            return COUNCIL
        case AgencyEnrolment(agency) | AgencySuspension(agency) | AgencyReinstatement(agency):
            return agency_subject(agency)
        case AttesterAuthorisation(attester) | AttesterRetirement(attester) | AttesterCompromise(attester):
            return attester_subject(attester)
        case MandateGrant(agency, kind) | MandateWithdrawal(agency, kind):
            return mandate_subject(agency, kind)
        case _:
            assert_never(resolution)


def _padded(code: str) -> bytes:
    return code.encode("ascii").ljust(_AGENCY_SIZE, b"\0")

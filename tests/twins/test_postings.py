"""Twins: contract and core take and refuse the same postings, for the same reason with the same values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.core.encoding.ids import AttestationId, LineName, Signer
from ledger.core.history.entry import Attested, Enacted, Endorsement, Posted, Revoked
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import BALANCE_CONFIRMATION, Posting
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
    make_resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signer import passkey_signer
from ledger.edges.chain import calls
from ledger.testing.local_ledger import LocalLedger
from tests import contract_views
from tests.passkeys import Passkey
from tests.twins.test_contract_and_core import Story, sign, signer_of

MEMBER, OTHER = b"\x01" * 32, b"\x02" * 32
A, B, C = (letter * 32 for letter in (b"\xaa", b"\xbb", b"\xcc"))


class Certificate(Story):
    """Agency A ("first") issued a certificate; agency B ("second") writes off."""

    def __init__(self, house: LocalLedger) -> None:
        super().__init__(house, 0)
        for code, officer in (("A", "first"), ("B", "second")):
            self.enact(AgencyEnrolment, code, "x", "NZ", "x")
            self.enact(AttesterAuthorisation, signer_of(officer), code)
            self.enact(MandateGrant, code, BALANCE_CONFIRMATION, 0, NO_END)
        self.enact(MandateGrant, "A", 851, 0, NO_END)
        self.id = self.attest(b"\x01" * 32)

    def enact(self, kind: type[Resolution], *members: object) -> None:
        made = make_resolution(kind, members, self.history.agencies.resolutions + 1)
        endorsement = Endorsement(signer_of("council"), sign("council", made.id(self.chain.origin)))
        self.send(calls.enact(made, [endorsement]), Enacted(made, (endorsement,)))

    def attest(self, salt: bytes, until: int = NO_END) -> AttestationId:
        made = Attestation("A", 851, 1, ZERO, 0, until, b"\x03" * 32, 5, salt)
        signer, signature = signer_of("first"), sign("first", made.id(self.chain.origin))
        assert self.send(calls.attest(made, signer, signature), Attested(made, signer, signature)) == "ATTESTED"
        return made.id(self.chain.origin)

    def revoke(self, id_: AttestationId, member: bytes) -> None:
        made = Revocation(id_, member, 41)
        signer, signature = signer_of("first"), sign("first", made.id(self.chain.origin))
        assert self.send(calls.revoke(made, signer, signature), Revoked(made, signer, signature)) == "REVOKED"

    def post(self, by: str, agency: str, from_: bytes, to: bytes, **more: Any) -> str:
        """Post on line 1: what was written, or the refusal."""
        posting = replace(Posting(agency, self.id, MEMBER, 1, from_, to), **more)
        return self.carry(posting, signer_of(by), sign(by, posting.id(self.chain.origin)))

    def carry(self, posting: Posting, signer: Signer, signature: bytes) -> str:
        """Contract and core must then have the same sheet."""
        done = self.send(calls.post(posting, signer, signature), Posted(posting, signer, signature))
        line = posting.line_name
        assert contract_views.sheet(self.chain, line) == self.history.sheet(line)
        return done


@pytest.fixture
def certificate(house: LocalLedger) -> Certificate:
    return Certificate(house)


def test_a_line_moves_from_sheet_to_sheet(certificate: Certificate) -> None:
    post = certificate.post
    assert post("second", "B", ZERO, A) == "AgencyMismatch"  # only the agency that attested opens
    assert post("first", "A", A, B) == "SheetStale"
    assert post("first", "A", ZERO, A) == "POSTED"
    assert post("first", "A", ZERO, A) == "SheetStale"
    assert post("first", "A", ZERO, B) == "SheetStale"
    assert post("second", "B", A, B) == "POSTED"
    assert post("first", "A", A, C) == "SheetStale"  # the second of two that moved from one sheet
    assert post("first", "A", B, A) == "POSTED"
    assert post("second", "B", A, B) == "POSTED"  # the line is at that sheet again, so the same posting counts again
    assert post("first", "A", ZERO, A, line=2) == "POSTED"
    assert post("first", "A", ZERO, A, line=2**32 - 1) == "POSTED"
    assert post("first", "A", ZERO, A, member=OTHER) == "POSTED"
    assert post("first", "A", ZERO, A, member=ZERO) == "POSTED"
    assert post("first", "A", ZERO, A, attestation=certificate.attest(b"\x02" * 32)) == "POSTED"
    size, head, _ = certificate.chain.head()
    assert (certificate.history.size, certificate.history.head) == (size, head)
    assert certificate.history.sheet(LineName(certificate.id, MEMBER, 1)) == B


def test_what_is_no_posting(certificate: Certificate) -> None:
    post = certificate.post
    assert post("stranger", "B", ZERO, ZERO, attestation=OTHER) == "PostingMalformed"
    assert post("stranger", "B", A, A) == "PostingMalformed"
    assert post("stranger", "B", A, ZERO) == "PostingMalformed"
    assert post("stranger", "B", ZERO, A, attestation=OTHER) == "AttestationUnknown"
    assert post("stranger", "B", ZERO, A) == "AttesterUnknown"
    assert post("second", "A", ZERO, A) == "AgencyMismatch"


def test_a_posting_needs_its_signature(certificate: Certificate) -> None:
    """By a passkey, since a core without a chain does not refuse what might be a wallet's signature."""
    origin, passkey = certificate.chain.origin, Passkey("officer of A")
    signer = passkey_signer(origin, passkey.point)
    certificate.enact(AttesterAuthorisation, signer, "A")
    posting = Posting("A", certificate.id, MEMBER, 1, ZERO, A)
    good, other = passkey.sign(posting.id(origin)), replace(posting, to=B)
    assert certificate.carry(posting, signer, bytes(1025)) == "SignatureTooLong"
    assert certificate.carry(posting, signer, b"") == "SignatureMismatch"
    assert certificate.carry(posting, signer, good + b" ") == "SignatureMismatch"
    assert certificate.carry(posting, signer, Passkey("thief").sign(posting.id(origin))) == "SignatureMismatch"
    assert certificate.carry(other, signer, good) == "SignatureMismatch"
    assert certificate.carry(replace(posting, from_=B, to=A), signer, good) == "SheetStale"
    assert certificate.carry(posting, signer, good) == "POSTED"


def test_who_may_no_longer_post(certificate: Certificate) -> None:
    post, enact = certificate.post, certificate.enact
    assert post("first", "A", ZERO, A) == "POSTED"
    enact(MandateWithdrawal, "B", BALANCE_CONFIRMATION)
    assert post("second", "B", A, B) == "MandateMissing"
    enact(MandateGrant, "B", BALANCE_CONFIRMATION, certificate.history.last_time + 100_000, NO_END)
    assert post("second", "B", A, B) == "MandateMissing"
    enact(AgencySuspension, "B")
    assert post("second", "B", A, B) == "AgencyNotActive"
    enact(AgencyReinstatement, "B")
    enact(AttesterRetirement, signer_of("second"))
    assert post("second", "B", A, B) == "AttesterNotActive"
    enact(AttesterCompromise, signer_of("second"), 1)
    assert post("second", "B", A, B) == "AttesterDeclaredCompromised"
    assert post("first", "A", A, B) == "POSTED"


def test_postings_need_an_attestation_that_stands(certificate: Certificate) -> None:
    post = certificate.post
    assert post("first", "A", ZERO, A) == "POSTED"
    assert post("first", "A", ZERO, A, member=OTHER) == "POSTED"
    certificate.revoke(certificate.id, MEMBER)
    assert post("second", "B", A, B) == "AttestationAlreadyRevoked"
    assert post("second", "B", A, B, member=OTHER) == "POSTED"
    assert post("first", "A", ZERO, A, member=ZERO) == "POSTED"
    certificate.revoke(certificate.id, ZERO)
    assert post("second", "B", B, C, member=OTHER) == "AttestationAlreadyRevoked"
    assert post("second", "B", A, C, member=ZERO) == "AttestationAlreadyRevoked"

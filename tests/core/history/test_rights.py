"""Rights: every state of a key, of its agency and of the settings, against what docs/access.md says."""

from __future__ import annotations

from itertools import product

import pytest

from ledger.core.encoding.ids import Digest, Signer
from ledger.core.history.agencies import Agencies
from ledger.core.history.rights import Appointed, Rights, Role, anybody, holder_of, rights_of
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    Resolution,
    make_resolution,
)
from ledger.errors import AttesterDeclaredCompromised, AttesterNotActive

ME, OTHER, MEMBER = Signer(b"\x01" * 20), Signer(b"\x02" * 84), Signer(b"\x03" * 20)
NOW = 1_000
KEYS = {
    "a party": (),
    "authorised": (AttesterAuthorisation,),
    "retired": (AttesterAuthorisation, AttesterRetirement),
    "compromised": (AttesterAuthorisation, AttesterCompromise),
    "retired, then compromised": (AttesterAuthorisation, AttesterRetirement, AttesterCompromise),
    "compromised, then retired": (AttesterAuthorisation, AttesterCompromise, AttesterRetirement),
}
AGENCIES = {
    "active": (),
    "suspended": (AgencySuspension,),
    "reinstated": (AgencySuspension, AgencyReinstatement),
    "suspended again": (AgencySuspension, AgencyReinstatement, AgencySuspension),
}
OVER = ("retired", "compromised")
MEMBERS = {AttesterAuthorisation: (ME, "NZ-MPI"), AttesterRetirement: (ME,), AttesterCompromise: (ME, NOW - 10)}


def register(key: str, agency: str, in_council: bool) -> Agencies:
    made = Agencies()
    made.found((MEMBER,), 1)

    def enact(kind: type[Resolution], *members: object) -> None:
        made.apply(make_resolution(kind, members, made.resolutions + 1), NOW)

    for code in ("NZ-MPI", "NZ-CUSTOMS"):
        enact(AgencyEnrolment, code, code, "NZ", "https://agency.example")
    enact(AttesterAuthorisation, OTHER, "NZ-CUSTOMS")
    for kind in KEYS[key]:
        enact(kind, *MEMBERS[kind])
    for kind in AGENCIES[agency]:
        enact(kind, "NZ-MPI")
    if in_council:
        enact(CouncilChange, (MEMBER, ME), 2)
    return made


def declared_by(party: Signer, digest: bytes = b"\x05" * 32) -> Declaration:
    return Declaration(party, Digest(digest), 380)


@pytest.mark.parametrize(
    ("key", "agency", "in_council", "operates", "audits"),
    list(product(KEYS, AGENCIES, (False, True), (False, True), (False, True))),
)
def test_every_state(key: str, agency: str, in_council: bool, operates: bool, audits: bool) -> None:
    agencies = register(key, agency, in_council)
    appointed = Appointed(frozenset({ME} if operates else ()), frozenset({ME} if audits else ()))
    if any(word in key for word in OVER):
        expected = AttesterDeclaredCompromised if "compromised" in key else AttesterNotActive
        with pytest.raises(expected):
            rights_of(ME, agencies, appointed)
        return
    speaks = key == "authorised" and agency in {"active", "reinstated"}
    found = rights_of(ME, agencies, appointed)
    roles = [Role.PARTY]
    roles += [Role.OFFICER] if speaks else []
    roles += [Role.COUNCIL] if in_council else []
    roles += [Role.OPERATOR] if operates else []
    roles += [Role.AUDITOR] if audits else []
    assert found.roles == tuple(roles)
    assert found.agency == ("NZ-MPI" if speaks else None)
    assert found.may_read(declared_by(ME))
    assert found.may_read(declared_by(OTHER)) is (speaks or audits), "council and operator read nobody's business"
    assert found.reads_all is (speaks or audits)


def test_what_becomes_of_others_changes_nothing() -> None:
    agencies = register("compromised", "suspended", False)
    assert rights_of(OTHER, agencies, Appointed()) == Rights(OTHER, "NZ-CUSTOMS")
    assert rights_of(MEMBER, agencies, Appointed()).roles == (Role.PARTY, Role.COUNCIL)


def test_a_member_that_left_the_council_is_a_party() -> None:
    agencies = register("a party", "active", True)
    agencies.apply(make_resolution(CouncilChange, ((MEMBER,), 1), agencies.resolutions + 1), NOW)
    assert rights_of(ME, agencies, Appointed()).roles == (Role.PARTY,)


def test_who_has_the_digest_reads_this_document_alone() -> None:
    held = holder_of(Digest(b"\x05" * 32))
    assert held(declared_by(ME))
    assert held(declared_by(OTHER))
    assert not held(declared_by(ME, b"\x05" * 31 + b"\x04"))
    assert anybody(declared_by(ME))


def test_who_is_appointed() -> None:
    appointed = Appointed(frozenset({ME}), frozenset({OTHER}))
    assert (ME in appointed, OTHER in appointed, MEMBER in appointed) == (True, True, False)

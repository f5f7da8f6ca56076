"""What people read of an entry, for each kind."""

from __future__ import annotations

import pytest

from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    EntryKind,
    Posted,
    Revoked,
    Withdrawn,
    kind_of,
)
from ledger.core.history.sentences import sentence
from ledger.core.statements.attestation import Attestation
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
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal

TIME = 1_790_000_000
ONE, TWO, THREE, FOUR = (bytes([number]) * 32 for number in (0x11, 0x22, 0x33, 0x44))
KEY = b"\xaa" * 20
HEX = {
    name: "0x" + one.hex() for name, one in {"one": ONE, "two": TWO, "three": THREE, "four": FOUR, "key": KEY}.items()
}


def enacted(resolution: Resolution) -> Enacted:
    return Enacted(resolution, ())


def attested(kind: int, outcome: int, size: int) -> Attested:
    return Attested(Attestation("NZ-MPI", kind, outcome, ZERO, 0, NO_END, ONE, size, TWO), KEY, b"")


def withdrawn(withdrawal: Withdrawal) -> Withdrawn:
    return Withdrawn(Declaration(KEY, FOUR, 380), withdrawal, b"")


PARTY = "The party {key} withdrew declaration {one}"
LINE = "line 3 of certificate {two} under attestation {one}"
CASES: list[tuple[Content, str]] = [
    (
        enacted(CouncilChange((KEY, b"\xbb" * 20, b"\xcc" * 20), 2, 1)),
        "The council took its seat: 2 of 3 members decide",
    ),
    (enacted(CouncilChange((KEY,), 1, 1)), "The council took its seat: its one member decides"),
    (
        enacted(AgencyEnrolment("NZ-MPI", "Primary\nIndustries", "NZ", "https://x.example", 1)),
        "The council enrolled the agency Primary\\nIndustries (NZ-MPI, NZ)",
    ),
    (enacted(AgencySuspension("NZ-MPI", 1)), "The council suspended NZ-MPI"),
    (enacted(AgencyReinstatement("NZ-MPI", 1)), "The council reinstated NZ-MPI"),
    (enacted(AttesterAuthorisation(KEY, "NZ-MPI", 1)), "The council authorised the key {key} to speak for NZ-MPI"),
    (enacted(AttesterRetirement(KEY, 1)), "The council retired the key {key} of {key}"),
    (
        enacted(AttesterCompromise(KEY, TIME, 1)),
        "The council declared the key {key} of {key} compromised since 2026-09-21T14:13:20Z",
    ),
    (
        enacted(MandateGrant("NZ-MPI", 851, TIME, TIME + 60, 1)),
        "The council let NZ-MPI attest kind 851, phytosanitary certificate, from 2026-09-21T14:13:20Z until "
        "2026-09-21T14:14:20Z",
    ),
    (
        enacted(MandateGrant("NZ-MPI", 851, 0, NO_END, 1)),
        "The council let NZ-MPI attest kind 851, phytosanitary certificate, from then until further notice",
    ),
    (
        enacted(MandateWithdrawal("NZ-MPI", 132, 1)),
        "The council ended the mandate of NZ-MPI for kind 132, customs clearance notice",
    ),
    (Anchored(ONE, 1000), "1000 declarations were anchored, under root {one}"),
    (Anchored(ONE, 1), "1 declaration was anchored, under root {one}"),
    (
        attested(132, 7, 1),
        "NZ-MPI attested 1 declaration under root {one}: customs clearance notice, goods detained",
    ),
    (
        attested(851, 7, 2),
        "NZ-MPI attested 2 declarations under root {one}: phytosanitary certificate, code 7 of UNCL 1373",
    ),
    (Revoked(Revocation(ONE, ZERO, 42), KEY, b""), "{key} revoked attestation {one}: in error"),
    (
        Revoked(Revocation(ONE, TWO, 41), KEY, b""),
        "{key} revoked attestation {one} for declaration {two} only: validity revoked",
    ),
    (withdrawn(Withdrawal(ONE, 1, ZERO)), f"{PARTY}: cancelled"),
    (withdrawn(Withdrawal(ONE, 5, TWO)), f"{PARTY}: replaced; the replacement is {{two}}"),
    (withdrawn(Withdrawal(ONE, 6, ZERO)), f"{PARTY}: code 6 of UNCL 1225"),
    (Posted(Posting("NZ-MPI", ONE, TWO, 3, ZERO, THREE), KEY, b""), f"NZ-MPI opened {LINE}, with sheet {{three}}"),
    (
        Posted(Posting("NZ-MPI", ONE, TWO, 3, THREE, FOUR), KEY, b""),
        f"NZ-MPI moved {LINE} from sheet {{three}} to sheet {{four}}",
    ),
]


@pytest.mark.parametrize(("content", "words"), CASES, ids=[f"{kind_of(one).name} {words}" for one, words in CASES])
def test_each_says_what_it_is(content: Content, words: str) -> None:
    assert sentence(content) == words.format(**HEX)


def test_each_kind_is_here() -> None:
    assert {kind_of(content) for content, _ in CASES} == set(EntryKind)

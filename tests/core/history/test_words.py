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
from ledger.core.history.words import in_words
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


CASES: list[tuple[Content, str]] = [
    (enacted(CouncilChange((KEY, b"\xbb" * 20, b"\xcc" * 20), 2, 1)), "2 of 3 members decide"),
    (
        enacted(AgencyEnrolment("NZ-MPI", "Primary\nIndustries", "NZ", "https://x.example", 1)),
        "NZ-MPI: Primary\\nIndustries (NZ)",
    ),
    (enacted(AgencySuspension("NZ-MPI", 1)), "NZ-MPI"),
    (enacted(AgencyReinstatement("NZ-MPI", 1)), "NZ-MPI"),
    (enacted(AttesterAuthorisation(KEY, "NZ-MPI", 1)), "NZ-MPI: {key}"),
    (enacted(AttesterRetirement(KEY, 1)), "{key}"),
    (enacted(AttesterCompromise(KEY, TIME, 1)), "{key}: since 2026-09-21T14:13:20Z"),
    (
        enacted(MandateGrant("NZ-MPI", 851, TIME, TIME + 60, 1)),
        "NZ-MPI: 851 phytosanitary certificate, from 2026-09-21T14:13:20Z until 2026-09-21T14:14:20Z",
    ),
    (
        enacted(MandateGrant("NZ-MPI", 851, TIME, NO_END, 1)),
        "NZ-MPI: 851 phytosanitary certificate, from 2026-09-21T14:13:20Z until further notice",
    ),
    (enacted(MandateWithdrawal("NZ-MPI", 132, 1)), "NZ-MPI: 132 customs clearance notice"),
    (Anchored(ONE, 1000), "1000 declarations under root {one}"),
    (attested(132, 7, 1), "NZ-MPI: customs clearance notice, goods detained; about 1 declaration under root {one}"),
    (
        attested(851, 7, 2),
        "NZ-MPI: phytosanitary certificate, code 7 of UNCL 1373; about 2 declarations under root {one}",
    ),
    (Revoked(Revocation(ONE, ZERO, 42), KEY, b""), "attestation {one}: in error"),
    (Revoked(Revocation(ONE, TWO, 41), KEY, b""), "attestation {one} for declaration {two} only: validity revoked"),
    (withdrawn(Withdrawal(ONE, 1, ZERO)), "declaration {one}: cancelled"),
    (withdrawn(Withdrawal(ONE, 5, TWO)), "declaration {one}: replaced; the replacement is {two}"),
    (withdrawn(Withdrawal(ONE, 6, ZERO)), "declaration {one}: code 6 of UNCL 1225"),
    (
        Posted(Posting("NZ-MPI", ONE, TWO, 3, ZERO, THREE), KEY, b""),
        "NZ-MPI: line 3 of certificate {two} under attestation {one}; from no sheet to sheet {three}",
    ),
    (
        Posted(Posting("NZ-MPI", ONE, TWO, 3, THREE, FOUR), KEY, b""),
        "NZ-MPI: line 3 of certificate {two} under attestation {one}; from sheet {three} to sheet {four}",
    ),
]


@pytest.mark.parametrize(("content", "words"), CASES, ids=[f"{kind_of(one).name} {words}" for one, words in CASES])
def test_each_says_what_it_is(content: Content, words: str) -> None:
    assert in_words(content) == words.format(**HEX)


def test_each_kind_is_here() -> None:
    assert {kind_of(content) for content, _ in CASES} == set(EntryKind)

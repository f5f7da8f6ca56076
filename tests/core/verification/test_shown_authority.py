"""Who could say what, found in one pass: the same as when each statement is judged by itself, from the beginning."""

from __future__ import annotations

import random

import pytest

from ledger.core.history.agencies import Period
from ledger.core.history.entry import Content, Enacted
from ledger.core.history.replay import EntryRef
from ledger.core.statements.member_types import NO_END
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
from ledger.core.verification.authority import AgencyStatement, NotEmpowered, ShownAuthority
from ledger.testing.world import COUNCIL, ORIGIN, START, first_entry

AGENCIES, KINDS, SIGNERS = ["NZ-MPI", "AU-DAFF"], [851, 861], [bytes([number]) * 20 for number in (1, 2)]


def alone(said: AgencyStatement, known: list[tuple[EntryRef, Content]]) -> str | tuple[int, int, int | None]:
    """The rule as docs/evidence-format.md says it, for one statement."""
    enrolled = authorised = mandated = None
    suspended = ended = False
    for at, content in known:
        if at.number >= said.entry.number or not isinstance(content, Enacted):
            continue
        match content.resolution:
            case AgencyEnrolment(code) if code == said.agency:
                enrolled = at.number
            case AgencySuspension(code) if code == said.agency:
                suspended = True
            case AgencyReinstatement(code) if code == said.agency:
                suspended = False
            case AttesterAuthorisation(attester, code) if (attester, code) == (said.signer, said.agency):
                authorised = at.number
            case AttesterRetirement(attester) | AttesterCompromise(attester) if attester == said.signer:
                ended = True
            case MandateGrant(code, kind, from_, until) if (code, kind) == (said.agency, said.kind):
                if Period(from_ or at.time, until).contains(said.entry.time):
                    mandated = at.number
            case MandateWithdrawal(code, kind) if (code, kind) == (said.agency, said.kind):
                mandated = None
    if enrolled is None:
        return "authority.not_enrolled"
    if authorised is None:
        return "authority.not_authorised"
    if said.kind is not None and mandated is None:
        return "authority.no_mandate"
    if suspended or ended:
        return "authority.suspended" if suspended else "authority.attester_ended"
    return enrolled, authorised, mandated


def resolution(chance: random.Random, now: int) -> Resolution:
    agency, kind, signer = chance.choice(AGENCIES), chance.choice(KINDS), chance.choice(SIGNERS)
    begin, end = (chance.choice([0, now + chance.randrange(-300, 300)]) for _ in range(2))
    made: list[Resolution] = [
        *[MandateGrant(agency, kind, begin, end or NO_END, 0)] * 8,
        *[AgencyEnrolment(agency, "Agency", "NZ", "https://a.example", 0)] * 3,
        *[AttesterAuthorisation(signer, agency, 0)] * 6,
        AgencySuspension(agency, 0), *[AgencyReinstatement(agency, 0)] * 2, MandateWithdrawal(agency, kind, 0),
    ]  # fmt: skip
    if chance.random() < 0.01:
        return chance.choice([AttesterRetirement(signer, 0), AttesterCompromise(signer, now, 0)])
    return chance.choice(made)


@pytest.mark.parametrize("seed", range(60))
def test_one_pass_finds_the_same(seed: int) -> None:
    chance, now = random.Random(seed), START
    known: list[tuple[EntryRef, Content]] = [(EntryRef(0, START), first_entry().content)]
    statements = []
    for number in range(1, 120):
        now += chance.choice([0, 1, 60])
        entry = EntryRef(number, now)
        if chance.random() < 0.4:
            kind = chance.choice([*KINDS, None])
            statements.append(AgencyStatement(entry, chance.choice(SIGNERS), chance.choice(AGENCIES), kind))
        else:
            known.append((entry, Enacted(resolution(chance, now), ())))
    chance.shuffle(statements)
    found = ShownAuthority(known, statements, ORIGIN, lambda *_: None)
    answers = set()
    for said in statements:
        try:
            power = found.of(said.entry.number)
        except NotEmpowered as error:
            answer: object = error.code
        else:
            mandated = None if power.mandated is None else power.mandated.number
            answer = power.enrolled.number, power.authorised.number, mandated
        assert answer == alone(said, known)
        answers.add(answer if isinstance(answer, str) else "empowered")
    assert len(answers) > 2


def test_a_council_seated_on_the_way_judges_what_follows() -> None:
    changed = Enacted(CouncilChange((COUNCIL.signer,), 1, 2), ())
    known: list[tuple[EntryRef, Content]] = [
        (EntryRef(0, START), first_entry().content),
        (EntryRef(1, START), changed),
        (EntryRef(2, START), Enacted(AgencyReinstatement("NZ-MPI", 3), ())),
    ]
    seats: list[CouncilChange] = []
    statement = AgencyStatement(EntryRef(3, START), SIGNERS[0], "NZ-MPI", None)
    with pytest.raises(NotEmpowered):
        ShownAuthority(known, [statement], ORIGIN, lambda _, __, council: seats.append(council)).of(3)
    assert seats == [known[0][1].resolution, changed.resolution]  # type: ignore[union-attr]

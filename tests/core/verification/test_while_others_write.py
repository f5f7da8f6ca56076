"""Evidence is made while others write: the newest entry, which dates it, is mostly about somebody else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import lru_cache

import pytest

from ledger.core.evidence.evidence import Evidence
from ledger.core.history.entry import EntryKind
from ledger.core.statements.declaration import Declaration
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
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.testing.world import COUNCIL, CUSTOMS, ORIGIN, PLANT, Key, Witness, World
from tests.conformance.parts import policy, requirement
from tests.verifier.both import Asked, alone, by_itself, by_ledger

DECLARATIONS = 414
OTHER_AGENCY = "AU-DAFF"
Move = Callable[["Others"], None]


class Others:
    """Everybody else who writes into the same history; ``number`` makes each write differ from the one before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = 0
        self.attestations: list[tuple[bytes, bytes]] = []
        self.officer = Key("officer of another agency")

    def declared(self) -> Declaration:
        self.number += 1
        return self.world.declare(b"others" + self.number.to_bytes(26))[0]

    def attest(self, size: int) -> None:
        """An attestation about a set of others."""
        ids = [self.declared().id(ORIGIN) for _ in range(size)]
        root = root_of_hashes([leaf_hash(id_) for id_ in ids])
        self.attestations.append((self.world.attest("NZ-MPI", 851, root, size, PLANT), ids[0]))

    def attest_elsewhere(self) -> None:
        """By an agency whose enrolment no evidence of ours shows."""
        self.world.attest(OTHER_AGENCY, 851, leaf_hash(self.declared().id(ORIGIN)), 1, self.officer)

    def revoke(self, whole: bool) -> None:
        self.attest(3)
        attestation, member = self.attestations.pop()
        self.world.revoke(attestation, PLANT, **({} if whole else {"member": member}))

    def post(self) -> None:
        """Open a line of others' certificate."""
        self.attest(1)
        attestation, member = self.attestations[-1]
        self.world.post(attestation, member, self.number, b"\x01" * 32, "NZ-MPI", PLANT)

    def withdraw(self) -> None:
        self.world.withdraw(self.declared())

    def anchor(self) -> None:
        self.world.anchor([self.declared(), self.declared()])

    def enrol(self) -> None:
        self.world.enact(AgencyEnrolment, f"X{self.number}", "Another agency", "AU", "https://x.example")
        self.number += 1

    def authorise(self) -> Key:
        self.number += 1
        officer = Key(f"officer {self.number}")
        self.world.enact(AttesterAuthorisation, officer.signer, OTHER_AGENCY)
        return officer

    def retire(self) -> None:
        self.world.enact(AttesterRetirement, self.authorise().signer)

    def compromise(self) -> None:
        self.world.enact(AttesterCompromise, self.authorise().signer, self.world.now - 1000)

    def suspend(self) -> None:
        self.world.enact(AgencySuspension, "NZ-CUSTOMS")

    def reinstate(self) -> None:
        self.world.enact(AgencyReinstatement, "NZ-CUSTOMS")

    def mandate(self, withdrawn: bool) -> None:
        self.number += 1
        self.world.enact(MandateGrant, OTHER_AGENCY, 1000 + self.number, 0, self.world.now + 10**6)
        if withdrawn:
            self.world.enact(MandateWithdrawal, OTHER_AGENCY, 1000 + self.number)

    def seat(self) -> None:
        self.world.enact(CouncilChange, (COUNCIL.signer,), 1)


MOVES: dict[str, Move] = {
    "attested, a set of one": lambda others: others.attest(1),
    "attested, a set of five": lambda others: others.attest(5),
    "attested, by another agency": lambda others: others.attest_elsewhere(),
    "revoked, whole": lambda others: others.revoke(whole=True),
    "revoked, one member": lambda others: others.revoke(whole=False),
    "posted": lambda others: others.post(),
    "withdrawn": lambda others: others.withdraw(),
    "anchored": lambda others: others.anchor(),
    "enrolled": lambda others: others.enrol(),
    "authorised": lambda others: others.authorise() and None,
    "retired": lambda others: others.retire(),
    "compromised": lambda others: others.compromise(),
    "suspended": lambda others: others.suspend(),
    "reinstated": lambda others: others.reinstate(),
    "mandate granted": lambda others: others.mandate(withdrawn=False),
    "mandate withdrawn": lambda others: others.mandate(withdrawn=True),
    "council changed": lambda others: others.seat(),
    "nothing": lambda others: None,
}


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-alone verifier needs 5 ms a signature, and the same council signed everything."""
    monkeypatch.setattr(alone, "recover_address", lru_cache(None)(alone.recover_address))


def world() -> World:
    made = World(witnesses=[Witness("kiwi.example")])
    made.enrol("NZ-MPI", "NZ", [851, 182], PLANT)
    made.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    made.enrol(OTHER_AGENCY, "AU", [851], Key("officer of another agency"))
    return made


def made_meanwhile(chance: random.Random) -> Iterator[tuple[str, bool, World, Evidence]]:
    """Evidence of one declaration after the other, each made right after somebody else's write: what that was, and
    whether the plant health agency attested ours.
    """
    others = Others(world())
    moves = [*MOVES] * (DECLARATIONS // len(MOVES))
    for number, name in enumerate(moves):
        declared = others.world.declare(number.to_bytes(32), 851)
        alone_ = [declared[0]]
        beside = [others.declared() for _ in range(chance.randrange(4))]
        batch = others.world.anchor(chance.sample([*alone_, *beside], 1 + len(beside)))
        attested = chance.choice(["", "batch", "alone"])
        sets = [batch]
        if attested == "batch":
            others.world.attest("NZ-MPI", 851, *batch[:2], PLANT)
        elif attested == "alone":
            id_ = declared[0].id(ORIGIN)
            others.world.attest("NZ-MPI", 851, leaf_hash(id_), 1, PLANT)
            sets += [(leaf_hash(id_), 1, [id_])] if beside else []
        MOVES[name](others)
        yield name, bool(attested), others.world, others.world.evidence(*declared, *sets)


def test_evidence_is_good_whatever_others_wrote_last() -> None:
    count, newest, wrong = 0, set(), []
    for name, attested, made, evidence in made_meanwhile(random.Random(10)):
        count += 1
        assert evidence.entries[-1].entry.number == made.history.size - 1
        newest.add(evidence.entries[-1].entry.kind)
        # An attestation that is demanded is found where it is ours, and never in what others have.
        demands = policy(require=[requirement(851)]) if attested or count % 2 else None
        asked = Asked(evidence.to_bytes(), None, made.trust.to_bytes(), demands, None, made.now)
        expected = "GOOD" if attested or demands is None else "NOT_GOOD"
        found, by_the_other = by_ledger(asked), by_itself(asked)
        failed = [row[0] for row in found[1] if row[2] in ("INVALID", "ERROR") and row[3]]
        if found != by_the_other or found[0] != expected or failed not in ([], ["policy"]):
            wrong.append((name, found[0], by_the_other[0], failed))
    assert count >= 400
    assert newest == set(EntryKind)
    assert wrong == [], f"{len(wrong)} of {count}"

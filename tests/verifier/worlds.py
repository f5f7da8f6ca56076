"""Histories and questions made by chance, each from one seed: such as the contract permits, and such as it does not."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote, signed
from ledger.core.document import Format, Redacted, disclose, redact
from ledger.core.encoding.keccak import keccak
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.evidence.inclusion import BatchTree
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Endorsement, Posted, Revoked, Withdrawn
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
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.merkle import Tree, leaf_hash, root_of_hashes
from ledger.errors import LedgerError
from ledger.testing.world import COUNCIL, CUSTOMS, PLANT, START, TRADER, index_of
from tests.conformance.parts import (
    CARD,
    CERTIFICATE,
    INVOICE,
    MEMBER,
    SCAN,
    SECOND,
    THIEF,
    keys_in_question,
    policy,
    requirement,
    shipment,
    unruly,
)
from tests.verifier.both import Asked

OFFICERS: list[tuple[Any, str]] = [(PLANT, "NZ-MPI"), (SECOND, "NZ-MPI"), (CARD, "NZ-MPI"), (CUSTOMS, "NZ-CUSTOMS")]
KINDS = {"NZ-MPI": 851, "NZ-CUSTOMS": 132}
FORMATS = [(CERTIFICATE, Format.JSON), (INVOICE, Format.XML), (SCAN, Format.OPAQUE)]
START_SHEET = b"\x07" * 32
T = TypeVar("T")


class Chance:
    """One shipment and what happens to it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        content, self.format = self.one_of(FORMATS)
        self.made = shipment(content, self.format, threshold=self.one_of([1, 2]))
        self.world.witnesses = self.world.witnesses[: self.random.randrange(3)]
        self.attested: list[bytes] = []

    @property
    def world(self) -> Any:
        return self.made.world

    def one_of(self, items: list[T]) -> T:
        return self.random.choice(items)

    def likely(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    # ---------------------------------------------------------------------------------------------------- the history

    def lawful(self) -> None:
        """Try one move; what the rules refuse is not written."""
        world, made = self.world, self.made
        (officer, code), now = self.one_of(OFFICERS), world.now
        member = self.one_of([ZERO, made.id, made.batch[2][0]])
        kind, until = KINDS[code], now + self.one_of([200, 10**6])
        moves: list[Callable[[], object]] = [
            lambda: self.attested.append(made.attest(officer, code, kind, until=until)),
            lambda: self.attested.append(made.attest(officer, code, kind, outcome=self.one_of([1, 4, 8]))),
            self.attest_set,
            lambda: world.revoke(self.one_of(self.attested), officer, member),
            lambda: world.enact(AttesterCompromise, officer.signer, now - self.random.randrange(400)),
            lambda: world.enact(AttesterRetirement, officer.signer),
            lambda: world.enact(AgencySuspension, code),
            lambda: world.enact(AgencyReinstatement, code),
            lambda: world.enact(MandateWithdrawal, code, kind),
            lambda: world.enact(MandateGrant, code, kind, self.one_of([0, now, now + 120]), until + 200),
            self.change_council,
            lambda: world.withdraw(made.declared[0]),
            lambda: world.enact(MandateGrant, code, BALANCE_CONFIRMATION, 0, until),
            lambda: world.post(self.one_of(self.attested), member, 1, now.to_bytes(32), code, officer),
            lambda: world.anchor([world.declare(now.to_bytes(32))[0]]),
        ]
        with suppress(LedgerError, IndexError):
            self.one_of(moves)()

    def attest_set(self) -> None:
        """A set beside the batch, with or without our declaration; the evidence shows any inclusion."""
        made, world = self.made, self.world
        declared = [world.declare(bytes([number, 1]) * 16)[0] for number in range(self.random.randrange(1, 4))]
        others = [declaration.id(world.origin) for declaration in declared]
        ids = [*others, made.id] if self.likely(70) else others
        root = root_of_hashes([leaf_hash(id_) for id_ in ids])
        self.attested.append(world.attest("NZ-MPI", 851, root, len(ids), self.one_of([PLANT, SECOND, CARD])))
        if made.id in ids and (root, len(ids)) not in [item[:2] for item in made.sets] and self.likely(80):
            made.sets.append((root, len(ids), ids))

    def change_council(self) -> None:
        keys = self.random.sample([COUNCIL, MEMBER, SECOND], self.random.randrange(1, 4))
        threshold = self.random.randrange(1, len(keys) + 1)
        self.world.enact(CouncilChange, tuple(key.signer for key in keys), threshold)
        self.world.council, self.world.threshold = keys, threshold

    def lawless(self) -> None:
        """Write something that the contract might refuse, by whom it may be. Only block times never descend."""
        self.world.now += self.one_of([-60, -60, -45, 0, 300])  # after the 60 seconds that each entry takes
        makers: list[Callable[[], Content]] = [self.enacted, self.enacted, self.attestation, self.undone]
        unruly(self.made, self.one_of(makers)())

    def enacted(self) -> Content:
        world, (officer, code) = self.world, self.one_of(OFFICERS)
        kind, now = self.one_of([851, 132]), world.now
        number = self.one_of([0, 1, 7])
        keys = [self.one_of([COUNCIL, MEMBER]), THIEF]
        resolutions: list[Resolution] = [
            CouncilChange(tuple(key.signer for key in keys), self.one_of([0, 1, 2]), number),
            AgencyEnrolment(code, "again", self.one_of(["NZ", "AU"]), "https://again.example", number),
            AgencySuspension(code, number),
            AgencyReinstatement(code, number),
            AttesterAuthorisation(self.one_of([officer, THIEF]).signer, code, number),
            AttesterRetirement(officer.signer, number),
            AttesterCompromise(officer.signer, max(0, now + self.one_of([-300, -15, 0, 15, 100])), number),
            MandateGrant(code, kind, self.one_of([0, now - 60, now + 60]), now + self.one_of([-1, 90, 900]), number),
            MandateWithdrawal(code, kind, number),
        ]
        resolution = self.one_of(resolutions)
        signers = sorted([COUNCIL, MEMBER], key=lambda key: keccak(key.signer))
        if self.likely(10):
            signers = self.random.sample([COUNCIL, MEMBER, THIEF], self.random.randrange(4))
        id_ = resolution.id(self.world.origin)
        endorsements = [Endorsement(key.signer, self.damaged(key.sign(id_), 3)) for key in signers]
        return Enacted(resolution, tuple(endorsements))

    def attestation(self) -> Content:
        officer, code = self.one_of(OFFICERS)
        if self.likely(10):
            officer = THIEF
        root, size = self.one_of([self.made.batch[:2], (leaf_hash(self.made.id), 1)])
        times = self.one_of([(0, NO_END), (START, self.world.now + 300), (self.world.now + 200, NO_END), (9, 3)])
        salt = bytes([self.random.randrange(2)]) * 32
        said = Attestation(code, self.one_of([851, 132]), self.one_of([1, 4, 7, 8]), ZERO, *times, root, size, salt)
        id_ = said.id(self.world.origin)
        self.attested.append(id_)
        return Attested(said, officer.signer, self.damaged(officer.sign(id_), 5))

    def undone(self) -> Content:
        officer, _ = self.one_of(OFFICERS)
        declaration, signature = self.made.declared
        if self.likely(15):
            withdrawal = Withdrawal(self.one_of([self.made.id, ZERO]), 5, ZERO)
            if self.likely(50):
                signature = TRADER.sign(withdrawal.id(self.world.origin))
            return Withdrawn(declaration, withdrawal, signature)
        if self.likely(15):
            of = self.one_of([*self.attested, ZERO])
            posting = Posting(
                "NZ-MPI", of, self.one_of([ZERO, self.made.id]), 1, ZERO, self.one_of([ZERO, START_SHEET])
            )
            return Posted(posting, officer.signer, self.damaged(officer.sign(posting.id(self.world.origin)), 20))
        if self.likely(15):
            return Anchored(*self.made.batch[:2])
        revocation = Revocation(self.one_of([*self.attested, ZERO]), self.one_of([ZERO, self.made.id]), 41)
        return Revoked(revocation, officer.signer, self.damaged(officer.sign(revocation.id(self.world.origin)), 10))

    def damaged(self, signature: bytes, percent: int) -> bytes:
        return signature if not self.likely(percent) else self.one_of([b"", signature[::-1], signature + b"\0"])

    # --------------------------------------------------------------------------------------------------- the question

    def everything_but(self, percent: int) -> Evidence:
        """Evidence with the entries in question and the last one, of which so many are left out by chance."""
        world, made = self.world, self.made
        tree, index = Tree(item.hash for item in world.entries), index_of(world.entries, world.origin)
        proof = index.prove(keys_in_question(made, world.entries), tree.size)
        shown = tuple(
            ProvenEntry(world.entries[number], tuple(tree.inclusion(number)))
            for number in sorted({tree.size - 1}.union(*proof.lists))
            if not self.likely(percent)
        )
        inclusions = [BatchTree(ids).inclusion(made.id) for _, _, ids in (made.batch, *made.sets)]
        note = self.note(Checkpoint(world.origin, tree.size, tree.root, index.root(tree.size)))
        return Evidence(world.origin, *made.declared, tuple(inclusions), shown, proof, note)

    def note(self, checkpoint: Checkpoint) -> SignedNote:
        world = self.world
        note = signed(checkpoint, world.log_key, world.log.sign(checkpoint.text.encode()))
        for witness in world.witnesses:
            if self.likely(90):
                note = witness.cosign(note, world.now + self.one_of([-500, 0, 5]))
        return note

    def copy(self) -> Redacted:
        selector = {Format.JSON: "$.goods", Format.XML: "/i:Invoice/i:Line", Format.OPAQUE: ""}[self.format]
        make = self.one_of([disclose, redact])
        try:
            return make(self.made.document, [selector])
        except LedgerError:
            return redact(self.made.document, [])

    def asked(self, evidence: Evidence) -> Asked:
        world = self.world
        demands = policy(
            allow_skipped=self.likely(50),
            clock_tolerance=self.one_of([0, 15, 100]),
            max_age=self.one_of([None, 100, 1000]),
            require=[
                requirement(self.one_of([851, 132]), self.one_of([(), ("NZ",), ("AU",)]), self.one_of([(), (1,)]))
            ],
            witnesses=self.one_of([None, 0, 1, 2]),
        )
        return Asked(
            evidence.to_bytes(),
            self.one_of([None, self.made.document.to_bytes(), self.copy().to_bytes()]),
            world.trust.to_bytes() if self.likely(80) else None,
            demands if self.likely(80) else None,
            self.one_of([None, *(world.now + by for by in (-600, -300, -100, -10, 0, 500, 10**5))]),
            world.now + self.one_of([*[0] * 8, -10_000, -520, -501, -500, -100, -10, 5, 10**5]),
        )


def lawful_question(seed: int) -> Asked:
    chance = Chance(seed)
    for _ in range(chance.random.randrange(12)):
        chance.lawful()
    shown = chance.copy() if chance.likely(50) else None
    return chance.asked(chance.made.evidence(shown))


def lawless_question(seed: int) -> Asked:
    chance = Chance(seed)
    for _ in range(chance.random.randrange(2)):
        chance.lawful()
    for _ in range(chance.random.randrange(1, 12)):
        chance.lawless()
    return chance.asked(chance.everything_but(chance.one_of([0, 0, 3])))

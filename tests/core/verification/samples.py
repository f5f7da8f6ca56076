"""Declarations that the tests of the steps start from: all of their evidence is GOOD until a test changes something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

from ledger.core.encoding.ids import IndexRoot
from ledger.core.encoding.limits import Format
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.statements.declaration import Declaration
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.snapshot import Snapshot, Wanted
from ledger.core.verification.verdict import Check, Status, Verdict
from ledger.core.verification.verify import verify
from ledger.testing.world import CUSTOMS, PLANT, Witness, World

DIGEST = bytes(range(32))
DOCUMENT = SimpleNamespace(digest=DIGEST, format=Format.JSON, field_hashes={}, hidden=())
WITNESSES = [Witness("kiwi.example"), Witness("emu.example"), Witness("moa.example")]
Batch = tuple[bytes, int, list[bytes]]


@dataclass
class Sample:
    """A declaration, the last of a batch of five, that a plant health agency and customs attested with their batch."""

    world: World
    declaration: Declaration
    signature: bytes
    batch: Batch
    plant: bytes
    customs: bytes

    def evidence(self) -> Evidence:
        return self.world.evidence(self.declaration, self.signature, self.batch)

    def verdict(self, online: bool = False, **options: object) -> Verdict:
        """With the document, and with the trust root or the whole history, unless ``options`` say otherwise."""
        facts = {"history": self.world.history} if online else {"trust": self.world.trust}
        settings = {"clock": self.world.now, "document": DOCUMENT, **facts, **options}
        return verify(self.evidence(), **settings)  # type: ignore[arg-type]

    def cosigned(self, count: int, threshold: int, policy: VerificationPolicy | None = None) -> Verdict:
        """The verdict where ``count`` of three witnesses cosigned, an hour later each, and ``threshold`` must have."""
        held, keys = self.evidence(), tuple(item.key for item in WITNESSES)
        note = held.checkpoint
        for hour, witness in enumerate(WITNESSES[:count], start=1):
            note = witness.cosign(note, self.world.now + 3600 * hour)
        trust = replace(self.world.trust, witnesses=keys, threshold=threshold)
        clock = self.world.now + 20_000
        return verify(replace(held, checkpoint=note), clock=clock, document=DOCUMENT, trust=trust, policy=policy)


def with_index(sample: Sample, index: IndexRoot) -> Callable[[Wanted], Snapshot]:
    """The whole history, of which somebody keeps an index that has this root."""
    return lambda wanted: replace(Snapshot.of(sample.world.history, wanted), index=index)


def sampled() -> Sample:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    world.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    declaration, signature = world.declare(DIGEST, 851)
    others = [world.declare(bytes([number]) * 32)[0] for number in range(4)]
    batch = world.anchor([*others, declaration])
    plant = world.attest("NZ-MPI", 851, batch[0], batch[1], PLANT)
    customs = world.attest("NZ-CUSTOMS", 132, batch[0], batch[1], CUSTOMS, outcome=4)
    return Sample(world, declaration, signature, batch, plant, customs)


def check(verdict: Verdict, name: str) -> Check:
    """The one check of this name."""
    (found,) = [item for item in verdict.checks if item.name == name]
    return found


def code(verdict: Verdict, name: str) -> str:
    """What the one check of this name found, which implies its status."""
    return check(verdict, name).code


def failing(verdict: Verdict) -> list[str]:
    """The names of the checks that said no."""
    return [item.name for item in verdict.checks if item.status is Status.INVALID]


def one_agency() -> World:
    made = World()
    made.enrol("NZ-MPI", "NZ", [851], PLANT)
    return made


def attested_in(world: World, *extra: int) -> Evidence:
    """Evidence of a declaration in a batch of three, with further entries of the history added."""
    declarations = [world.declare(bytes([number]) * 32) for number in (1, 2, 3)]
    batch = world.anchor([declaration for declaration, _ in declarations])
    world.attest("NZ-MPI", 851, *batch[:2], PLANT)
    return shown(world, declarations[0], batch, *extra)


def shown(world: World, declared: tuple[Declaration, bytes], batch: Batch, *extra: int) -> Evidence:
    """Evidence with further entries of the history added."""
    made = world.evidence(*declared, batch)
    more = [ProvenEntry(world.entries[number], tuple(world.history.log.inclusion(number))) for number in extra]
    entries = sorted([*made.entries, *more], key=lambda item: item.entry.number)
    return replace(made, entries=tuple(entries))


def offline(world: World, held: Evidence, at: int | None = None, policy: VerificationPolicy | None = None) -> Verdict:
    return verify(held, clock=max(world.now, at or 0), at=at, trust=world.trust, policy=policy)

"""Where only the chain can say and it is away, a check is ERROR and the conclusion UNDECIDED; it is never a no."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.core.history.entry import Attested
from ledger.core.statements.members import NO_END, ZERO
from ledger.core.statements.statement import Attestation, Declaration, MandateGrant
from ledger.core.verification.policy import Refusal, Requirement, VerificationPolicy
from ledger.core.verification.verdict import Conclusion, Status
from ledger.core.verification.verify import verify
from ledger.errors import Source, Unavailable, VerificationFailed
from ledger.testing.world import COUNCIL, PLANT, START, Key, World

Batch = tuple[bytes, int, list[bytes]]
Wallets = Callable[[bytes, bytes, bytes], None]


class Unsigned(Key):
    """A signer whose signatures no key made: only a contract at its address could take them."""

    def sign(self, digest: bytes) -> bytes:
        return b"taken by a contract only" + digest


def away(*_: bytes) -> None:
    raise Unavailable("the node is away", source=Source.CHAIN)


def accepts(*_: bytes) -> None:
    """The wallet says yes."""


def refuses(*_: bytes) -> None:
    raise VerificationFailed("the wallet says no")


def attested_by(party: Key, officer: Key, councillor: Key) -> tuple[World, tuple[Declaration, bytes], Batch]:
    """A declaration that was attested under a mandate which ``councillor`` carried."""
    world = World([COUNCIL, councillor])
    world.enrol("NZ-MPI", "NZ", [851], officer)
    world.enact(MandateGrant, "NZ-MPI", 861, 0, NO_END, signers=[councillor])
    declared = world.declare(bytes(32), 851, party)
    batch = world.anchor([declared[0]])
    said = Attestation("NZ-MPI", 861, 1, ZERO, START, NO_END, *batch[:2], ZERO)
    world.append(Attested(said, officer.signer, officer.sign(said.id(world.origin))))
    return world, declared, batch


@pytest.mark.parametrize(
    ("party", "officer", "councillor", "names"),
    [
        (Unsigned("party"), PLANT, Key("councillor"), {"declaration"}),
        (Key("party"), Unsigned("officer"), Key("councillor"), {"NZ-MPI 861 signature", "policy"}),
        (Key("party"), PLANT, Unsigned("councillor"), {"NZ-MPI 861 authority", "policy"}),
    ],
    ids=["declaration", "attestation", "council"],
)
def test_who_could_not_be_asked(party: Key, officer: Key, councillor: Key, names: set[str]) -> None:
    world, declared, batch = attested_by(party, officer, councillor)
    demanded = VerificationPolicy(require=(Requirement(861, ("NZ",), (1,)),))

    def found(wallets: Wallets, policy: VerificationPolicy = demanded) -> tuple[Conclusion, dict[Status, set[str]]]:
        evidence = world.evidence(*declared, batch)
        verdict = verify(evidence, clock=world.now, trust=world.trust, policy=policy, wallets=wallets)
        failed = {status: {one.name for one in verdict.checks if one.status is status} for status in Status}
        return verdict.conclusion, failed

    conclusion, failed = found(accepts)
    assert (conclusion, failed[Status.INVALID], failed[Status.ERROR]) == (Conclusion.GOOD, set(), set())
    conclusion, failed = found(away)
    assert (conclusion, failed[Status.INVALID], failed[Status.ERROR]) == (Conclusion.UNDECIDED, set(), names)
    conclusion, failed = found(refuses)
    assert (conclusion, failed[Status.INVALID], failed[Status.ERROR]) == (Conclusion.NOT_GOOD, names, set())
    # What nobody can judge may be what the policy refuses.
    refused = VerificationPolicy(refuse=(Refusal(861, (1,)),))
    conclusion, failed = found(away, refused)
    in_doubt = names != {"declaration"}
    assert "refusal" in failed[Status.ERROR if in_doubt else Status.INVALID]
    assert conclusion is (Conclusion.UNDECIDED if in_doubt else Conclusion.NOT_GOOD)
    assert found(accepts, refused)[1][Status.INVALID] == {"refusal"}
    # What nobody could have attested as demanded is missing all the same.
    conclusion, failed = found(away, VerificationPolicy(require=(Requirement(851),)))
    assert (conclusion, failed[Status.INVALID]) == (Conclusion.NOT_GOOD, {"policy"})
    conclusion, failed = found(away, VerificationPolicy(require=(Requirement(861, (), (8,)),)))
    assert (conclusion, failed[Status.INVALID]) == (Conclusion.NOT_GOOD, {"policy"})

"""Two histories at one contract, begun at another time or by another council, never take each other's statements.

Twin of ``tests/contracts/Beginnings.t.sol``.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from ledger.core.encoding.ids import Signer
from ledger.core.history.entry import Anchored, Content, Enacted, Entry, encode_payload, kind_of
from ledger.core.history.history import DictMemory
from ledger.core.history.replay import Replay
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import AgencySuspension
from ledger.core.statements.signature import verify_party_signature
from ledger.core.tree.tiles import Frontier
from ledger.core.verification.verdict import Conclusion
from ledger.core.verification.verify import verify
from ledger.errors import HistoryBroken, VerificationFailed
from ledger.testing.world import COUNCIL, PLANT, START, Key, World

Beginning = tuple[tuple[Key, ...], int, int]
OTHERS = [Key("second"), Key("third")]


@some.composite
def beginnings(draw: some.DrawFn) -> Beginning:
    """A first council that ``COUNCIL`` is a member of, its threshold, and the time of entry 0."""
    council = draw(some.permutations([COUNCIL, *draw(some.lists(some.sampled_from(OTHERS), unique=True))]))
    threshold = draw(some.integers(1, len(council)))
    return tuple(council), threshold, START + draw(some.sampled_from([0, 1, 3600]))


def begun(beginning: Beginning) -> World:
    """A history with one agency; its officer has said something, taken it back, and a party has withdrawn."""
    council, threshold, start = beginning
    world = World(council, threshold, start=start)
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    declared = world.declare(bytes(32))
    batch = world.anchor([declared[0]])
    world.revoke(world.attest("NZ-MPI", 851, *batch[:2], PLANT), PLANT)
    world.withdraw(declared[0])
    world.enact(AgencySuspension, "NZ-MPI")
    return world


def replay_of(origin: Origin) -> Replay:
    """A replay in which every signer is a key, so that no signature is left to a wallet's contract."""

    def check(number: int, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None:
        verify_party_signature(origin, signer, digest, signature)

    return Replay(origin, DictMemory(), Frontier(), check)


def contents(world: World) -> Sequence[Content]:
    return [entry.content for entry in world.entries[1:]]


@settings(max_examples=60, deadline=None)
@given(beginnings(), beginnings())
def test_no_statement_counts_in_a_history_that_began_otherwise(one: Beginning, other: Beginning) -> None:
    assume(one != other)
    old, new = begun(one), begun(other)
    assert old.origin != new.origin
    assert (old.origin.chain_id, old.origin.contract) == (new.origin.chain_id, new.origin.contract)
    replay = replay_of(new.origin)
    replay.apply(new.entries[0])
    for ours, theirs in zip(contents(new), contents(old), strict=True):
        entry = Entry(replay.size, kind_of(theirs), START + 10_000, encode_payload(theirs))
        if not isinstance(theirs, Anchored):  # an anchor is nobody's statement
            before = replay.head
            with pytest.raises(HistoryBroken):
                replay.apply(entry)
            assert replay.head == before
        replay.apply(Entry(replay.size, kind_of(ours), START + 10_000, encode_payload(ours)))


@settings(max_examples=60, deadline=None)
@given(beginnings(), beginnings())
def test_log_witnesses_and_evidence_of_one_beginning_are_not_of_the_other(one: Beginning, other: Beginning) -> None:
    assume(one != other)
    old, new = begun(one), begun(other)
    with pytest.raises(VerificationFailed, match="is trusted"):
        new.trust.verify(old.checkpoint())
    declared = old.declare(b"\x07" * 32)
    evidence = old.evidence(*declared, old.anchor([declared[0]]))
    assert verify(evidence, clock=old.now, trust=old.trust).conclusion is Conclusion.GOOD
    verdict = verify(evidence, clock=old.now, trust=new.trust)
    assert verdict.conclusion is Conclusion.NOT_GOOD
    assert "origin.another_trusted" in {check.code for check in verdict.checks}


@given(beginnings())
def test_the_same_beginning_is_the_same_history(beginning: Beginning) -> None:
    """The statements above are refused for their beginning alone."""
    council, threshold, start = beginning
    again = replay_of(World(council, threshold, start=start).origin)
    for entry in begun(beginning).entries:
        again.apply(entry)


def test_enacted_is_among_the_statements() -> None:
    """So that the first property is about resolutions, too."""
    kinds = {type(content) for content in contents(begun(((COUNCIL,), 1, START)))}
    assert Enacted in kinds
    assert len(kinds) == 5

"""A verdict costs in proportion to its evidence, whatever that has much of: work is counted, not timed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.encoding.keccak import keccak
from ledger.core.evidence.reading import read_evidence
from ledger.core.statements.signature import recover_address
from ledger.core.verification.verdict import Status
from ledger.core.verification.verify import verify
from tests.core.verification.hostile import KINDS, TRUST, hostile
from tests.verifier.both import Asked, alone, by_itself, by_ledger

KIB, MIB = 1 << 10, 1 << 20
CLOCK = 2_000_000_000


class Counted:
    """A budget that grants everything and counts it."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def spend(self, *, signatures: int = 0, hashes: int = 0) -> None:
        self.spent.update(signatures=signatures, hashes=hashes)


@pytest.mark.parametrize("kind", KINDS)
def test_signatures_and_hashes_of_hostile_evidence(kind: str) -> None:
    trust, counts = read_trust_root(TRUST), []
    for size in (2 * MIB, 4 * MIB, 8 * MIB):
        evidence, budget = hostile(kind, size), Counted()
        assert 0.9 * size < len(evidence) < 1.4 * size
        verify(read_evidence(evidence), clock=CLOCK, trust=trust, budget=budget)
        counts.append({name: count / len(evidence) for name, count in budget.spent.items()})
    for name in ("signatures", "hashes"):
        first, *others = (found[name] for found in counts)
        assert max(others) <= 1.1 * first, counts  # of each byte, whatever the size
    assert counts[-1]["signatures"] <= 2 / KIB
    assert counts[-1]["hashes"] <= 64 / KIB


class TooMuch(Exception):
    """More was done than a verifier may do."""


@contextmanager
def counting(most: float) -> Iterator[Counter[str]]:
    """Counts the calls of functions, Python's and C's, by name; TooMuch beyond ``most``."""
    calls: Counter[str] = Counter()
    total = 0

    def called(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal total
        if event not in ("call", "c_call"):
            return
        total += 1
        calls[frame.f_code.co_name if event == "call" else argument.__name__] += 1
        if total > most:
            raise TooMuch(calls.most_common(5))

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def asked(evidence: bytes) -> Asked:
    return Asked(evidence, None, TRUST, None, None, CLOCK)


@pytest.mark.parametrize("kind", KINDS)
def test_calls_for_hostile_evidence(kind: str) -> None:
    small, large = (hostile(kind, size) for size in (128 * KIB, 512 * KIB))
    by_ledger(asked(small))  # what is worked out once in a process
    with counting(sys.maxsize) as first:
        by_ledger(asked(small))
    with counting(1.15 * first.total() / len(small) * len(large)) as found:
        by_ledger(asked(large))
    assert found["recover_address"] >= first["recover_address"]


@contextmanager
def counting_lines(file: str, most: float) -> Iterator[list[int]]:
    """Counts the lines of a file that run; TooMuch beyond ``most``."""
    count = [0]

    def stepped(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != file:
            return None
        count[0] += 1
        if count[0] > most:
            raise TooMuch(f"{frame.f_code.co_name}, line {frame.f_lineno}")
        return stepped

    before = sys.gettrace()
    sys.settrace(stepped)
    try:
        yield count
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("kind", ["resolutions", "revocations", "sets"])
def test_lines_of_the_stand_alone_verifier(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It borrows its slow arithmetic, whose lines would hide all others."""
    monkeypatch.setattr(alone, "recover_address", recover_address)
    monkeypatch.setattr(alone, "keccak", keccak)
    monkeypatch.setattr(alone, "ed25519_fits", lambda *_: True)
    assert alone.__file__ is not None
    small, large = (hostile(kind, size) for size in (512 * KIB, 2 * MIB))
    with counting_lines(alone.__file__, sys.maxsize) as first:
        by_itself(asked(small))
    with counting_lines(alone.__file__, 1.15 * first[0] / len(small) * len(large)):
        by_itself(asked(large))


def test_the_budget_is_asked_for_every_signature() -> None:
    evidence, budget = hostile("revocations", 64 * KIB), Counted()
    read, trust = read_evidence(evidence), read_trust_root(TRUST)
    with counting(sys.maxsize) as calls:
        verify(read, clock=CLOCK, trust=trust, budget=budget)
    assert budget.spent["signatures"] == calls["recover_address"] > 20


def test_a_budget_ends_a_verification() -> None:
    class Spent(Exception):
        pass

    class Small:
        left = 10

        def spend(self, *, signatures: int = 0, hashes: int = 0) -> None:
            self.left -= signatures
            if self.left < 0:
                raise Spent

    evidence, trust = read_evidence(hostile("sets", 64 * KIB)), read_trust_root(TRUST)
    with counting(sys.maxsize) as calls, pytest.raises(Spent):
        verify(evidence, clock=CLOCK, trust=trust, budget=Small())
    assert calls["recover_address"] == 10


@pytest.mark.parametrize("step", ["checkpoint", "entries"])
def test_no_signature_is_checked_of_what_is_not_of_the_history(step: str) -> None:
    evidence, trust = read_evidence(hostile("resolutions", 64 * KIB)), read_trust_root(TRUST)
    if step == "checkpoint":
        note = evidence.checkpoint
        evidence = replace(evidence, checkpoint=replace(note, signatures=note.signatures[1:]))
    else:
        *some, last = evidence.entries
        evidence = replace(evidence, entries=(*some, replace(last, proof=last.proof[1:])))
    with counting(sys.maxsize) as calls:
        verdict = verify(evidence, clock=CLOCK, trust=trust)
    assert calls["recover_address"] == 0
    assert next(check.name for check in verdict.checks if check.status is Status.INVALID) == step
    assert max(check.step for check in verdict.checks if check.step != 22) == 9
    assert verdict.attested_by == ()
    assert verdict.first_line.startswith("NOT GOOD, for the entries shown are not proven: ")

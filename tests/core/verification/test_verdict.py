"""The verdict as a whole: three questions, one conclusion."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.core.evidence.reading import read_evidence
from ledger.core.tree.merkle import leaf_hash
from ledger.core.verification.codes import STEPS
from ledger.core.verification.policy import Requirement, VerificationPolicy
from ledger.core.verification.verdict import AgencyWord, Conclusion, Question, Status
from ledger.core.verification.verify import verify
from ledger.errors import LedgerError
from ledger.testing.world import CUSTOMS, World
from tests.core.verification.samples import Sample, attested_in, check, offline


def test_good_online_answers_all_three_questions(sample: Sample) -> None:
    verdict = sample.verdict(online=True)
    assert [verdict.answer(question) for question in Question] == [Status.VALID] * 3
    assert verdict.conclusion is Conclusion.GOOD
    assert len(verdict.attested_by) == 2


def test_the_first_line_says_which_agencies_spoke(sample: Sample, world: World) -> None:
    assert sample.verdict().first_line == (
        "GOOD: phytosanitary certificate (type 851). "
        "Agency NZ-MPI (NZ-MPI, NZ) says phytosanitary certificate: accepted. "
        "Agency NZ-CUSTOMS (NZ-CUSTOMS, NZ) says customs clearance notice: goods released"
    )
    declared = world.declare(bytes(32), 380)
    alone = offline(world, world.evidence(*declared, world.anchor([declared[0]])))
    assert alone.first_line == "GOOD, without any agency's word: commercial invoice (type 380)"
    assert alone.to_json()["attested_by"] == []


def test_an_adverse_word_comes_first(sample: Sample) -> None:
    id_ = sample.declaration.id(sample.world.origin)
    sample.world.attest("NZ-CUSTOMS", 132, leaf_hash(id_), 1, CUSTOMS, outcome=7)
    for online in (False, True):
        verdict = sample.verdict(online)
        assert verdict.first_line.startswith(
            "GOOD, with an ADVERSE word in force: phytosanitary certificate (type 851). "
            "Agency NZ-CUSTOMS (NZ-CUSTOMS, NZ) says customs clearance notice: goods detained. "
        )
        assert [word.adverse for word in verdict.attested_by] == [True, False, False]


def test_a_name_of_two_lines_makes_no_second_first_line() -> None:
    word = AgencyWord("NZ-MPI", "A\nGOOD\x1b[2J", "NZ", 851, 1)
    assert str(word) == "A\\nGOOD\\x1b[2J (NZ-MPI, NZ) says phytosanitary certificate: accepted"


def test_offline_says_skipped_for_what_cannot_be_known(sample: Sample) -> None:
    verdict = sample.verdict()
    assert verdict.answer(Question.INTACT) is Status.VALID
    assert verdict.answer(Question.AUTHORITY) is Status.VALID
    assert verdict.answer(Question.IN_FORCE) is Status.SKIPPED
    found = check(verdict, "NZ-MPI 851 in force")
    assert (found.status, found.code) == (Status.VALID, "in_force.not_revoked")
    assert f"as of entry {sample.world.history.size - 1}, 2026-09-21T" in found.detail
    assert verdict.conclusion is Conclusion.GOOD
    assert sample.verdict(policy=VerificationPolicy(allow_skipped=False)).conclusion is Conclusion.UNDECIDED


def test_every_changed_byte_of_the_evidence_is_found(sample: Sample) -> None:
    data = sample.evidence().to_bytes()
    assert verify(read_evidence(data), clock=sample.world.now, trust=sample.world.trust).conclusion is Conclusion.GOOD
    accepted = []
    for position in range(len(data)):
        changed = data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :]
        try:
            verdict = verify(read_evidence(changed), clock=sample.world.now, trust=sample.world.trust)
        except LedgerError:
            continue
        if verdict.conclusion is Conclusion.GOOD:
            accepted.append(position)
    assert not accepted


def test_evidence_of_one_agency_is_good(world: World) -> None:
    assert offline(world, attested_in(world)).conclusion is Conclusion.GOOD


def test_checks_are_numbered_as_on_the_page(sample: Sample) -> None:
    """In its order; each attestation has its own 13 to 17."""
    policy = VerificationPolicy(max_age=10**6, require=(Requirement(851),))
    checks = sample.verdict(policy=policy).checks
    assert [item.step for item in checks] == [2, 3, 5, 6, 8, 22, 9, 10, 11, 23, 12, 13, 15, 16, 17, 13, 15, 16, 17, 18]
    assert [item.name for item in checks if 12 < item.step < 22][:2] == ["NZ-MPI 851 in force", "NZ-MPI 851 set"]


def test_every_step_of_the_page_has_its_test() -> None:
    """By its number: ``test_step_07_...`` is about step 7."""
    here = Path(__file__).parent
    tests = "".join(file.read_text() for file in here.glob("test_steps_*.py"))
    numbers = {step.number for step in STEPS.values()}
    assert numbers == set(range(1, 24))
    assert {int(number) for number in re.findall(r"^def test_step_(\d\d)_\w+", tests, re.MULTILINE)} == numbers
    page = (here.parents[2] / "docs" / "evidence-format.md").read_text()
    rows = set(re.findall(r"^\| (\d+) \|(?: [a-z ]+ \|)? (?:\*name\* )?`([a-z ]+)` \|", page, re.MULTILINE))
    assert rows == {(str(step.number), name.replace("_", " ")) for name, step in STEPS.items() if "chain" not in name}

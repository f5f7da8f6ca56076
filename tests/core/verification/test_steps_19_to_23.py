"""Steps 19 to 23: what a policy refuses and wants to see, the pages of a PDF, and that nothing is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.document import Format, disclose, redact, wrap
from ledger.core.encoding.ids import IndexRoot
from ledger.core.evidence.evidence import Evidence
from ledger.core.verification.intact import Pages
from ledger.core.verification.policy import Refusal, Requirement, VerificationPolicy
from ledger.core.verification.verdict import Conclusion, FieldCounts, Question, Status, Verdict
from ledger.core.verification.verify import verify
from ledger.testing.world import CUSTOMS, PLANT, World
from tests.core.verification.samples import Sample, check, code, offline

DOCUMENT = wrap(b'{"buyer":"A","lines":[{"hs":"080440","price":1},{"hs":"080450","price":2}]}', Format.JSON, bytes(32))


def asked(**members: object) -> VerificationPolicy:
    return VerificationPolicy(**members)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------- refusal


def test_step_19_what_is_refused_and_in_force_is_not_good(sample: Sample) -> None:
    for refuse, status in [
        ((Refusal(132, (4,)),), Status.INVALID),
        ((Refusal(132, (7, 4)),), Status.INVALID),
        ((Refusal(132, (7,)),), Status.VALID),
        ((Refusal(851, (4,)),), Status.VALID),
        ((Refusal(132),), Status.VALID),
    ]:
        verdict = sample.verdict(policy=asked(refuse=refuse))
        assert check(verdict, "refusal").status is status, refuse
        assert verdict.conclusion is (Conclusion.NOT_GOOD if status is Status.INVALID else Conclusion.GOOD)


def test_no_outcomes_stand_for_all_adverse_ones(sample: Sample) -> None:
    sample.world.attest("NZ-CUSTOMS", 132, *sample.batch[:2], CUSTOMS, outcome=7)
    assert sample.verdict(policy=asked(refuse=(Refusal(132, (5,)),))).conclusion is Conclusion.GOOD
    assert check(sample.verdict(policy=asked(refuse=(Refusal(132),))), "refusal").params["outcomes"] == [
        *(2, 5, 6, 7, 16, 25, 30, 104, 122, 129)
    ]
    assert sample.verdict(policy=asked(refuse=(Refusal(132),))).conclusion is Conclusion.NOT_GOOD


def test_what_was_revoked_is_not_refused(sample: Sample) -> None:
    hold = sample.world.attest("NZ-CUSTOMS", 132, *sample.batch[:2], CUSTOMS, outcome=7)
    refuse = asked(refuse=(Refusal(132),))
    assert check(sample.verdict(online=True, policy=refuse), "refusal").code == "refusal.in_force"
    sample.world.revoke(hold, CUSTOMS)
    assert check(sample.verdict(online=True, policy=refuse), "refusal").code == "refusal.none"
    assert check(sample.verdict(policy=refuse), "refusal").code == "refusal.none"


def test_where_nothing_may_be_unknown_absence_must_be_shown(sample: Sample) -> None:
    strict = asked(refuse=(Refusal(132, (7,)),), allow_skipped=False)
    assert sample.verdict(policy=strict).conclusion is Conclusion.UNDECIDED
    assert sample.verdict(online=True, policy=strict).conclusion is Conclusion.GOOD


# --------------------------------------------------------------------------------------------------------------- shown


def of_document(document: object, within: object = None, pages: Pages | None = None, **members: object) -> Verdict:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    declared = world.declare(DOCUMENT.digest, 851)
    evidence = replace(world.evidence(*declared, world.anchor([declared[0]])), document=within)
    return verify(evidence, clock=world.now, document=document, pages=pages, trust=world.trust, policy=asked(**members))  # type: ignore[arg-type]


HIDDEN = redact(DOCUMENT, ["$.lines[1]"])
SHUT = disclose(DOCUMENT, [])
OTHER = wrap(b'{"buyer":"B"}', Format.JSON, bytes(32))


@pytest.mark.parametrize(
    ("document", "within", "fields"),
    [
        (DOCUMENT, None, (5, 0)),
        (HIDDEN, None, (3, 2)),
        (None, HIDDEN, (3, 2)),
        (None, SHUT, (0, 5)),
        (HIDDEN, SHUT, (3, 2)),
        (SHUT, HIDDEN, (0, 5)),
        (None, None, None),
        (OTHER, HIDDEN, None),
        (None, redact(OTHER, []), None),
    ],
)
def test_a_verdict_tells_how_many_fields_are_hidden(
    document: object, within: object, fields: tuple[int, int] | None
) -> None:
    verdict = of_document(document, within)
    assert verdict.fields == (fields and FieldCounts(*fields))
    assert verdict.to_json()["fields"] == (fields and dict(zip(("shown", "hidden"), fields, strict=True)))
    assert [one.name for one in verdict.checks if one.name == "shown"] == []


@pytest.mark.parametrize(
    ("members", "document", "code"),
    [
        ({"show": ("$.buyer",)}, DOCUMENT, "enough"),
        ({"show": ("$..hs", "$['lines'][0].price")}, HIDDEN, "enough"),
        ({"show": ("$.lines[1].hs",)}, HIDDEN, "missing"),
        ({"show": ("$.lines[1].hs", "$.buyer"), "max_hidden": 0}, HIDDEN, "missing"),
        ({"show": ("$.buyer",), "max_hidden": 1}, HIDDEN, "too_few"),
        ({"show": ("$.buyer",), "max_hidden": 2}, HIDDEN, "enough"),
        ({"max_hidden": 0}, DOCUMENT, "enough"),
        ({"max_hidden": 5}, SHUT, "enough"),
        ({"show": ("$",)}, SHUT, "missing"),
        ({"max_hidden": 99}, None, "nothing"),
        ({"max_hidden": 99}, OTHER, "nothing"),
        ({"show": ("$.buyer",)}, OTHER, "nothing"),
        ({"show": ("//buyer",)}, DOCUMENT, "missing"),
        ({"show": ("",)}, DOCUMENT, "missing"),
    ],
)
def test_step_20_what_must_be_shown(members: dict[str, object], document: object, code: str) -> None:
    verdict = of_document(document, **members)
    found = check(verdict, "shown")
    assert (found.code, found.question) == (f"shown.{code}", Question.INTACT)
    assert (found.status is Status.VALID) is (code == "enough")
    assert (verdict.conclusion is Conclusion.GOOD) is (code == "enough")


def test_patterns_that_are_not_shown_are_named() -> None:
    found = check(of_document(HIDDEN, show=("$.a", "$.buyer", "$.b", "$.c", "$.d")), "shown")
    assert (found.params["patterns"], found.params["more"]) == (["$.a", "$.b", "$.c"], 1)
    assert found.detail == "the policy demands fields that are not shown: $.a, $.b, $.c and 1 more"


# --------------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize(
    ("pages", "document", "found", "conclusion"),
    [
        (Pages(DOCUMENT), None, {"pages.declared", "document.declared"}, Conclusion.GOOD),
        (Pages(DOCUMENT), HIDDEN, {"pages.declared", "document.declared"}, Conclusion.GOOD),
        (Pages(DOCUMENT), OTHER, {"pages.declared", "document.another"}, Conclusion.NOT_GOOD),
        (Pages(OTHER), None, {"pages.another", "document.another"}, Conclusion.NOT_GOOD),
        (Pages(OTHER), DOCUMENT, {"pages.another", "document.declared"}, Conclusion.NOT_GOOD),
        (Pages(None), None, {"pages.not_proven", "document.not_given"}, Conclusion.GOOD),
        (Pages(None), DOCUMENT, {"pages.not_proven", "document.declared"}, Conclusion.GOOD),
        (None, DOCUMENT, {"document.declared"}, Conclusion.GOOD),
    ],
)
def test_step_21_pages_and_document_are_each_judged(
    pages: Pages | None, document: object, found: set[str], conclusion: Conclusion
) -> None:
    verdict = of_document(document, pages=pages)
    assert {one.code for one in verdict.checks if one.name in ("pages", "document")} == found
    assert verdict.conclusion is conclusion
    assert (verdict.answer(Question.INTACT) is Status.VALID) is (
        "pages.not_proven" not in found and conclusion is Conclusion.GOOD
    )


# ------------------------------------------------------------------------------------------------ complete, and since


def without(evidence: Evidence, *numbers: int) -> Evidence:
    return replace(evidence, entries=tuple(item for item in evidence.entries if item.entry.number not in numbers))


def test_step_22_what_is_left_out_is_named(sample: Sample) -> None:
    sample.world.revoke(sample.plant, PLANT)
    revoked = sample.world.history.size - 1
    sample.world.anchor([sample.world.declare(b"\x09" * 32)[0]])
    held = sample.evidence()
    assert code(offline(sample.world, held), "complete") == "complete.all_shown"
    trimmed = offline(sample.world, without(held, revoked))
    assert code(trimmed, "complete") == "complete.not_shown"
    assert check(trimmed, "complete").params["numbers"] == [revoked]
    assert trimmed.first_line.startswith("NOT GOOD, and something is left out: ")
    assert trimmed.attested_by == ()
    assert code(trimmed, "withdrawal") == "withdrawal.none_shown"
    assert code(trimmed, "NZ-MPI 851 in force") == "in_force.no_revocation_shown"


def test_step_22_no_demand_is_met_while_something_is_left_out(sample: Sample) -> None:
    sample.world.revoke(sample.plant, PLANT)
    revoked = sample.world.history.size - 1
    sample.world.anchor([sample.world.declare(b"\x09" * 32)[0]])
    demand = asked(require=(Requirement(851),))
    assert code(offline(sample.world, without(sample.evidence(), revoked), policy=demand), "policy") == "policy.not_met"


def test_step_22_an_adverse_word_is_told_although_something_is_left_out(sample: Sample) -> None:
    sample.world.attest("NZ-CUSTOMS", 132, *sample.batch[:2], CUSTOMS, outcome=7)
    held = sample.evidence()
    index = replace(held.index, lists=held.index.lists[:-1])
    verdict = offline(sample.world, replace(held, index=index))
    assert [word.agency for word in verdict.attested_by] == ["NZ-CUSTOMS"]
    assert verdict.first_line.startswith("NOT GOOD, and something is left out, with an ADVERSE word in force: ")


def test_step_22_the_index_is_that_of_the_checkpoint(sample: Sample) -> None:
    held, another = sample.evidence(), IndexRoot(b"\x0a" * 32)
    note = held.checkpoint
    relabelled = replace(note, checkpoint=replace(note.checkpoint, index=another))
    found = check(offline(sample.world, replace(held, checkpoint=relabelled)), "complete")
    assert found.code == "complete.another_index"
    assert found.params["signed"] == "0x" + another.hex()
    assert found.params["found"] == "0x" + note.checkpoint.index.hex()


def test_step_22_nothing_else_is_shown_but_the_newest_entry(sample: Sample) -> None:
    for number in (3, 4):
        sample.world.anchor([sample.world.declare(bytes([number]) * 32)[0]])
    held, last = sample.evidence(), sample.world.history.size - 1
    assert held.entries[-1].entry.number == last
    assert code(offline(sample.world, held), "complete") == "complete.all_shown"
    assert code(offline(sample.world, without(held, last)), "complete") == "complete.all_shown"
    more = replace(held, entries=(*held.entries[:-1], sample.world.prove(last - 1), held.entries[-1]))
    found = check(offline(sample.world, more), "complete")
    assert (found.code, found.params["numbers"]) == ("complete.not_listed", [last - 1])


def test_step_23_what_came_since_is_known_where_the_policy_says_how_old(sample: Sample) -> None:
    assert code(sample.verdict(), "since") == "since.not_known"
    assert code(sample.verdict(policy=asked(max_age=0)), "since") == "since.not_known"
    assert code(sample.verdict(policy=asked(max_age=3600)), "since") == "since.recent"
    assert code(sample.verdict(online=True), "since") == "since.replayed"
    strict = asked(max_age=3600, allow_skipped=False)
    assert sample.verdict(policy=strict).conclusion is Conclusion.GOOD

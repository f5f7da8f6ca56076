"""Which rule a code stands for: the page has the same table, and every rule leads to something on the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.core.verification.codes import CODES, STEPS
from ledger.core.verification.rules import MALFORMED, RULES, rule_of
from ledger.core.verification.verdict import Conclusion, Status
from tests.conformance import run
from tests.core.verification.test_codes import online
from tests.verifier.both import asked_in, ledger_verdict

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "evidence-format.md").read_text()
ROWS = re.compile(r"^\| `([a-z_]+\.[a-z_*]+)` \| ([^|]+) \|$", re.MULTILINE)
SECTION = PAGE[PAGE.index("### The rules") : PAGE.index("### With fresh facts")]


def test_the_page_has_the_same_table() -> None:
    rows = ROWS.findall(SECTION)
    assert [row for row in rows if not row[0].startswith("malformed.")] == list(RULES.items())
    malformed = [(f"malformed.{part}", rule) for part, rule in MALFORMED.items()]
    assert [row for row in rows if row[0].startswith("malformed.")] == malformed


def test_every_code_has_a_rule_and_every_rule_a_code() -> None:
    used = {rule_of(code) for code in CODES}
    assert used == set(RULES.values())
    for name in RULES:
        assert any(code == name or (name[-1] == "*" and code.startswith(name[:-1])) for code in CODES), name
    with pytest.raises(KeyError):
        rule_of("nothing.known")


@pytest.mark.parametrize("code", CODES)
def test_a_rule_is_that_of_the_codes_step(code: str) -> None:
    for number in re.findall(r"check (\d+)", rule_of(code)):
        assert int(number) == STEPS[code.partition(".")[0]].number


@pytest.mark.parametrize("rule", sorted({*RULES.values(), *MALFORMED.values()}))
def test_a_rule_leads_somewhere(rule: str) -> None:
    """Pages, sections, checks, standings and headings are there under these names."""
    formats = (DOCS / "formats.md").read_text()
    for part in rule.split("; "):
        page = part.split()[0]
        text = (DOCS / page).read_text().lower()
        for name in re.findall(r'"([^"]+)"', part):
            wanted = name.lower()
            found = (f"# {wanted}", f"**{wanted}", f"{wanted} of an attestation", f"**{wanted}**")
            assert any(item in text for item in found) or wanted in text, name
        for number in re.findall(r"check (\d+)", part):
            assert re.search(rf"^\| {number} \|", PAGE, re.MULTILINE)
        for number in re.findall(r"standing (\d)", part):
            assert re.search(rf"(^|; |\s){number}\. \*", PAGE, re.MULTILINE), number
        if page == "formats.md":
            for number in re.findall(r"\d+", part.partition("section")[2].partition(",")[0]):
                assert f"\n## {number}. " in formats


def test_what_decides_is_what_keeps_a_verdict_from_good() -> None:
    seen = set()
    verdicts = [*online(), *(ledger_verdict(asked_in(case)) for case in run.cases(SOME))]
    for verdict in verdicts:
        printed = verdict.to_json()["decided_by"]
        statuses = {check.status for check in verdict.decided_by}
        seen.add(verdict.conclusion)
        if verdict.conclusion is Conclusion.GOOD:
            assert printed == []
        elif verdict.conclusion is Conclusion.NOT_GOOD:
            assert statuses == {Status.INVALID}
        else:
            assert Status.INVALID not in statuses
            assert statuses <= {Status.ERROR, Status.SKIPPED}
        assert all(item["rule"] == rule_of(item["code"]) for item in printed)
        assert all(check.decisive for check in verdict.decided_by)
    assert seen == set(Conclusion)


SOME = ["attested", "attested_twice", "anchor_not_shown_fail", "at_the_revocation_fail", "batch_proof_empty_fail"]


def test_skipped_decides_only_where_the_policy_allows_none() -> None:
    (case,) = run.cases(["attested"])
    verdict = ledger_verdict(asked_in(case))
    assert any(check.status is Status.SKIPPED for check in verdict.checks)
    assert verdict.decided_by == ()

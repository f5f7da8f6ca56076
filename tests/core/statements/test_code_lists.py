"""Code lists: core, page and stand-alone verifier have the same tables, and the door refuses what breaks them."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import (
    DOCUMENT_STATUS,
    DOCUMENT_TYPES,
    PROCESSING_INDICATOR,
    STATUS_DESCRIPTION,
    WITHDRAWAL_REASONS,
    OutcomeList,
    check_outcome,
    is_adverse,
    outcome_in_words,
    outcomes_of,
    type_in_words,
    withdrawal_reason_in_words,
)
from ledger.core.statements.detail import detail_of_notices
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.tree.merkle import Tree, leaf_hash, verify_inclusion
from ledger.errors import Malformed
from tests.verifier.both import alone

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("### Code lists") : PAGE.index("### Signing in")]
LISTS = {item.number: item for item in (DOCUMENT_STATUS, STATUS_DESCRIPTION, PROCESSING_INDICATOR)}
PUBLISHED = ROOT.parent / "shared" / "data" / "codelists"
GOODS = Attestation("NZ-CUSTOMS", 132, 4, ZERO, 0, NO_END, b"\x01" * 32, 1, ZERO)


def words_in(cell: str) -> dict[int, str]:
    return {int(number): words for number, words in (item.split(" ", 1) for item in cell.split("; "))}


def test_the_page_says_the_words_of_the_table() -> None:
    rows = re.findall(r"^\| (1373|4405|7365) \| (.+) \|$", SECTION, re.MULTILINE)
    assert {int(number): words_in(cell) for number, cell in rows} == {n: dict(item.words) for n, item in LISTS.items()}
    (reasons,) = re.findall(r"of a withdrawal: UNCL 1225 \(([^)]+)\)", PAGE)
    assert words_in(reasons.replace(", ", "; ")) == WITHDRAWAL_REASONS
    types = re.findall(r"^\| \d+ to \d+ \| (.+) \|$", SECTION, re.MULTILINE)
    assert {code: words for cell in types for code, words in words_in(cell).items()} == DOCUMENT_TYPES


def test_the_page_says_which_kind_has_which_list_and_what_is_adverse() -> None:
    rows = re.findall(r"^\| ([\d, ]+|all others) \| UNCL (\d+) ([a-z ]+) \| 1 to (\d+) \| ([\d, ]+) \|$", SECTION, re.M)
    assert len(rows) == len(LISTS)
    named = set()
    for kinds, number, name, last, adverse in rows:
        found = LISTS[int(number)]
        assert (found.name, found.last, found.adverse) == (name, int(last), {int(code) for code in adverse.split(", ")})
        for kind in [] if kinds == "all others" else map(int, kinds.split(", ")):
            named.add(kind)
            assert outcomes_of(kind) is found
    assert {kind for kind in range(1 << 16) if outcomes_of(kind) is not DOCUMENT_STATUS} == named


def test_the_stand_alone_verifier_has_the_same_tables() -> None:
    assert alone.DOCUMENT_TYPES == DOCUMENT_TYPES
    for kind in range(1 << 16):
        ours, theirs = outcomes_of(kind), alone.outcomes_of(kind)
        assert (theirs.number, theirs.words, theirs.adverse) == (ours.number, ours.words, ours.adverse)
    for kind, outcome in [(851, 1), (132, 77), (7, 8)]:
        assert alone.type_in_words(kind) == type_in_words(kind)
        assert alone.outcome_in_words(kind, outcome) == outcome_in_words(kind, outcome)
        assert alone.is_adverse(kind, outcome) == is_adverse(kind, outcome)


@pytest.mark.parametrize("listed", LISTS.values(), ids=lambda item: item.name)
def test_words_and_adverse_codes_are_in_the_list(listed: OutcomeList) -> None:
    assert all(code in listed for code in (*listed.words, *listed.adverse))
    assert listed.adverse <= set(listed.words)


@pytest.mark.parametrize("listed", LISTS.values(), ids=lambda item: item.name)
def test_the_codes_are_those_that_were_published(listed: OutcomeList) -> None:
    files = list(PUBLISHED.glob(f"uncl{listed.number}_*.csv"))
    if not files:
        pytest.skip("needs ../shared/data/codelists, which is not part of this repository")
    with files[0].open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    assert {int(code) for code in codes if code.isdigit()} == set(range(1, listed.last + 1))


def test_what_has_no_words_is_said_by_its_code() -> None:
    assert type_in_words(851) == "phytosanitary certificate"
    assert type_in_words(7) == "document of type 7 (UNCL 1001)"
    assert outcome_in_words(851, 1) == "accepted"
    assert outcome_in_words(132, 4) == "goods released"
    assert outcome_in_words(293, 160) == "not conformant"
    assert outcome_in_words(132, 77) == "code 77 of UNCL 7365"
    assert withdrawal_reason_in_words(5) == "replaced"
    assert withdrawal_reason_in_words(2) == "code 2 of UNCL 1225"
    assert is_adverse(132, 7)
    assert not is_adverse(851, 7)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcome": 0}, r"attestation.outcome: 0 is not in UNCL 7365 \(processing indicator, codes 1 to 176\)"),
        ({"outcome": 177}, "177 is not in UNCL 7365"),
        (
            {"kind": 851, "outcome": 52},
            r"52 is not in UNCL 1373 \(document status, codes 1 to 51\), from which the out",
        ),
        ({"kind": 293, "outcome": 189}, "189 is not in UNCL 4405"),
        ({"outcome": 7, "size": 2}, r'attestation.size: "goods detained" \(UNCL 7365 7\) is adverse: make one attest'),
        ({"outcome": 7, "valid_until": 2_000_000_000}, "attestation.valid_until: .* revoke it to lift it"),
    ],
)
def test_the_door_refuses(changes: dict[str, int], said: str) -> None:
    with pytest.raises(Malformed, match=said):
        check_outcome(replace(GOODS, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"outcome": 176},
        {"outcome": 7},
        {"size": 5_000},
        {"valid_until": 2_000_000_000},
        {"kind": 851, "outcome": 51},
        {"kind": 293, "outcome": 188},
    ],
)
def test_the_door_takes(changes: dict[str, int]) -> None:
    check_outcome(replace(GOODS, **changes))  # type: ignore[arg-type]


def test_detail_is_one_digest_or_the_root_over_several() -> None:
    digests = [bytes([number]) * 32 for number in range(5)]
    assert detail_of_notices([]) == ZERO
    assert detail_of_notices(digests[1:2]) == digests[1]
    tree = Tree(leaf_hash(digest) for digest in digests)
    root = detail_of_notices(digests)
    assert root == tree.root
    for index, digest in enumerate(digests):
        verify_inclusion(leaf_hash(digest), index, 5, tree.inclusion(index), root)
    assert detail_of_notices(digests[::-1]) != root

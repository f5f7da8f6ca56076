"""The tables in SECURITY.md name exactly the tests that there are, one for each row, and say yes where they say so."""

from __future__ import annotations

import re
from inspect import getmembers, isfunction
from pathlib import Path

from api.main import with_routes
from tests.security import test_access, test_collusion

PAGE = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
TABLE = PAGE.split("## Who colludes", 1)[1].split("\n## ", 1)[0]
ROWS = [line.split(" | ") for line in TABLE.splitlines() if line.startswith("|")][2:]
READERS = PAGE.split("## Who may read what", 1)[1].split("\n## ", 1)[0]


def test_each_row_names_a_test_and_each_test_has_a_row() -> None:
    named = [re.findall(r"`(test_\w+)`", row[-1]) for row in ROWS]
    tests = [name for name, _ in getmembers(test_collusion, isfunction) if name.startswith("test_")]
    assert [names for names in named if len(names) != 1] == []
    assert sorted(names[0] for names in named) == sorted(tests)


def test_nobody_but_a_party_declares_for_it() -> None:
    answers = [row[2] for row in ROWS if "declare for a party" in row[1]]
    assert len(answers) == 7
    assert [answer for answer in answers if not answer.startswith("no")] == []


def test_the_log_and_all_witnesses_invent_no_authority() -> None:
    invented = [row[2] for row in ROWS if row[1].startswith("invent a council")]
    assert len(invented) == 5
    assert [answer for answer in invented if not answer.startswith("no")] == []


def test_who_may_read_what_has_a_test_for_each_row() -> None:
    lines = [line for line in READERS.splitlines() if line.startswith("|") and "---" not in line]
    rows = [line for line in lines if not line.endswith("| test |")]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    tests = [name for name, _ in getmembers(test_access, isfunction) if name.startswith("test_")]
    assert [row for row, names in zip(rows, named, strict=True) if len(names) != 1] == []
    assert sorted(names[0] for names in named) == sorted(tests)


ANSWER_THEIR_SENDER = {
    "/v1/declarations/bulk", "/v1/attestations", "/v1/revocations", "/v1/withdrawals", "/v1/postings", "/v1/sessions",
    "/v1/sessions/nonces",
}  # fmt: skip
"""Writes whose answer says what became of the request, and nothing else."""


def test_every_route_has_a_row() -> None:
    """Whoever adds a route decides who may read what it shows."""
    rows = re.findall(r"`(?:GET |POST )?(/[^`?…]*)(…?)[^`]*`", READERS)
    for path, operations in with_routes().openapi()["paths"].items():
        if set(operations) != {"post"} or path not in ANSWER_THEIR_SENDER:
            assert any(path.startswith(row) if more else path == row for row, more in rows), path

"""The table in SECURITY.md names exactly the tests that there are, one for each row, and says yes where they say so."""

from __future__ import annotations

import re
from inspect import getmembers, isfunction
from pathlib import Path

from tests.security import test_collusion

PAGE = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
TABLE = PAGE.split("## Who colludes", 1)[1].split("\n## ", 1)[0]
ROWS = [line.split(" | ") for line in TABLE.splitlines() if line.startswith("|")][2:]


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

"""What the hierarchy of errors keeps apart, and that nobody inside catches both by one name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import errors
from ledger.errors import DefiniteNo, LedgerError, Unavailable

LEDGER = Path(errors.__file__).parent
INSIDE = [LEDGER / "core", LEDGER / "journeys"]
CLASSES = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, LedgerError)]


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind is not LedgerError])
def test_every_error_is_a_definite_no_or_says_that_nobody_could_say(kind: type[LedgerError]) -> None:
    assert issubclass(kind, DefiniteNo) != issubclass(kind, Unavailable)


def caught(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every class that a handler names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            for part in ast.walk(node.type):
                if isinstance(part, ast.Name | ast.Attribute):
                    yield node.lineno, part.id if isinstance(part, ast.Name) else part.attr


def test_no_handler_of_core_and_journeys_catches_both_by_one_name() -> None:
    """``except LedgerError`` made a node that was away answer INVALID."""
    files = [file for folder in INSIDE for file in folder.rglob("*.py")]
    assert len(files) > 60
    found = [
        f"{file.relative_to(LEDGER)}:{line}"
        for file in files
        for line, name in caught(ast.parse(file.read_bytes()))
        if name == "LedgerError"
    ]
    assert found == []


def test_the_search_finds_such_a_handler() -> None:
    code = "try:\n    pass\nexcept (KeyError, errors.LedgerError):\n    pass\nexcept LedgerError:\n    pass\n"
    assert [name for _, name in caught(ast.parse(code))].count("LedgerError") == 2

"""The browser's verifier is made of the pages: no code of the ledger or of Node, and few packages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "web" / "verifier"
PROGRAM = "cli.ts"
TABLES = {"./codes.json", "./code_lists.json"}
PACKAGES = ("@noble/curves/", "@noble/hashes/")
_IMPORT = re.compile(
    r"""^(?:import|export)\b[^;"']*\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']""", re.M
)


def imports(source: str) -> list[str]:
    return [first or second for first, second in _IMPORT.findall(source)]


def reached(name: str, before: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names of a module and of all that it imports from this folder."""
    found = before | {name}
    for other in imports((FOLDER / name).read_text()):
        if other.startswith("./") and other.endswith(".ts") and other[2:] not in found:
            found = reached(other[2:], found)
    return found


MODULES = sorted(reached(PROGRAM))


def may_import(module: str, name: str) -> bool:
    if name.startswith("node:"):
        return module == PROGRAM
    return name.startswith(PACKAGES) or name in TABLES or (name.startswith("./") and name.endswith(".ts"))


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_imports(module: str) -> None:
    named = imports((FOLDER / module).read_text())
    assert [name for name in named if not may_import(module, name)] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_asks_a_clock_or_chance(module: str) -> None:
    """Time is an argument, as in the core. Only the program reads the clock, for who says no time."""
    asked = re.findall(r"Date\.now|new Date\(\)|Math\.random|getRandomValues", (FOLDER / module).read_text())
    assert asked == (["Date.now"] if module == PROGRAM else [])


@pytest.mark.parametrize("name", ["node:fs", "../pages/words.ts", "saxes", "../../ledger/core/verification/codes.json"])
def test_another_import_would_be_found(name: str) -> None:
    (found,) = imports(f'import {{ one }} from "{name}";')
    assert not may_import("verify.ts", found)

"""The tables in the docstrings of packages name each module of their package, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OF_THE_CORE = [str(path.parent.relative_to(ROOT)) for path in ROOT.glob("ledger/core/*/__init__.py")]
PACKAGES = [
    "api", "api/kit", "ledger/core", *OF_THE_CORE, "ledger/edges", "ledger/edges/export", "ledger/edges/store",
    "ledger/journeys", "ledger/journeys/audit",
]  # fmt: skip


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_explains_each_of_its_modules(package: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text())) or ""
    rows = set(re.findall(r"^``(\w+)``", docstring, re.MULTILINE))
    modules = {path.stem for path in (ROOT / package).glob("*.py")}
    packages = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert rows == (modules | packages) - {"__init__"}


def test_a_command_has_the_file_of_its_name() -> None:
    from ledger.cli import app

    names = {(info.name or "").replace("-", "_") for info in (*app.registered_commands, *app.registered_groups)}
    files = {path.stem.removesuffix("_") for path in (ROOT / "ledger" / "cli").glob("*.py")}
    assert names
    assert names <= files

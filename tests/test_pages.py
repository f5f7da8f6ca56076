"""The pages name only files, links, modules, make targets and settings that exist. ``tests/cli`` tries the commands."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from ledger.settings import FILE_VARIABLE, describe

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *(
        ROOT / name
        for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "verifier/README.md", "samples/README.md")
    ),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FOLDERS = (
    "api",
    "bench",
    "contracts",
    "deploy",
    "docs",
    "ledger",
    "samples",
    "scripts",
    "snapshots",
    "tests",
    "verifier",
)
# A run of the bench makes these.
MADE = ("bench/growth.svg", "bench/profiles/")
OTHERS = {"LEDGER_HOME", "LEDGER_UID", "LEDGER_GID", "LEDGER_ALLOWED_SKIPS"}  # of the compose file and of the tests
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_MODULE = re.compile(r"python -m ((?:bench|scripts|tests)[\w.]*)")
_MAKE = re.compile(r"\bmake ([a-z][a-z-]+)\b")


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text()):
        if not link.startswith(("http://", "https://")):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{name(page)}: {link}"
            assert not anchor or anchor in anchors(target), f"{name(page)}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_are_there(page: Path) -> None:
    for code in _CODE.findall(page.read_text()):
        path = code.split("::")[0]
        if re.fullmatch(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*", path) and not path.startswith(MADE):
            assert (ROOT / path).exists(), f"{name(page)}: {path}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_modules_targets_and_settings_are_there(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for module in _MODULE.findall(text):
        assert find_spec(module) is not None, f"{name(page)}: python -m {module}"
    code = "\n".join([*_CODE.findall(text), *re.findall(r"^    make .*$|^make .*#.*$", text, re.MULTILINE)])
    assert set(_MAKE.findall(code)) <= targets, name(page)
    settings = {item.variable for item in describe()} | {FILE_VARIABLE} | OTHERS
    assert set(re.findall(r"\bLEDGER_[A-Z_]+\b", text)) <= settings, name(page)


def test_the_readme_counts_the_conformance_cases() -> None:
    cases = [case.name for case in (ROOT / "tests" / "conformance").iterdir() if (case / "case.json").is_file()]
    counted = f"{len(cases)} cases, of which {sum(case.endswith('_fail') for case in cases)} must be refused"
    assert counted in (ROOT / "README.md").read_text(), f"README.md should say: {counted}"

"""README, "The job by hand": its commands are run word for word, in a clean clone, and do what is said."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST = 8  # commands, and ideas, from nothing to a bank that has verified


def blocks(readme: str) -> list[list[str]]:
    """The commands of each block of the section, without comments and empty lines."""
    section = readme.partition("\n## The job by hand\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```\n(.*?)^```$", section, re.M | re.S)
    return [[line.partition("  #")[0].strip() for line in block.splitlines() if line.strip()] for block in found]


def ideas(readme: str) -> list[str]:
    section = readme.partition("\n## The job by hand\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| ([a-z ]+) \| \S", section, re.M)


def test_the_job_has_few_commands_and_few_ideas() -> None:
    readme = (ROOT / "README.md").read_text()
    first, *_ = blocks(readme)
    assert first[0] == "make up"
    assert first[-1].startswith("ledger verify ")
    assert len(first) <= MOST
    assert 1 < len(ideas(readme)) <= MOST
    assert all(";" not in command and "&&" not in command for command in first)  # one line is one command


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A clean clone. What `make setup` would install is borrowed, so that no registry is asked."""
    made = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(made)], check=True)
    shutil.copy(ROOT / "README.md", made)
    (made / ".venv").symlink_to(Path(sys.prefix))
    (made / "node_modules").symlink_to(ROOT / "node_modules")
    yield made
    run(made, "make down")


def run(clone: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run lines as a person at a terminal enters them, one after the other in one shell; the first that fails ends."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    # PYTHON: `make setup` would install into the borrowed environment. PYTHONPATH: the clone's own code.
    environment = kept | {"PYTHON": "true", "PYTHONPATH": str(clone), "COLUMNS": "200"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=clone, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_job_is_done_word_for_word(clone: Path) -> None:
    first, second = blocks((clone / "README.md").read_text())
    done = run(clone, "\n".join(first))
    assert done.returncode == 0, done.stdout + done.stderr
    xml = len(list((clone / "samples" / "avocado").glob("*.xml")))
    assert f"{xml} files: {xml} good" in done.stdout
    again = [line for line in first if line.startswith("export ")]
    more = run(clone, "\n".join([*again, *second]))
    assert more.returncode == 0, more.stdout + more.stderr
    assert "Plant health (NZ-MPI, NZ) says phytosanitary certificate: accepted" in more.stdout
    assert re.search(r"Of the document, \d+ fields are shown and [1-9]\d* are hidden", more.stdout)
    assert (clone / "audit" / "audit-report.html").exists()

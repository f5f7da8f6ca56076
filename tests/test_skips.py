"""CI leaves out what the list of allowed skips names, and nothing else; with and without worker processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SUITE = {
    "pytest.ini": "[pytest]\ntestpaths = suite\n",
    "suite/conftest.py": "from tests import skips\n\ndef pytest_configure(config):\n    skips.install(config)\n",
    "suite/test_some.py": """
import os, pytest

def test_that_runs():
    pass

@pytest.mark.parametrize("number", [1, 2])
def test_that_may_skip(number):
    if number == 2 and "RUN" not in os.environ:
        pytest.skip("the moon is away")

@pytest.mark.xfail(reason="not an omission: it runs")
def test_that_fails():
    assert False
""",
}
LISTED = '"suite/test_some.py::test_that_may_skip[2]" = "the moon is away"\n'


@dataclass
class Suite:
    """A suite of tests of its own, in a folder."""

    folder: Path
    workers: str

    def run(self, allowed: str | None, *words: str, **more: str) -> tuple[int, str]:
        """Its exit code and what it printed. ``allowed`` None: no list is asked for."""
        (self.folder / "allowed.toml").write_text(allowed or "")
        kept = {name: value for name, value in os.environ.items() if not re.match("PYTEST|LEDGER_ALLOWED_SKIPS", name)}
        asked = {} if allowed is None else {"LEDGER_ALLOWED_SKIPS": "allowed.toml"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-n", self.workers, *words],
            cwd=self.folder, env=kept | asked | more | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def add(self, name: str, text: str) -> None:
        (self.folder / "suite" / name).write_text(text)


@pytest.fixture(params=["0", "2"], ids=["one process", "two workers"])
def suite(request: pytest.FixtureRequest, tmp_path: Path) -> Suite:
    (tmp_path / "suite").mkdir()
    for name, text in SUITE.items():
        (tmp_path / name).write_text(text)
    return Suite(tmp_path, request.param)


def test_without_a_list_every_test_may_skip(suite: Suite) -> None:
    code, said = suite.run(None)
    assert code == 0, said
    assert "2 passed, 1 skipped, 1 xfailed" in said


def test_a_listed_skip_is_a_skip(suite: Suite) -> None:
    code, said = suite.run("# why\n" + LISTED)
    assert code == 0, said
    assert "2 passed, 1 skipped, 1 xfailed" in said


def test_a_skip_that_is_not_listed_fails(suite: Suite) -> None:
    code, said = suite.run("")
    assert code == 1
    node = "suite/test_some.py::test_that_may_skip[2]"
    assert f"{node} skips, and allowed.toml does not list it: the moon is away" in said
    assert "1 failed, 2 passed, 1 xfailed" in said


def test_a_listed_skip_for_another_reason_fails(suite: Suite) -> None:
    code, said = suite.run(LISTED.replace("the moon", "the sun"))
    assert code == 1
    assert "allowed.toml has another reason for it: the moon is away" in said


def test_a_mark_that_skips_counts(suite: Suite) -> None:
    suite.add("test_marked.py", "import pytest\n\n@pytest.mark.skip(reason='no')\ndef test_it():\n    pass\n")
    code, said = suite.run(LISTED)
    assert code == 1
    assert "suite/test_marked.py::test_it skips, and allowed.toml does not list it: no" in said
    assert suite.run(LISTED + '"suite/test_marked.py::test_it" = "no"')[0] == 0


def test_parameters_that_are_none_count(suite: Suite) -> None:
    suite.add("test_none.py", "import pytest\n\n@pytest.mark.parametrize('of', [])\ndef test_it(of):\n    pass\n")
    code, said = suite.run(LISTED)
    assert code == 1
    assert "suite/test_none.py::test_it[NOTSET] skips, and allowed.toml does not list it: got empty parameter" in said


def test_a_file_that_skips_while_it_is_imported_counts(suite: Suite) -> None:
    suite.add("test_file.py", "import pytest\npytest.importorskip('not_there', reason='no')\n")
    code, said = suite.run(LISTED)
    assert code != 0
    assert "suite/test_file.py skips, and allowed.toml does not list it: no" in said
    code, said = suite.run(LISTED + '"suite/test_file.py" = "no"')
    assert code == 0, said


def test_a_listed_test_that_runs_must_be_taken_off(suite: Suite) -> None:
    code, said = suite.run(LISTED, RUN="1")
    assert code == 1
    assert "allowed.toml lists suite/test_some.py::test_that_may_skip[2], which no longer skips: take it off" in said


def test_a_listed_test_that_is_not_there_must_be_taken_off(suite: Suite) -> None:
    code, said = suite.run(LISTED + '"suite/test_gone.py::test_it" = "no"')
    assert code == 1
    assert "allowed.toml lists suite/test_gone.py::test_it, which no longer skips: take it off" in said


def test_a_part_of_the_suite_says_nothing_of_the_rest(suite: Suite) -> None:
    for words in (["suite/test_some.py::test_that_runs"], ["-k", "that_runs"]):
        code, said = suite.run(LISTED, *words)
        assert code == 0, said

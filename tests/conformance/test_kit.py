"""The kit: a folder of its own, outside the repository, by which a stranger tests a verifier."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ledger import __version__
from scripts.conformance_kit import build, pack
from tests.conformance.run import cases, index

SOME = [
    "attested",
    "anchor_not_shown_fail",
    "at_the_end_of_its_validity_fail",
    "digest_too_short_fail",
    "hold_in_force",
]
FLATTERER = """import json, sys
print(json.dumps({"conclusion": "GOOD", "checks": [], "attested_by": [],
                  "questions": {"intact": "SKIPPED", "in_force": "SKIPPED", "authority": "VALID"}}))
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere") / "conformance-kit"
    assert build(folder) == len(cases())
    return folder


def run(kit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The runner as a stranger runs it: nothing of the repository, and no installed package, can be imported."""
    command = [sys.executable, "-I", "-S", "run.py", *words]
    return subprocess.run(command, cwd=kit, capture_output=True, text=True, check=False, env={})


def test_the_reference_is_right(kit: Path) -> None:
    done = run(kit, "--verifier", f"{sys.executable} -I -S reference/verify.py", *SOME)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{len(SOME)} cases, 0 not as they should be" in done.stdout


def test_a_wrong_verifier_is_told_group_rule_and_answer(kit: Path) -> None:
    (kit / "flatterer.py").write_text(FLATTERER)
    done = run(kit, "--verifier", f"{sys.executable} flatterer.py", *SOME)
    assert done.returncode == 1
    assert "5 cases, 4 not as they should be" in done.stdout
    assert re.search(r"^force +1 +0 +<-$|^entries +1 +0 +<-$", done.stdout, re.MULTILINE)
    for name in SOME[1:]:
        about = json.loads((kit / "cases" / name / "case.json").read_bytes())["about"]
        assert f"  {name}: {about}\n    rule: {index()[name]['rule']}\n" in done.stdout
    assert "exit code 0 instead of 1" in done.stdout
    assert "exit code 0 instead of 2" in done.stdout
    found = json.loads(run(kit, "--json", "--verifier", f"{sys.executable} flatterer.py", *SOME).stdout)
    assert [name for name, wrong in found.items() if wrong is None] == ["attested"]


def test_what_is_no_verifier_and_no_case(kit: Path) -> None:
    done = run(kit, "--verifier", "./nowhere", "attested")
    assert (done.returncode, "cannot be started" in done.stdout) == (1, True)
    done = run(kit, "--verifier", "true", "nonsense")
    assert (done.returncode, "there is no case nonsense" in done.stderr) == (2, True)
    done = run(kit, "--verifier", f"{sys.executable} -c pass", "attested")
    assert "no verdict in JSON" in done.stdout


def test_every_case_has_a_group_and_a_rule_of_the_pages(kit: Path) -> None:
    known = index()
    assert known.keys() == {folder.name for folder in cases()}
    assert {len(item) for item in known.values()} == {2}
    pages = {name.name for name in (kit / "pages").iterdir()}
    for item in known.values():
        assert set(re.findall(r"[\w-]+\.md", item["rule"])) <= pages
    groups = {item["group"] for item in known.values()}
    assert len(groups) >= 20


def test_the_readme_is_true(kit: Path) -> None:
    """Its files are there, its links lead somewhere in the kit, and the pages are those of the repository."""
    readme = (kit / "README.md").read_text()
    for name in re.findall(r"^\| `([\w./-]+)` \|", readme, re.MULTILINE):
        assert (kit / name).exists(), name
    for target in re.findall(r"\]\(([^)]+)\)", readme):
        assert (kit / target).is_file(), target
    for case in re.findall(r'"YOUR-COMMAND" (.+)', readme):
        assert all((kit / "cases" / name).is_dir() for name in case.split()), case
    assert (kit / "VERSION").read_text().startswith(f"trade document ledger {__version__}, ")


def test_the_archive_is_the_same_every_time(kit: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        pack(kit, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as made:
        assert "conformance-kit/run.py" in made.namelist()

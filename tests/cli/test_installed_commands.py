"""Commands that other packages add to ``ledger``, by the entry-point group ``ledger.commands``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = '''
import typer

app = typer.Typer(help="Lodge goods declarations.")


@app.command()
def lodge(paper: str) -> None:
    """Lodge one."""
    print(f"lodged {paper}")


@app.command()
def hold() -> None:
    """Hold one."""
'''


def install(folder: Path, module: str, commands: str) -> None:
    """Put a package on a path as an installer would: its module, and what it says of itself."""
    (folder / "fake_customs.py").write_text(module)
    about = folder / "fake_customs-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-customs\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text(f"[ledger.commands]\n{commands}\n")


def ledger(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [sys.executable, "-m", "ledger.cli", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def test_a_package_adds_its_commands(tmp_path: Path) -> None:
    install(tmp_path, MODULE, "customs = fake_customs:app")
    listed = ledger(tmp_path, "--help")
    assert listed.returncode == 0, listed.stderr
    assert "Lodge goods declarations." in listed.stdout
    done = ledger(tmp_path, "customs", "lodge", "invoice.xml")
    assert (done.returncode, done.stdout) == (0, "lodged invoice.xml\n")


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("app = 7\n", "TypeError: fake_customs:app is not a typer.Typer"),
        ("", "AttributeError"),
        ("this is no Python\n", "SyntaxError"),
    ],
)
def test_a_package_that_fails_is_named_and_stops_no_other_command(tmp_path: Path, module: str, words: str) -> None:
    install(tmp_path, module, "customs = fake_customs:app")
    listed = ledger(tmp_path, "--help")
    assert listed.returncode == 0, listed.stderr
    assert "Cannot be loaded" in listed.stdout
    assert "fake-customs 1.2" in listed.stdout
    called = ledger(tmp_path, "customs", "lodge", "--verbose", "invoice.xml")
    assert called.returncode == 3
    assert words in called.stderr
    assert "the package fake-customs 1.2 cannot add `ledger customs`" in called.stderr
    assert "Traceback" not in called.stderr
    other = ledger(tmp_path, "verify", "--help")
    assert (other.returncode, other.stderr) == (0, "")


def test_a_package_cannot_replace_a_command(tmp_path: Path) -> None:
    install(tmp_path, MODULE, "verify = fake_customs:app\ncustoms = fake_customs:app")
    listed = ledger(tmp_path, "verify", "--help")
    assert listed.returncode == 0
    assert "Lodge" not in listed.stdout
    assert "the package fake-customs 1.2 is left out: `ledger verify` is a command already" in listed.stderr
    assert "Lodge one." in ledger(tmp_path, "customs", "--help").stdout

"""``ledger help`` and ``ledger completion``: found, printed, and true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import _COMMANDS, _GROUPS, main
from ledger.cli.help import TOPICS
from ledger.core.document import Format, redact, wrap
from ledger.core.statements.code_lists import DOCUMENT_TYPES
from ledger.settings import describe

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "help").glob("*.md"))


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["ledger", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_printed(
    topic: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed, _ = run(monkeypatch, capsys, "help", topic)
    assert (code, printed.startswith("# ")) == (0, True)
    told = json.loads(run(monkeypatch, capsys, "help", topic, "--json")[1])
    assert told == {"topic": topic, "text": printed}
    page = ROOT / "docs" / "help" / f"{topic}.md"
    if page.exists():
        assert page.read_text() == printed  # one text, in the docs and here


def test_every_page_of_help_is_a_topic_and_the_list_names_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {page.stem for page in PAGES} <= set(TOPICS)
    listed = run(monkeypatch, capsys, "help")[1]
    assert all(re.search(rf"^ +{topic} ", listed, re.M) for topic in TOPICS)


def test_an_unknown_topic_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, errors = run(monkeypatch, capsys, "help", "exit_code")
    assert (code, "did you mean exit-codes?" in errors) == (2, True)


def test_lists_are_those_of_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    codes = run(monkeypatch, capsys, "help", "codes")[1]
    assert all(f" {number}  {words};" in codes for number, words in DOCUMENT_TYPES.items())
    settings = run(monkeypatch, capsys, "help", "settings")[1]
    assert all(f"\n{item.variable}\n" in settings for item in describe())


def test_the_patterns_of_the_page_are_patterns() -> None:
    page = (ROOT / "docs" / "help" / "patterns.md").read_text()
    examples = re.findall(r"^    (\S+(?: mass'\])?)  +\S", page, re.M)
    xml = wrap(
        b"<Invoice><Note>t<B/></Note><Note xmlns='urn:example'>n</Note><A/><A/><InvoiceLine><Price currencyID='EUR'>1"
        b"</Price></InvoiceLine><A/><InvoiceLine><PriceAmount>1</PriceAmount></InvoiceLine></Invoice>",
        Format.XML, bytes(32),
    )  # fmt: skip
    json_ = wrap(b'{"lines": [{"price": 1}], "net mass": 2}', Format.JSON, bytes(32))
    assert len(examples) == 12
    for pattern in examples:
        assert redact(xml if pattern.startswith("/") else json_, [pattern]).hidden, pattern


# ---------------------------------------------------------------------------------------------------------- completion

_BASH = """
source {script}
COMP_WORDS=({words}); COMP_CWORD={last}
_ledger_completion ledger
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(tmp_path: Path, *words: str) -> list[str]:
    """What bash offers after these words, the last of which is begun."""
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "LEDGER_STATE_DIR": str(tmp_path / "state")}
    script = tmp_path / "completion"
    made = subprocess.run(["ledger", "completion", "bash"], env=environment, capture_output=True, text=True, check=True)
    script.write_text(made.stdout)
    text = _BASH.format(script=script, words=" ".join(f"'{word}'" for word in words), last=len(words) - 1)
    done = subprocess.run(
        ["bash", "--norc", "-c", text], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_values(tmp_path: Path) -> None:
    assert set(completed(tmp_path, "ledger", "")) >= {*_COMMANDS, *_GROUPS}
    assert set(completed(tmp_path, "ledger", "re")) == {"redact", "reference", "revoke", "rebuild"}
    assert {"--trust", "--plain", "--json"} <= set(completed(tmp_path, "ledger", "verify", "--"))
    assert completed(tmp_path, "ledger", "council", "enr") == ["enrol"]
    assert completed(tmp_path, "ledger", "help", "exit") == ["exit-codes"]
    assert set(completed(tmp_path, "ledger", "completion", "")) == {"bash", "zsh", "fish"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_script(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    made = subprocess.run(
        [sys.executable, "-m", "ledger.cli", "completion", shell], capture_output=True, text=True, check=True, cwd=ROOT
    )
    script = tmp_path / "_ledger"
    script.write_text(made.stdout)
    subprocess.run([shell, "-n", str(script)], check=True)


@pytest.mark.parametrize(
    ("shell", "asked"),
    [("zsh", {"_TYPER_COMPLETE_ARGS": "ledger hel"}),
     ("fish", {"_TYPER_COMPLETE_ARGS": "ledger hel", "_TYPER_COMPLETE_FISH_ACTION": "get-args"})],
)  # fmt: skip
def test_the_program_answers_the_scripts_of_other_shells(shell: str, asked: dict[str, str]) -> None:
    environment = os.environ | asked | {"_LEDGER_COMPLETE": f"complete_{shell}"}
    done = subprocess.run(
        [sys.executable, "-m", "ledger.cli"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "help" in done.stdout, done.stderr) == (0, True, "")

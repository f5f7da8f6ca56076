"""The exit code is the verdict, whatever becomes of the output: terminals, full disks, pipes that nobody reads."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ledger.cli import main
from tests.cli.test_cli import INVOICE

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "conformance"
GOOD, BAD = CASES / "at_its_validity", CASES / "at_the_revocation_fail"
ENCODINGS = ["utf-8", "cp437", "cp1252", "latin-1", "ascii", "cp949", "utf-16-le"]
VERIFIERS = [[sys.executable, "-m", "ledger.cli", "verify"], [sys.executable, "verifier/verify.py"]]


def words(case: Path) -> list[str]:
    asked = json.loads((case / "case.json").read_text())
    given = [str(case / "evidence.json"), "--clock", asked["clock"], "--trust", str(case / "trust.json")]
    given += ["--at", asked["at"]] if asked["at"] else []
    for name in ("document", "policy"):
        file = case / (name + (".json" if name == "policy" else ""))
        given += [f"--{name}", str(file)] if file.exists() else []
    return given


def code_of(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["ledger", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


class Terminal:
    """A terminal of an encoding, in the place of standard output and error."""

    def __init__(self, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes, self.encoding = io.BytesIO(), encoding
        self._streams = [io.TextIOWrapper(under, encoding=encoding) for under in (self.bytes, io.BytesIO())]
        monkeypatch.setattr(sys, "stdout", self._streams[0])
        monkeypatch.setattr(sys, "stderr", self._streams[1])

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("case", "code"), [(GOOD, 0), (BAD, 1)])
def test_the_exit_code_is_the_verdict_in_every_terminal(
    encoding: str, case: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        text = Terminal(encoding, patch)
        assert code_of(["verify", *words(case)], patch) == code
    with monkeypatch.context() as patch:
        as_json = Terminal(encoding, patch)
        assert code_of(["verify", *words(case), "--json"], patch) == code
    assert ("GOOD" if code == 0 else "NOT GOOD") in text.text
    assert "Traceback" not in text.text + as_json.text
    assert json.loads(as_json.text)["conclusion"] == ("GOOD" if code == 0 else "NOT_GOOD")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_documents_of_the_world_are_shown_in_every_terminal(
    encoding: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "invoice.json").write_text(json.dumps({"이름": "한국무역보험공사 \u202e\x1b[31m 😀"}))
    monkeypatch.chdir(tmp_path)
    assert code_of(["wrap", "invoice.json"], monkeypatch) == 0
    with monkeypatch.context() as patch:
        as_json = Terminal(encoding, patch)
        assert code_of(["show", "invoice.json.wrapped", "--json"], patch) == 0
    assert json.loads(as_json.text)["fields"][0]["value"] == "한국무역보험공사 \u202e\x1b[31m 😀"
    with monkeypatch.context() as patch:
        text = Terminal(encoding, patch)
        assert code_of(["show", "invoice.json.wrapped"], patch) == 0
    assert "\\u202e" in text.text.replace("\n", "")
    assert "\x1b" not in text.text
    if not encoding.startswith("utf"):
        assert "│" not in text.text  # a table of plain lines


def test_a_file_name_that_is_no_text_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode(b"inv\xffoice.xml")
    try:
        (tmp_path / name).write_bytes(INVOICE)
    except OSError:
        pytest.skip("this file system takes no such name")
    monkeypatch.chdir(tmp_path)
    for more in ([], ["--json"]):
        text = Terminal("utf-8", monkeypatch)
        assert code_of(["wrap", name, "-o", f"{name}{len(more)}.wrapped", *more], monkeypatch) == 0
        assert "inv\\udcffoice.xml" in text.text


@pytest.fixture(params=["buffered", "unbuffered"])
def buffering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is buffered is written when Python ends: by then it must go nowhere if it cannot be written."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    if request.param == "unbuffered":
        monkeypatch.setenv("PYTHONUNBUFFERED", "1")


@pytest.mark.usefixtures("buffering")
@pytest.mark.parametrize("verifier", VERIFIERS, ids=["ledger", "verify.py"])
@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize(("case", "code"), [(GOOD, 0), (BAD, 1)])
def test_a_full_disk_and_a_reader_that_went_away_change_no_verdict(
    verifier: list[str], more: list[str], case: Path, code: int
) -> None:
    asked = [*verifier, *words(case), *more]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(asked, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr, "Exception" in done.stderr) == (code, False, False)
    if verifier == VERIFIERS[0]:
        assert "could not be written (No space left on device)" in done.stderr
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(asked, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.usefixtures("buffering")
@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-", ">/dev/full 2>&1"])
def test_closed_streams_change_no_verdict(closed: str) -> None:
    for case, code in ((GOOD, 0), (BAD, 1)):
        line = f'exec "$0" "$@" {closed}'
        done = subprocess.run(["/bin/sh", "-c", line, *VERIFIERS[0], *words(case)], cwd=ROOT, check=False)
        assert done.returncode == code


def test_an_error_that_nobody_expected_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_given: object) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr("ledger.cli.verify.verify_offline", fails)
    assert code_of(["verify", *words(GOOD)], monkeypatch) == 3
    errors = capsys.readouterr().err
    assert errors.startswith("Fault of this program: KeyError: 'unforeseen' (")
    assert "Traceback" not in errors


def test_a_message_of_several_lines_cannot_pass_for_another_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert code_of(["verify", str(tmp_path / "no\nGOOD: such \x1b[2J file")], monkeypatch) == 2
    errors = capsys.readouterr().err
    assert "\x1b" not in errors
    assert not any(line.startswith("GOOD") for line in errors.splitlines())


# --------------------------------------------------------------------------------------------------------------- plain


@pytest.mark.parametrize(
    "arguments",
    [["verify", *words(GOOD), "--plain"], ["--plain", "verify", *words(GOOD)], ["verify", "--help", "--plain"],
     ["--plain", "help", "exit-codes"], ["verify", "--plain", "no-such-file"], ["--plain", "no-such-command"],
     ["keys", "--plain", "--help"], ["keys", "list", "--plain"]],
    ids=lambda words: words[0] + words[-1][-8:],
)  # fmt: skip
def test_plain_output_has_no_tables_and_no_colours(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path))
    code_of(arguments, monkeypatch)
    captured = capsys.readouterr()
    printed = captured.out + captured.err
    assert printed
    assert not set("┏━┳┓┡╇┩└─┴┘├┼┤│╭╮╰╯\x1b") & set(printed)


def test_plain_output_says_each_check_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(["verify", *words(GOOD), "--json"], monkeypatch) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert code_of(["verify", *words(GOOD), "--plain"], monkeypatch) == 0
    said = capsys.readouterr().out.splitlines()
    for check in checks:
        assert any(line.startswith(f"step: {check['step']}; {check['status']}") for line in said)
    assert "question: by whom, with what authority?; answer: VALID" in said


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_turned_off(variable: dict[str, str]) -> None:
    """At a real terminal, which only a process of its own sees."""
    pty = pytest.importorskip("pty")
    for environment, coloured in ({"TERM": "xterm-256color"}, True), ({"TERM": "xterm-256color"} | variable, False):
        ours, theirs = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
        with subprocess.Popen(
            [*VERIFIERS[0], *words(GOOD)], cwd=ROOT, stdout=theirs, stderr=theirs, stdin=theirs, env=kept | environment
        ) as process:
            os.close(theirs)
            printed = b""
            with suppress(OSError):  # a terminal that was closed is an error to read
                while part := os.read(ours, 4096):
                    printed += part
            assert process.wait() == 0
        os.close(ours)
        assert (b"\x1b[1;32m" in printed or b"\x1b[32m" in printed) is coloured

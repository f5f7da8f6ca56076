"""The stand-alone verifier against the ledger's own: the same verdict on whatever history, question and defect."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ledger.cli import main
from ledger.core.document import Format, disclose, read_redacted, redact, sniff, wrap
from ledger.core.encoding.text import when
from ledger.core.evidence.pdf import embed, read_pdf
from ledger.errors import Malformed
from tests.verifier.alike import alike
from tests.verifier.both import FILE, Asked, alone, by_ledger
from tests.verifier.worlds import lawful_question, lawless_question

ROOT = FILE.parents[1]
DATA = ROOT.parent / "shared" / "data"
EXIT = {"GOOD": 0, "NOT_GOOD": 1, "MALFORMED": 2, "UNDECIDED": 3}
SEEDS = some.integers(0, 2**32 - 1)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# ------------------------------------------------------------------------------------------------ both decide the same


@SLOW
@given(SEEDS)
def test_of_lawful_histories(seed: int) -> None:
    asked = lawful_question(seed)
    alike(asked)


@SLOW
@given(SEEDS)
def test_of_histories_that_break_the_rules_or_are_shown_in_part(seed: int) -> None:
    asked = lawless_question(seed)
    alike(asked)


@SLOW
@given(SEEDS, some.data())
def test_of_evidence_with_a_changed_bit(seed: int, data: some.DataObject) -> None:
    asked = lawful_question(seed)
    at, bit = data.draw(some.integers(0, len(asked.evidence) - 1)), data.draw(some.integers(0, 6))
    asked = asked._replace(
        evidence=asked.evidence[:at] + bytes([asked.evidence[at] ^ 1 << bit]) + asked.evidence[at + 1 :]
    )
    alike(asked)


@SLOW
@given(SEEDS, some.data())
def test_of_evidence_with_a_changed_member(seed: int, data: some.DataObject) -> None:
    """Canonical again, so that it is not refused for its spelling but for what it says."""
    asked = lawful_question(seed)
    value = json.loads(asked.evidence)
    places = list(_places(value))
    holder, key = data.draw(some.sampled_from(places))
    holder[key] = data.draw(_other(holder[key]))
    text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    asked = asked._replace(evidence=text)
    alike(asked)


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


def _other(value: Any) -> some.SearchStrategy[Any]:
    """Something else, mostly of the same kind."""
    odd = some.sampled_from([None, True, -1, 1.5, 2**53, 2**64, "", "0x", [], {}, [[]]])
    if isinstance(value, str) and value.startswith("0x"):
        changed = some.binary(min_size=1, max_size=len(value) // 2).map(
            lambda part: value[: -2 * len(part)] + part.hex()
        )
        return changed | some.sampled_from([value + "00", value[:-2], value[:-1], value.upper()]) | odd
    if isinstance(value, str):
        return some.integers(0, len(value)).map(lambda at: value[:at] + "A" + value[at + 1 :]) | odd
    if isinstance(value, int):
        return some.integers(0, value + 2) | some.sampled_from([value ^ 2, 2 * value, 2**53 - 1]) | odd
    if isinstance(value, list) and value:
        return some.sampled_from([value[1:], value[:-1], value[::-1], value + value[:1], value[:1]]) | odd
    return odd


# --------------------------------------------------------------------------------------------------- the one file


def test_it_imports_only_the_standard_library() -> None:
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(FILE.read_bytes()))
        for name in (
            [item.name for item in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "ledger"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= set(sys.stdlib_module_names)


def test_it_reads_as_python_3_9_does() -> None:
    ast.parse(FILE.read_bytes(), feature_version=(3, 9))


def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Isolated, without site packages."""
    command = [sys.executable, "-I", "-S", str(FILE), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ | environment
    )


def written(folder: Path, asked: Asked) -> list[object]:
    """The files of a question, and the words that name them."""
    at = [] if asked.at is None else ["--at", when(asked.at)]
    words: list[object] = [folder / "evidence", "--clock", when(asked.clock), *at]
    for name in ("evidence", "document", "trust", "policy"):
        content = getattr(asked, name)
        if content is not None:
            (folder / name).write_bytes(content)
            words += [] if name == "evidence" else [f"--{name}", folder / name]
    return words


@pytest.mark.parametrize("seed", range(5))
def test_it_runs_where_nothing_is_installed(tmp_path: Path, seed: int) -> None:
    asked = lawful_question(seed)
    outcome, rows, beside = by_ledger(asked)
    done = run(*written(tmp_path, asked), "--json")
    assert done.returncode == EXIT[outcome], done.stderr
    said = json.loads(done.stdout)
    assert [(item["name"], item["status"]) for item in said["checks"]] == [(row[0], row[2]) for row in rows]
    assert {name: said[name] for name in beside} == beside
    in_words = run(*written(tmp_path, asked))
    assert in_words.returncode == EXIT[outcome]
    assert outcome in in_words.stdout


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b"9" * 10_000, b'{"ledger":1,"ledger":1}'])
def test_what_is_no_evidence_is_told_and_nothing_breaks(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "evidence").write_bytes(content)
    done = run(tmp_path / "evidence", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert "error" in json.loads(done.stdout)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for words in ([tmp_path / "none"], [tmp_path], [__file__, "--at", "yesterday"]):
        done = run(*words)
        assert (done.returncode, done.stderr) == (2, ""), words
        assert done.stdout.startswith("malformed: ")


@pytest.mark.parametrize("option", ["--at", "--clock"])
@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("2026-11-22T10:00:00Z", True),
        ("1970-01-01T00:00:00Z", True),
        ("9999-12-31T23:59:59Z", True),
        ("1969-12-31T23:59:59Z", False),
        ("2026-02-30T10:00:00Z", False),
        ("2026-11-22T24:00:00Z", False),
        ("2026-11-22T10:00:60Z", False),
        ("2026-11-22T10:00:00", False),
        ("2026-11-22T10:00:00z", False),
        ("2026-11-22 10:00:00Z", False),
        ("2026-11-22T10:00:00.5Z", False),
        ("2026-11-22T10:00:00+00:00", False),
        ("2026-11-22T10:00Z", False),
        ("2026-1-2T3:04:05Z", False),
        ("20261122T100000Z", False),
        ("2026-W47-7T10:00:00Z", False),
        ("2026-11-22", False),
        ("1790000000", False),
        ("\u0662026-11-22T10:00:00Z", False),
        ("2026-11-22T10:00:00Z\n", False),
        ("", False),
    ],
)
def test_a_time_has_one_form(
    option: str,
    text: str,
    taken: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both verifiers take it, or both say what a time looks like."""
    words = [str(word) for word in written(tmp_path, lawful_question(1)._replace(at=None))[:1]]
    words += ["--json", option, text]
    monkeypatch.setattr(sys, "argv", ["ledger", "verify", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    ours = capsys.readouterr()
    assert (alone.main(words) != 2, ended.value.code != 2) == (taken, taken)
    theirs = capsys.readouterr().out
    if taken:
        named = option.removeprefix("--")
        assert json.loads(ours.out)[named] == json.loads(theirs)[named]
    else:
        assert f"{option}: a time looks like" in ours.out + ours.err
        assert f"{option}: a time looks like" in theirs


def test_a_defect_of_the_verifier_itself_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Python ends with 1 when a program breaks, and 1 would mean NOT_GOOD."""
    words = [str(word) for word in written(tmp_path, lawful_question(1))]
    monkeypatch.setattr(alone, "Verifier", None)
    assert alone.main(words) == 2
    assert "decided nothing" in capsys.readouterr().out


def test_words_of_a_document_do_not_steer_a_terminal(tmp_path: Path) -> None:
    """A changed field is named by its path, which its author chose."""
    asked = lawful_question(1)
    made = wrap(b'{"\\u009b2J\\u202e\\ud83e\\udd5d":1}', Format.JSON, bytes(32))
    disclosed = json.loads(redact(made, []).to_bytes())
    evidence = json.loads(asked.evidence)
    evidence["document"] = disclosed
    evidence["declaration"]["digest"] = "0x" + made.digest.hex()
    text = json.dumps(evidence, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    other = wrap(b'{"\\u009b2J\\u202e\\ud83e\\udd5d":2}', Format.JSON, bytes(32)).to_bytes()
    words = written(tmp_path, asked._replace(evidence=text, document=other))
    for coding in ("utf-8", "ascii"):
        command = [sys.executable, "-S", str(FILE), *map(str, words)]
        environment = os.environ | {"PYTHONIOENCODING": coding}
        done = subprocess.run(command, capture_output=True, check=False, env=environment)
        printed = done.stdout.decode(coding)
        assert done.returncode == 1
        assert "changed: $['\\x9b2J\\u202e" in printed
        assert all(char.isprintable() or char == "\n" for char in printed)


# ----------------------------------------------------------------------------------------------- documents and PDFs


def _documents() -> list[Path]:
    folders = [ROOT / "samples"] + ([DATA] if DATA.is_dir() else [])
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if path.stat().st_size < 1 << 20]


def test_digests_of_real_documents() -> None:
    """Every sample, and every third-party document that is present, wrapped and redacted."""
    count = 0
    for path in _documents():
        data = path.read_bytes()
        try:
            wrapped = wrap(data, sniff(data, path.name), bytes(range(32)))
        except Malformed:
            continue
        assert alone.read_document(wrapped.to_bytes()).digest == wrapped.digest, path
        copy = disclose(wrapped, []).to_bytes() if count % 2 else redact(wrapped, []).to_bytes()
        assert alone.read_document(copy).digest == read_redacted(copy).digest == wrapped.digest, path
        count += 1
    assert count >= 19


PDF = ROOT / "samples/avocado/certificate-of-origin.pdf"
WRAPPED = wrap(PDF.read_bytes(), Format.OPAQUE, bytes(32)).to_bytes()
EVIDENCE = lawful_question(1).evidence


def test_a_pdf_is_cut_where_the_ledger_cuts_it() -> None:
    whole = embed(PDF.read_bytes(), EVIDENCE, WRAPPED)
    assert alone.cut_pdf(whole) == (EVIDENCE, WRAPPED) == read_pdf(whole)
    carrier = embed(PDF.read_bytes(), EVIDENCE)
    assert alone.cut_pdf(carrier) == (EVIDENCE, None) == read_pdf(carrier)


@pytest.mark.parametrize(
    ("pattern", "by", "words"),
    [
        (rb"\Z", b"\n", "changed"),
        (rb"\n\Z", b"", "changed"),
        (rb"(?s)\n%ledger.*", b"", "no evidence"),
        (rb"(%ledger/pdf/1 [0-9]+ )[0-9]+", rb"\g<1>0", "where it says"),
        (rb"(%ledger/pdf/1 [0-9]+ )[0-9]+", rb"\g<1>99999999", "where it says"),
        (rb"(%ledger/pdf/1 [0-9]+ [0-9]+ )[0-9]+", rb"\g<1>99999999", "where it says"),
        (rb"(%ledger/pdf/1) [0-9]+", rb"\1 0", "where it says"),
        (rb"(%ledger/pdf/1) ([0-9]+)", rb"\1 0\2", "changed"),
        (rb"(%ledger/pdf/1(?: [0-9]+){3}) [0-9]+", rb"\1 1", "two lines"),
        (rb"(ledger/opaque/1 \S+\n)[0-9]+", rb"\g<1>1", "two lines"),
    ],
)
def test_a_pdf_that_was_changed_after_or_lies_about_places_is_refused(pattern: bytes, by: bytes, words: str) -> None:
    changed, times = re.subn(pattern, by, embed(PDF.read_bytes(), EVIDENCE, WRAPPED), count=1)
    assert times == 1
    with pytest.raises(alone.Malformed, match=words):
        alone.cut_pdf(changed)


def test_of_a_pdf_only_the_original_is_handed_out(tmp_path: Path) -> None:
    (tmp_path / "proven.pdf").write_bytes(embed(PDF.read_bytes(), EVIDENCE, WRAPPED))
    done = run(tmp_path / "proven.pdf", "--original", tmp_path / "original.pdf", "--json")
    assert done.returncode == 1
    assert "not what was added to its pages" in json.loads(done.stdout)["notice"]
    assert (tmp_path / "original.pdf").read_bytes() == PDF.read_bytes()
    again = run(tmp_path / "proven.pdf", "--original", tmp_path / "original.pdf")
    assert again.returncode == 2, "nothing is written over"

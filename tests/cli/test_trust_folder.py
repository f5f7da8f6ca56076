"""A folder of trust roots on the command line: what is said where none fits, and which files are named."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.cli import main
from ledger.core.checkpoints.log_keys import LogKey
from tests.conformance.parts import attested
from tests.verifier.both import alone

MADE = attested()
OWN = MADE.world.trust
OTHER_ORIGIN = replace(OWN.origin, chain_id=1)
OTHER = replace(OWN, origin=OTHER_ORIGIN, log_keys=(LogKey(replace(MADE.world.log_key, name=str(OTHER_ORIGIN))),))


def both(
    folder: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[tuple[int, str]]:
    """Exit code and words of both verifiers: those of check 5, or of the error."""
    (folder / "evidence.json").write_bytes(MADE.evidence().to_bytes())
    (folder / "trust").mkdir()
    for name, data in files.items():
        (folder / "trust" / name).write_bytes(data)
    words = [str(folder / "evidence.json"), "--trust", str(folder / "trust"), "--json"]
    monkeypatch.setattr(sys, "argv", ["ledger", "verify", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    found = [(int(ended.value.code or 0), capsys.readouterr().out)]
    found.append((alone.main(words), capsys.readouterr().out))
    return [(code, _said(json.loads(printed))) for code, printed in found]


def _said(value: dict[str, object]) -> str:
    checks = value.get("checks")
    if not isinstance(checks, list):
        return str(value.get("message") or value.get("error"))
    return next(str(check["words"]) for check in checks if check["step"] == 5)


def test_none_is_of_this_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"evidence of {OWN.origin}, but only {OTHER_ORIGIN} is trusted"
    for code, said in both(tmp_path, {"a.json": OTHER.to_bytes()}, monkeypatch, capsys):
        assert (code, said) == (1, words)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.json": OWN.to_bytes(), "z.json": OWN.to_bytes()}, ["a.json", "z.json", "one history", str(OWN.origin)]),
        ({"a.json": OWN.to_bytes(), "z.json": b"{}"}, ["z.json", "not of the format"]),
        ({}, ["trust roots", "not 0"]),
    ],
)
def test_the_files_are_named(
    files: dict[str, bytes],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for code, said in both(tmp_path, files, monkeypatch, capsys):
        assert code == 2
        assert [word for word in words if word not in said] == [], said

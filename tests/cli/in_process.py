"""Commands in this process, as the console script runs them."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ledger.cli import main


class InProcess:
    """Runs ``ledger`` with the environment of the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output, errors."""
        self._patch.setattr(sys, "argv", ["ledger", *words])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def json(self, *words: str, code: int = 0) -> Any:
        """What the command prints for machines; it ends with ``code``."""
        found, printed, errors = self(*words, "--json")
        assert found == code, (printed, errors)
        return json.loads(printed)

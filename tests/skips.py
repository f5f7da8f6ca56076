"""With LEDGER_ALLOWED_SKIPS set to the path of a list, a test may skip only if the list names it, with the same reason.

CI sets it. The list is a TOML file of lines ``"node id" = "reason"``. Any other skip is a failure, and so is a line of
the list whose test no longer skips: the list says exactly what a run leaves out.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "LEDGER_ALLOWED_SKIPS"
_TITLE = "allowed skips"


def install(config: pytest.Config) -> None:
    """Register the check where the variable is set; a worker of pytest-xdist inherits it."""
    path = os.environ.get(VARIABLE)
    if path:
        config.pluginmanager.register(AllowedSkips(config, tomllib.loads(Path(path).read_text()), path), _TITLE)


class AllowedSkips:
    """The check of one process. Each worker fails its own skips; the process that prints the result reads the list."""

    def __init__(self, config: pytest.Config, allowed: Mapping[str, str], path: str) -> None:
        self._config = config
        self._allowed = allowed
        self._path = path
        self._skipped: set[str] = set()
        self._ran: set[str] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        self._judge(report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """A whole file can skip while it is imported."""
        report = yield
        self._judge(report)
        return report

    def _judge(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = _reason(report)
        if self._allowed.get(report.nodeid) != reason:
            listed = "has another reason for it" if report.nodeid in self._allowed else "does not list it"
            report.outcome = "failed"  # type: ignore[assignment]
            report.longrepr = f"{report.nodeid} skips, and {self._path} {listed}: {reason}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        (self._skipped if report.skipped else self._ran).add(report.nodeid)

    def _stale(self) -> list[str]:
        """Entries whose test did not skip; of a whole run also those whose test is not there."""
        seen = self._allowed.keys() if _whole(self._config) else self._allowed.keys() & self._ran
        return sorted(seen - self._skipped)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(self._config, "workerinput") and self._stale() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for node in self._stale():
            terminalreporter.write_line(f"{self._path} lists {node}, which no longer skips: take it off", red=True)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return words.removeprefix("Skipped: ")


def _whole(config: pytest.Config) -> bool:
    """Whether all tests were asked for."""
    chosen = (config.option.keyword, config.option.markexpr, config.option.deselect)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not any(chosen)

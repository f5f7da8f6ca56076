"""Peers: npm installs them by their own lock file, and each runs as one process that times its own loop.

The product depends on none of them. A process lives through all rounds, so its start and node's compiling do not count.
The bench and the process exchange lines of JSON outside the measured time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "peers"
_BIN = Path(sys.executable).parent
_VENV = FOLDER / "venv"
_STAMP = FOLDER / "node_modules" / ".installed"


class PeerFailed(Exception):
    """A peer could not be installed, or it did not do its work."""


def environment() -> dict[str, str]:
    """The environment with the virtual environment's node first in PATH."""
    return os.environ | {"PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"}


def install() -> None:
    """Install the packages of the lock file, unless they are installed.

    :raises PeerFailed: npm failed; the error ends with npm's output.
    """
    lock = (FOLDER / "package-lock.json").read_text()
    if _STAMP.exists() and _STAMP.read_text() == lock:
        return
    # Without scripts: npm compiles nothing, and no peer runs before the bench starts it.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--omit=optional"]
    done = subprocess.run(command, cwd=FOLDER, env=environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        raise PeerFailed(f"npm could not install the peers:\n{done.stderr[-2000:]}")
    _STAMP.write_text(lock)


def profiler() -> Path:
    """The path of py-spy, installed into its own environment. It profiles servers that miss their bar."""
    program, requirements = _VENV / "bin" / "py-spy", FOLDER / "requirements.txt"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_VENV)], check=True)
        pip = [str(_VENV / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
        subprocess.run([*pip, "-r", str(requirements)], check=True)
    return program


def version(package: str) -> str:
    """``name version`` of an installed package."""
    given = json.loads((FOLDER / "node_modules" / package / "package.json").read_text())
    return f"{package} {given['version']}"


class Peer:
    """The process of one script under ``bench/peers``."""

    def __init__(self, script: str) -> None:
        install()
        self._name = script
        self._process = subprocess.Popen(
            ["node", f"{script}.mjs"], cwd=FOLDER, env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def load(self, work: str, **given: object) -> Any:
        """Prepare a work and try it once; return the result that the peer shows.

        :raises PeerFailed: the work fails.
        """
        return self._ask({"load": work, "with": given})["shown"]

    def run(self, work: str, count: int) -> float:
        """Do a loaded work ``count`` times; return the seconds that it took by the peer's own clock."""
        return float(self._ask({"run": work, "count": count})["nanoseconds"]) / 1e9

    def timed(self, work: str) -> Callable[[int], float]:
        """``run`` with the work fixed."""
        return lambda count: self.run(work, count)

    def _ask(self, value: dict[str, object]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"problem": f"its process ended with {self._process.wait()}"}
        if "problem" in answer:
            raise PeerFailed(f"{self._name}: {answer['problem']}")
        return answer

"""Asks the modules of ``web/verifier`` through ``driver.ts``: one process of Node that answers line by line."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ESBUILD = ROOT / "node_modules/.bin/esbuild"
NODE_IS_MISSING = "needs Node and the packages of package.json: npm ci"


class Refused(Exception):
    """The modules refuse, as a page would show it. ``kind``: Malformed, Failed or OnlyContract."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind = kind


class Driver:
    """The modules of ``web/verifier`` in Node."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("node") is None or not ESBUILD.exists():
            pytest.skip(NODE_IS_MISSING)
        script = folder / "driver.mjs"
        build = ["tests/web/driver.ts", "--bundle", "--platform=node", "--format=esm", "--log-level=error"]
        subprocess.run([ESBUILD, *build, f"--outfile={script}"], cwd=ROOT, check=True)
        self._process = subprocess.Popen(["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what: str, **question: object) -> Any:
        """What is answered. Bytes in a question go as base64.

        :raises Refused: the modules refuse; any other error there fails the test.
        """
        return self.ask_all([(what, question)])[0]

    def ask_all(self, questions: Iterable[tuple[str, dict[str, object]]]) -> list[Any]:
        """The answers to many questions; a refusal is raised."""
        found = self.try_all(questions)
        for item in found:
            if isinstance(item, Refused):
                raise item
        return found

    def try_all(self, questions: Iterable[tuple[str, dict[str, object]]]) -> list[Any]:
        """The answers to many questions, one after the other; a refusal is among them."""
        return [self._tried(what, question) for what, question in questions]

    def _tried(self, what: str, question: dict[str, object]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        said = {name: b64encode(item).decode() if isinstance(item, bytes) else item for name, item in question.items()}
        self._process.stdin.write(json.dumps({"ask": what, **said}).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended at {what} of {str(said)[:200]}"
        answer = json.loads(line)
        if "refused" not in answer:
            return answer["answer"]
        assert not answer["refused"].startswith("broken"), answer["refused"]
        return Refused(answer["refused"], answer["words"])

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

"""Asks the browser's modules what they make of documents: one process of Node that answers line by line."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ESBUILD = ROOT / "node_modules/.bin/esbuild"


class Composer:
    """The modules of ``web/verifier`` that recognise, wrap and redact, in Node."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("node") is None or not ESBUILD.exists():
            pytest.skip("needs Node and the packages of package.json: npm ci")
        script = folder / "compose.mjs"
        build = [
            str(ESBUILD),
            "tests/web/compose.ts",
            "--bundle",
            "--platform=node",
            "--format=esm",
            "--log-level=error",
        ]
        subprocess.run([*build, f"--outfile={script}"], cwd=ROOT, check=True)
        self._process = subprocess.Popen(["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what: str, data: bytes, **more: object) -> Any:
        """What is answered about a file; ``{"malformed": words}`` where it is refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"what": what, "data": b64encode(data).decode(), "name": "", **more}
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended at {what} of {data[:100]!r}"
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

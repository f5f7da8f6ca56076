"""The browser's verifier under a question: ``web/verifier``, run by Node in one process that answers line by line."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.verifier.both import MALFORMED, Asked, Found

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "web" / "verifier" / "cli.ts"
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"
MISSING = "needs Node and the packages of package.json: npm ci"


def is_installed() -> bool:
    """Whether this machine can run it."""
    return shutil.which("node") is not None and ESBUILD.exists()


@cache
def program() -> Path:
    """The verifier as one file for Node, built from the source as it is now."""
    folder = Path(mkdtemp(prefix="browser-verifier-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "verifier.mjs"
    options = ["--bundle", "--platform=node", "--format=esm", "--target=es2022", "--charset=utf8", "--log-level=error"]
    subprocess.run([ESBUILD, SOURCE, *options, f"--outfile={made}"], cwd=ROOT, check=True)
    return made


class Browser:
    """One process. Its questions are answered in order."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", program(), "--lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def verdict(self, asked: Asked, trusts: Mapping[str, bytes] | None = None) -> dict[str, Any]:
        """The verdict's JSON; ``{"error": words}`` where there is none. ``trusts``: a folder of trust roots."""
        trust = _spelled(asked.trust) if trusts is None else {name: _spelled(data) for name, data in trusts.items()}
        files = {name: _spelled(getattr(asked, name)) for name in ("evidence", "document", "policy")}
        return self._asked({**files, "trust": trust, "at": asked.at, "clock": asked.clock})

    def reading(self, document: bytes) -> dict[str, Any]:
        """How it reads a wrapped or redacted document: ``digest`` and, by path, ``fields``; hashes in hex.

        ``{"error": words}`` where it does not.
        """
        return self._asked({"document": _spelled(document)})

    def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process ended"
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@cache
def browser() -> Browser:
    """The process that all questions of this program share; it ends with it."""
    made = Browser()
    atexit.register(made.close)
    return made


def by_browser(asked: Asked) -> Found:
    """What it finds.

    :raises RuntimeError: it broke, whatever it was given.
    """
    verdict = browser().verdict(asked)
    return MALFORMED if _is_malformed(verdict) else Found.of(verdict)


def read_by_browser(document: bytes) -> tuple[bytes | None, dict[str, bytes]]:
    """The digest, and the hash of each shown field by its path; None and nothing where it refuses the document.

    :raises RuntimeError: it broke, whatever it was given.
    """
    reading = browser().reading(document)
    if _is_malformed(reading):
        return None, {}
    return bytes.fromhex(reading["digest"]), {path: bytes.fromhex(hash_) for path, hash_ in reading["fields"].items()}


def _is_malformed(answer: dict[str, Any]) -> bool:
    if "error" in answer and not answer["error"].startswith("malformed: "):
        raise RuntimeError(answer["error"])
    return "error" in answer


def _spelled(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode()

"""Set up the repository: environment, locked Python and Node packages, built contract. Standard library only.

A step is skipped while its inputs are unchanged, so a second run takes a moment.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
LOG = ROOT / "state" / "setup.log"
TAIL = 30


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 (this program reports it)
        print(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    LOG.parent.mkdir(exist_ok=True)
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    steps = [
        ("environment", [sys.executable, "-m", "venv", str(VENV)], []),
        ("Python packages", [*pip, "--require-hashes", "-r", "requirements.lock"], ["requirements.lock"]),
        ("this package", [*pip, "--no-deps", "--no-build-isolation", "-e", "."], ["pyproject.toml"]),
        # A peer for tests. It declares Python 3.12 and runs on 3.11 too.
        (
            "Python peer",
            [*pip, "--no-deps", "--ignore-requires-python", "--require-hashes", "-r", "peers.lock"],
            ["peers.lock"],
        ),
        # Not `npm ci`, which stops if a registry lacks the binaries of another platform. `npm install` also uses the
        # versions and hashes of the lock file.
        ("Node packages", ["npm", "install", "--ignore-scripts", "--no-save"], ["package-lock.json"]),
        ("contract", ["npm", "run", "build"], ["contracts", "hardhat.config.js", "package.json", "package-lock.json"]),
    ]
    for number, (name, command, sources) in enumerate(steps, start=1):
        if not _step(f"[{number}/{len(steps)}] {name}", name, command, sources):
            return 1
    return 0


def _step(title: str, name: str, command: list[str], sources: list[str]) -> bool:
    stamp = STAMPS / name.replace(" ", "-")
    wanted = _fingerprint([*command, *sources], sources)
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    print(f"{title} ... ", end="", flush=True)
    begun = time.monotonic()
    environment = os.environ | {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    with LOG.open("w") as log, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process:
        while process.poll() is None:
            time.sleep(0.2)
            if sys.stdout.isatty():
                print(f"\r{title} ... {time.monotonic() - begun:.0f} s", end="", flush=True)
    if process.returncode:
        print(f"failed with exit code {process.returncode}; the end of {LOG.relative_to(ROOT)}:", file=sys.stderr)
        print("\n".join(LOG.read_text().splitlines()[-TAIL:]), file=sys.stderr)
        return False
    print(f"{chr(13) + title + ' ... ' if sys.stdout.isatty() else ''}done in {time.monotonic() - begun:.0f} s")
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(wanted)
    return True


def _fingerprint(words: list[str], sources: list[str]) -> str:
    digest = hashlib.sha256("\0".join(words).encode())
    for source in sources:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())

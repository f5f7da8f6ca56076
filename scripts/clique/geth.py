"""Build the client: geth 1.13.15, the last version that seals Clique, from the Go module proxy, under ``build/``.

geth is licensed under the GPL. We start it as a process; it is not part of what we ship.

The source is the module's zip. Its hash must be the one in this file, and the go.sum inside it pins everything that
geth needs. We add one file: ``early_opcodes.go`` says which two opcodes it makes known, and why.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from ledger.errors import Source, Unavailable

MODULE, VERSION = "github.com/ethereum/go-ethereum", "v1.13.15"
SUM = "h1:U7sSGYGo4SPjP6iNIifNoyIAiNjrmQkz6EwQG+/EZWo="  # as sum.golang.org has it
OPCODES = Path(__file__).parent / "early_opcodes.go"
FOLDER = Path(__file__).resolve().parents[2] / "build" / "geth"
_ABSENT = "the Clique network needs geth, which is built with Go"


def built(folder: Path = FOLDER) -> Path:
    """The path of the binary. The first call builds it, which takes minutes and needs the Go module proxy or cache.

    :raises Unavailable: Go is missing, the module cannot be fetched or has another hash, or it does not compile.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stamp = hashlib.sha256(SUM.encode() + OPCODES.read_bytes()).hexdigest()[:16]
    binary = folder / f"geth-{VERSION}-{stamp}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _build(binary)
    return binary


def module_hash(zipped: Path) -> str:
    """Go's hash of a module (golang.org/x/mod/sumdb/dirhash, h1): over each file's SHA-256 and name."""
    with ZipFile(zipped) as archive:
        lines = [f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in sorted(archive.namelist())]
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()


def _build(binary: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise Unavailable(f"{_ABSENT}, and there is no Go on this machine", source=Source.MACHINE)
    # Build without a C compiler, and do not fetch another Go.
    environment = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        downloaded = _run([go, "mod", "download", "-json", f"{MODULE}@{VERSION}"], folder, environment)
        module: dict[str, Any] = json.loads(downloaded.stdout or "{}")
        if downloaded.returncode or "Zip" not in module:
            raise Unavailable(
                f"{_ABSENT}; the module cannot be fetched: {module.get('Error') or _tail(downloaded.stderr)}",
                source=Source.MACHINE,
            )
        zipped = Path(module["Zip"])
        found = module_hash(zipped)
        if found != SUM:
            raise Unavailable(
                f"the source of geth {VERSION} has the hash {found}, not {SUM}: do not use it", source=Source.MACHINE
            )
        with ZipFile(zipped) as archive:
            archive.extractall(folder)
        source = Path(folder) / f"{MODULE}@{VERSION}"
        shutil.copyfile(OPCODES, source / "core" / "vm" / OPCODES.name)
        made = Path(folder) / "geth"
        # A dependency uses internals of Go's runtime, which Go 1.23 and later refuse without this flag.
        flags = ["-trimpath", "-ldflags=-checklinkname=0 -s -w"]
        compiled = _run([go, "build", *flags, "-o", str(made), "./cmd/geth"], source, environment)
        if compiled.returncode:
            raise Unavailable(f"geth {VERSION} cannot be built: {_tail(compiled.stderr)}", source=Source.MACHINE)
        made.rename(binary)


def _run(command: list[str], folder: str | Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _tail(text: str) -> str:
    return text.strip()[-300:] or "no reason given"

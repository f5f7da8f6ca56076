"""The client: geth 1.13.15, the last one that seals Clique, built from the Go module proxy and kept under ``build/``.

geth is licensed under the GPL. It is a tool that we start as a process, and no part of what we ship.

What is compiled is the module's zip, checked against a hash in this file, with the go.sum inside of it, which pins all
that geth needs. One file of ours goes in: ``early_opcodes.go`` says which two opcodes it makes known, and why.
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
    """The binary; built at the first call, which takes minutes and the Go module proxy, or Go's module cache.

    :raises Unavailable: there is no Go, the module cannot be had or is not the one pinned, or it does not compile.
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
    """Go's hash of a module: of the SHA-256 of each file, one a line, by name (golang.org/x/mod/sumdb/dirhash, h1)."""
    with ZipFile(zipped) as archive:
        lines = [f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in sorted(archive.namelist())]
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()


def _build(binary: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise Unavailable(f"{_ABSENT}, and there is no Go on this machine", source=Source.MACHINE)
    # No C compiler is needed, and no other Go is fetched.
    environment = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
        downloaded = _run([go, "mod", "download", "-json", f"{MODULE}@{VERSION}"], folder, environment)
        said: dict[str, Any] = json.loads(downloaded.stdout or "{}")
        if downloaded.returncode or "Zip" not in said:
            raise Unavailable(
                f"{_ABSENT}; the module cannot be had: {said.get('Error') or _tail(downloaded.stderr)}",
                source=Source.MACHINE,
            )
        zipped = Path(said["Zip"])
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
        # A dependency reaches into the runtime, which Go refuses since 1.23 unless told otherwise.
        flags = ["-trimpath", "-ldflags=-checklinkname=0 -s -w"]
        compiled = _run([go, "build", *flags, "-o", str(made), "./cmd/geth"], source, environment)
        if compiled.returncode:
            raise Unavailable(f"geth {VERSION} cannot be built: {_tail(compiled.stderr)}", source=Source.MACHINE)
        made.rename(binary)


def _run(command: list[str], folder: str | Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _tail(text: str) -> str:
    return text.strip()[-300:] or "no reason given"

"""A trader's machine: a keystore in an empty state folder, no chain, no store; and the wire to a server."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import Keystore
from tests.cli.in_process import InProcess


class Trader(InProcess):
    """Commands with an environment and a folder of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(monkeypatch, capsys)
        self.folder = folder
        self.state = folder / "state"
        folder.mkdir(exist_ok=True)
        for name in [name for name in os.environ if name.startswith("LEDGER_")]:
            monkeypatch.delenv(name)
        (folder / "passphrase").write_text("of a test\n")
        monkeypatch.setenv("LEDGER_STATE_DIR", str(self.state))
        monkeypatch.setenv("LEDGER_PASSPHRASE_FILE", str(folder / "passphrase"))
        monkeypatch.chdir(folder)
        self.keystore = Keystore(self.state / "keys", light=True)
        self.keystore.create("trader", Algorithm.SECP256K1, "of a test")

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output, errors; errors in one line."""
        code, printed, errors = super().__call__(*words)
        return code, printed, " ".join(errors.split())

    def file(self, name: str, data: bytes) -> str:
        """A document of his, by its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return str(path)


class Wire:
    """A port of loopback that passes everything on to another one, and keeps what clients sent."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._to = 0
        self.sent = bytearray()

    def leads_to(self, port: int) -> None:
        self._to = port
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                for source, target, keep in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._pass_on, args=(source, target, keep), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, keep: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if keep:
                    self.sent += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def wire(port: int) -> Iterator[Wire]:
    made = Wire(port)
    try:
        yield made
    finally:
        made.close()

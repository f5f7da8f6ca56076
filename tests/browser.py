"""A real browser with a virtual authenticator: Debian's Chromium, driven by the DevTools protocol.

Pages come from the test itself (``pages``), under any https address, so no server and no network is needed.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium")
INSTALL = "apt-get install chromium"
_START_SECONDS = 60.0
_ANSWER_SECONDS = 60.0


class BrowserError(Exception):
    """The browser refused a command, or a script in the page threw."""


@dataclass(frozen=True)
class Passkey:
    """A passkey as the page sees it: credential id, and the public key ``x ‖ y`` (64 bytes)."""

    credential: bytes
    key: bytes


class Browser:
    """One page of one headless Chromium; a context manager.

    ``pages`` maps an address to the HTML that it answers with. ``server``: an address; requests to what begins with it
    go there. Every other request fails. ``asked``: the requests that the page has made, each with its headers.
    """

    def __init__(self, pages: Mapping[str, str], server: str | None = None) -> None:
        self._pages = pages
        self.server = server
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: ClientConnection | None = None
        self._session: str | None = None
        self._last = 0

    def __enter__(self) -> Browser:
        if PROGRAM is None:
            raise BrowserError(f"chromium is not installed: {INSTALL}")
        self._process = subprocess.Popen(
            [
                PROGRAM, "--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu",
                "--remote-debugging-port=0", f"--user-data-dir={self._folder.name}", "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        port, path = self._listening()
        self._socket = connect(f"ws://127.0.0.1:{port}{path}", max_size=None)
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Fetch.enable")
        self.send("Page.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()

    @property
    def version(self) -> str:
        """Name and version, such as ``Chrome/156.0.1.2``."""
        return str(self.send("Browser.getVersion")["product"])

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its answer."""
        assert self._socket is not None
        self._last = number = self._last + 1
        self._write(number, method, parameters)
        while True:
            message = json.loads(self._socket.recv(_ANSWER_SECONDS))
            if message.get("method") == "Fetch.requestPaused":
                self._answer(message["params"])
            elif message.get("id") == number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']['message']}")
                return dict(message["result"])

    def open(self, address: str) -> None:
        """Go to one of the pages, and wait until it is loaded."""
        self.send("Page.navigate", url=address)
        self.call("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def call(self, script: str) -> Any:
        """Evaluate a script in the page, wait for its promise, and return its JSON value."""
        answer = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(answer["exceptionDetails"]["exception"].get("description", "a script threw"))
        return answer["result"].get("value")

    def authenticator(self, **options: Any) -> str:
        """Plug in a virtual authenticator that verifies its owner, with further options of CTAP 2.1; its id."""
        self.send("WebAuthn.enable")
        common = {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        return str(self.send("WebAuthn.addVirtualAuthenticator", options=common | options)["authenticatorId"])

    def unplug(self, authenticator: str) -> None:
        """Remove a virtual authenticator with all its passkeys."""
        self.send("WebAuthn.removeVirtualAuthenticator", authenticatorId=authenticator)

    def _listening(self) -> tuple[str, str]:
        """Port and path of the DevTools server, which Chromium writes into its folder."""
        file, deadline = Path(self._folder.name) / "DevToolsActivePort", time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if file.exists() and len(lines := file.read_text().splitlines()) == 2:
                return lines[0], lines[1]
            time.sleep(0.05)
        raise BrowserError("chromium does not start")

    def _write(self, number: int, method: str, parameters: Mapping[str, Any]) -> None:
        assert self._socket is not None
        session = {} if self._session is None else {"sessionId": self._session}
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters} | session))

    def _answer(self, request: Mapping[str, Any]) -> None:
        """Answer a request of the page from ``pages``. The browser's own answer to this command is not waited for."""
        url = request["request"]["url"]
        self.asked.append((url, dict(request["request"]["headers"])))
        page = self._pages.get(url)
        answer: dict[str, Any] = {"requestId": request["requestId"]}
        self._last += 1
        if self.server is not None and url.startswith(self.server):
            self._write(self._last, "Fetch.continueRequest", answer)
            return
        if page is None:
            self._write(self._last, "Fetch.failRequest", answer | {"errorReason": "AddressUnreachable"})
            return
        answer |= {
            "responseCode": 200,
            "responseHeaders": [{"name": "content-type", "value": "text/html; charset=utf-8"}],
            "body": base64.b64encode(page.encode()).decode(),
        }
        self._write(self._last, "Fetch.fulfillRequest", answer)

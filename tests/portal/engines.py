"""Three browser engines that open a page from a disk and have no network: Chromium, Firefox and WebKitGTK.

Firefox is driven by WebDriver BiDi, WebKitGTK by its WebDriver under a virtual screen, Chromium by Playwright. Each is
told to use a proxy at a port where nobody listens, so every request that a page made would fail.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import Request, build_opener

from playwright.sync_api import Browser
from websockets.sync.client import ClientConnection, connect

_START_SECONDS = 60.0
_ANSWER_SECONDS = 120.0
_NOBODY_HOST, _NOBODY_PORT = "127.0.0.1", 9
_MINI_BROWSERS = (
    *Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"),
    *Path("/usr/libexec").glob("webkit2gtk-4.*/MiniBrowser"),
)
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT = shutil.which("WebKitWebDriver") if _MINI_BROWSERS and shutil.which("Xvfb") else None


class Page(Protocol):
    """One open page."""

    def reload(self) -> None:
        """Read the page anew."""

    def choose(self, files: Sequence[Path]) -> None:
        """Give files to the page's only file input, as a person does who chooses them."""

    def ask(self, expression: str) -> Any:
        """The JSON value of an expression in the page."""


def wait_for(page: Page, condition: str, seconds: float = 60.0) -> None:
    """Wait until an expression is true in the page."""
    deadline = time.monotonic() + seconds
    while not page.ask(condition):
        assert time.monotonic() < deadline, f"never true: {condition}"
        time.sleep(0.05)


@contextmanager
def chromium_page(browser: Browser, address: str) -> Iterator[Page]:
    """A page in Chromium, in a context without network."""
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.goto(address)

    class Opened:
        def reload(self) -> None:
            opened.reload()

        def choose(self, files: Sequence[Path]) -> None:
            opened.set_input_files("input[type=file]", [str(file) for file in files])

        def ask(self, expression: str) -> Any:
            return opened.evaluate(expression)

    try:
        yield Opened()
    finally:
        context.close()


# ------------------------------------------------------------------------------------------------------------- Firefox


class _Bidi:
    """A page in Firefox by WebDriver BiDi."""

    def __init__(self, socket_: ClientConnection, address: str) -> None:
        self._socket, self._last = socket_, 0
        self.send("session.new", capabilities={})
        self._context = self.send("browsingContext.getTree")["contexts"][0]["context"]
        self.send("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(_ANSWER_SECONDS))
            if message.get("id") == self._last:
                assert message["type"] == "success", f"{method}: {message.get('message')}"
                return dict(message["result"])

    def _evaluate(self, expression: str) -> dict[str, Any]:
        answer = self.send(
            "script.evaluate", expression=expression, target={"context": self._context}, awaitPromise=True
        )
        assert answer["type"] == "success", answer.get("exceptionDetails", {}).get("text")
        return dict(answer["result"])

    def reload(self) -> None:
        self.send("browsingContext.reload", context=self._context, wait="complete")

    def choose(self, files: Sequence[Path]) -> None:
        element = {"sharedId": self._evaluate("document.querySelector('input[type=file]')")["sharedId"]}
        self.send("input.setFiles", context=self._context, element=element, files=[str(file) for file in files])

    def ask(self, expression: str) -> Any:
        result = self._evaluate(f"JSON.stringify(({expression}) ?? null)")
        return json.loads(result["value"])


_FIREFOX_PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": _NOBODY_HOST,
    "network.proxy.http_port": _NOBODY_PORT,
    "network.proxy.ssl": _NOBODY_HOST,
    "network.proxy.ssl_port": _NOBODY_PORT,
    "network.proxy.allow_hijacking_localhost": True,
    "intl.accept_languages": "en",
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}


@contextmanager
def firefox_page(address: str) -> Iterator[Page]:
    """A page in Firefox."""
    assert FIREFOX is not None
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as opened:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _FIREFOX_PREFERENCES.items()]
        (Path(folder) / "user.js").write_text("\n".join(lines))
        log = opened.enter_context((Path(folder) / "firefox.log").open("w+"))
        command = [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", folder]
        process = opened.enter_context(_running(command, log, {"HOME": folder}))
        found = _wait_for_line(Path(folder) / "firefox.log", r"WebDriver BiDi listening on (ws://\S+)", process)
        connected = connect(f"{found}/session", max_size=None)
        opened.callback(connected.close)
        yield _Bidi(connected, address)


@contextmanager
def _running(command: Sequence[str], log: Any, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_line(file: Path, pattern: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(pattern, file.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"it does not start: {file.read_text(errors='replace')[-2000:]}")


# -------------------------------------------------------------------------------------------------------------- WebKit


class _WebDriver:
    """A page in WebKitGTK by WebDriver."""

    _ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

    def __init__(self, port: int, address: str) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._opener = build_opener()
        options = {
            "binary": str(_MINI_BROWSERS[0]),
            "args": ["--automation", f"--proxy=http://{_NOBODY_HOST}:{_NOBODY_PORT}"],
        }
        found = self._post("/session", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}})
        self._base += f"/session/{found['sessionId']}"
        self._post("/url", {"url": address})

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        request = Request(self._base + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with self._opener.open(request, timeout=_ANSWER_SECONDS) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()[:500]}") from None

    def close(self) -> None:
        with self._opener.open(Request(self._base, method="DELETE"), timeout=_ANSWER_SECONDS):
            pass

    def reload(self) -> None:
        self._post("/refresh", {})

    def choose(self, files: Sequence[Path]) -> None:
        element = self._post("/element", {"using": "css selector", "value": "input[type=file]"})[self._ELEMENT]
        self._post(f"/element/{element}/value", {"text": "\n".join(str(file) for file in files)})

    def ask(self, expression: str) -> Any:
        script = f"return JSON.stringify(({expression}) ?? null)"
        return json.loads(self._post("/execute/sync", {"script": script, "args": []}))


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@contextmanager
def webkit_page(address: str) -> Iterator[Page]:
    """A page in WebKitGTK, on a screen that nobody sees."""
    assert WEBKIT is not None
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as opened:
        screen = opened.enter_context((Path(folder) / "screen").open("w+"))
        log = opened.enter_context((Path(folder) / "driver.log").open("w+"))
        xvfb = opened.enter_context(_running(["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24"], screen, {}))
        display = _wait_for_line(Path(folder) / "screen", r"^(\d+)$", xvfb)
        port = _free_port()
        environment = {"DISPLAY": f":{display}", "HOME": folder, "LIBGL_ALWAYS_SOFTWARE": "1", "LANG": "C.UTF-8"}
        opened.enter_context(_running([str(WEBKIT), f"--port={port}"], log, environment))
        _wait_for_port(port)
        page = _WebDriver(port, address)
        opened.callback(page.close)
        yield page


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as made:
            if made.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("WebKitWebDriver does not start")

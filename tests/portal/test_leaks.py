"""What keeps files in the checking page: each way out of a page is tried, and only those that its words name reach a
server.
"""

from __future__ import annotations

import base64
import re
import socket
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

PAGE = Path(__file__).resolve().parents[2] / "verifier" / "verify.html"


class Listener:
    """Notes who connects by TCP or sends by UDP to one port of loopback, and says nothing.

    ``met``: somebody connected or sent. ``told``: somebody sent.
    """

    def __init__(self) -> None:
        self._tcp, self._udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp.bind(("127.0.0.1", 0))
        self.port = int(self._tcp.getsockname()[1])
        self._udp.bind(("127.0.0.1", self.port))
        self._tcp.listen(64)
        self.met, self.told = threading.Event(), threading.Event()
        for wait in (self._accept, self._receive):
            threading.Thread(target=wait, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                found, _ = self._tcp.accept()
            except OSError:
                return
            self.met.set()
            threading.Thread(target=self._read, args=(found,), daemon=True).start()

    def _read(self, found: socket.socket) -> None:
        with found:
            if found.recv(1):
                self.told.set()

    def _receive(self) -> None:
        while True:
            try:
                self._udp.recvfrom(2048)
            except OSError:
                return
            self.met.set()
            self.told.set()

    def close(self) -> None:
        for made in (self._tcp, self._udp):
            made.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def _element(tag: str, **members: str) -> str:
    given = "".join(f"made.{name} = {value};" for name, value in members.items())
    return f"const made = document.createElement('{tag}'); {given} document.body.append(made);"


CLOSED = {
    "fetch": "fetch(to).catch(() => 0)",
    "XMLHttpRequest": "const made = new XMLHttpRequest(); made.open('GET', to); made.send()",
    "EventSource": "new EventSource(to)",
    "beacon": "navigator.sendBeacon(to, 'x')",
    "WebSocket": "new WebSocket(to.replace('http', 'ws'))",
    "image": _element("img", src="to"),
    "prefetch": _element("link", rel="'prefetch'", href="to"),
    "stylesheet": _element("link", rel="'stylesheet'", href="to"),
    "style's image": "document.body.style.backgroundImage = `url(${to})`",
    "font": "new FontFace('x', `url(${to})`).load().catch(() => 0)",
    "script": _element("script", src="to"),
    "worker": "new Worker(to)",
    "media": _element("video", src="to"),
    "object": _element("object", data="to"),
}
"""What the page's policy stops."""
CONNECTING = {
    "frame": _element("iframe", src="to"),
    "form": _element("form", action="to", method="'post'") + " made.submit()",
    "preconnect": _element("link", rel="'preconnect'", href="to"),
}
"""What the policy stops too, but only once the browser has looked up the address, and has perhaps connected to it."""
OPEN = {
    "navigation": "location.href = to",
    "new window": "window.open(to)",
    "WebRTC": "const made = new RTCPeerConnection({iceServers: [{urls: to.replace('http://', 'stun:')}]});"
    "made.createDataChannel('x'); made.createOffer().then((offer) => made.setLocalDescription(offer))",
}
"""What no policy of a page can stop."""
WORDS = ["leaving the page", "opening a window", "WebRTC", "naming an address to connect to"]
"""How the page says what is in the last two tables."""


def reached(browser: Browser, listener: Listener, script: str, seconds: float) -> None:
    """Run a script in the page, and wait until it has reached the listener, or for so long."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(PAGE.as_uri())
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
    run = f"(to) => {{ try {{ {script} }} catch (error) {{ return String(error) }} }}"
    page.evaluate(run, f"http://127.0.0.1:{listener.port}")
    listener.told.wait(seconds)
    context.close()


@pytest.mark.parametrize("way", CLOSED)
def test_the_browser_closes_a_way_out(browser: Browser, listener: Listener, way: str) -> None:
    reached(browser, listener, CLOSED[way], 0.7)
    assert not listener.met.is_set()


@pytest.mark.parametrize("way", CONNECTING)
def test_the_browser_sends_nothing_to_an_address_that_it_looks_up(
    browser: Browser, listener: Listener, way: str
) -> None:
    reached(browser, listener, CONNECTING[way], 0.7)
    assert not listener.told.is_set()


@pytest.mark.parametrize("way", OPEN)
def test_a_way_out_is_open(browser: Browser, listener: Listener, way: str) -> None:
    reached(browser, listener, OPEN[way], 10)
    assert listener.told.is_set(), "it is closed by now: say so in the page"


def test_the_words_name_every_way_that_is_not_closed() -> None:
    words = " ".join(PAGE.read_text().split())
    assert [name for name in WORDS if name not in words] == []


def test_the_page_uses_no_way_out() -> None:
    packed = re.search(r'id="packed">([^<]*)', PAGE.read_text())
    assert packed
    script = zlib.decompress(base64.b64decode(packed[1]), wbits=-zlib.MAX_WBITS).decode()
    used = re.findall(
        r"\b(?:fetch\(|XMLHttpRequest|EventSource|sendBeacon|WebSocket|RTCPeerConnection|window\.open|"
        r"location\.(?:assign|replace|href\s*=)|location\s*=|preconnect|prefetch|\.src\s*=|importScripts|import\()",
        script,
    )
    assert used == []

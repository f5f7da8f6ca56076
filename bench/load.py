"""Load from a process of its own: ready-made HTTP requests over kept connections, as fast as answers come or at a rate.

``python -m bench.load PORT FILE CONNECTIONS RATE SECONDS`` prints one line of JSON. With a rate, the time of a
request begins when it was due, not when a connection was free for it, so a server that falls behind is seen to. With
seconds, no request is begun after them: a slow server is asked less, and not for longer. 0 stands for none.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.runner import ROOT

_END = b"\r\n\r\n"
_LINE_ACCEPTED = b'"status":202'


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers by status, lines of bulk answers that say 202, when it began (seconds since 1970), how
    many seconds it took, latencies in milliseconds.
    """

    answers: dict[str, int]
    accepted_lines: int
    begun: float
    seconds: float
    p50: float
    p99: float
    longest: float

    @property
    def answered(self) -> int:
        """How many requests were sent and answered."""
        return sum(self.answers.values())

    def only(self, status: int) -> Load:
        """This, or an error where any answer had another status: then nothing of it is a figure."""
        if set(self.answers) != {str(status)}:
            raise AssertionError(f"the server answered {self.answers} (status: how often), and {status} was expected")
        return self


def request(method: str, path: str, body: bytes = b"", content: str = "application/json") -> bytes:
    """One HTTP/1.1 request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body:
        head += f"Content-Type: {content}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def run(
    folder: Path, port: int, requests: Sequence[bytes], connections: int, rate: float = 0, seconds: float = 0
) -> Load:
    """Send them, each once, from another process; ``rate`` a second, or as fast as answers come; all, or for a time."""
    file = folder / "requests"
    file.write_bytes(b"".join(len(item).to_bytes(4) + item for item in requests))
    numbers = [str(number) for number in (connections, rate, seconds)]
    command = [sys.executable, "-m", "bench.load", str(port), str(file), *numbers]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return Load(**json.loads(done.stdout))


class _Connection(asyncio.Protocol):
    """One request at a time; ``asyncio.StreamReader`` would cost more than the server's own answer."""

    def __init__(self) -> None:
        self._data = b""
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed a connection"))

    def data_received(self, data: bytes) -> None:
        self._data += data
        answer = _answer(self._data)
        if answer is not None and self._waiting is not None:
            self._data = b""
            self._waiting.set_result(answer)

    async def ask(self, data: bytes) -> tuple[int, bytes]:
        """Status and body."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._waiting


def _answer(data: bytes) -> tuple[int, bytes] | None:
    """Status and body, once both are there whole."""
    end = data.find(_END)
    if end < 0:
        return None
    head, body = data[:end].lower(), data[end + len(_END) :]
    if b"\r\ntransfer-encoding: chunked" in head:
        parts: list[bytes] = []
        while True:
            size, found, rest = body.partition(b"\r\n")
            length = int(size, 16) if found else -1
            if length < 0 or len(rest) < length + 2:
                return None
            if length == 0:
                return int(data[9:12]), b"".join(parts)
            parts.append(rest[:length])
            body = rest[length + 2 :]
    length = int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0] or b"0")
    return (int(data[9:12]), body) if len(body) >= length else None


async def _send(port: int, requests: Sequence[bytes], connections: int, rate: float, longest: float) -> Load:
    loop = asyncio.get_running_loop()
    answers: Counter[str] = Counter()
    latencies: list[float] = []
    waiting, lines = deque(enumerate(requests)), 0
    made = [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(connections)]
    begun, at = time.perf_counter(), time.time()

    async def client(connection: _Connection) -> None:
        nonlocal lines
        while waiting:
            number, data = waiting.popleft()
            due = begun + number / rate if rate else time.perf_counter()
            if longest and due - begun > longest:
                return
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            status, body = await connection.ask(data)
            latencies.append(time.perf_counter() - due)
            answers[str(status)] += 1
            lines += body.replace(b" ", b"").count(_LINE_ACCEPTED)

    await asyncio.gather(*(client(connection) for connection in made))
    seconds, ordered = time.perf_counter() - begun, sorted(latencies)
    return Load(dict(answers), lines, at, seconds, *(1e3 * value for value in _percentiles(ordered)))


def _percentiles(ordered: Sequence[float]) -> tuple[float, float, float]:
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1]


def _read(file: Path) -> Iterator[bytes]:
    data, place = file.read_bytes(), 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4])
        yield data[place + 4 : place + 4 + size]
        place += 4 + size


if __name__ == "__main__":
    port, file, connections, rate, seconds = sys.argv[1:]
    sent = _send(int(port), list(_read(Path(file))), int(connections), float(rate), float(seconds))
    print(json.dumps(asdict(asyncio.run(sent))))

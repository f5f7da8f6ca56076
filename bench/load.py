"""Send load from a process of its own: prepared HTTP requests over open connections, at a rate or as fast as possible.

``python -m bench.load PORT FILE CONNECTIONS RATE SECONDS`` prints one line of JSON. With a rate, the time of a request
begins when it is due, not when a connection is free, so the figures show a server that falls behind. No request begins
later than SECONDS, so a slow server gets fewer requests instead of more time. 0 means no rate and no limit.
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
class LoadResult:
    """The result: number of answers by status, lines of bulk answers with 202, start (seconds since 1970), duration in
    seconds, latencies in milliseconds.
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
        """The number of requests that were sent and answered."""
        return sum(self.answers.values())

    def require_status(self, status: int) -> LoadResult:
        """Return this result, or fail if an answer has another status, because the figures mean nothing then."""
        if set(self.answers) != {str(status)}:
            raise AssertionError(
                f"expected only status {status}, and the server answered {self.answers} (status: count)"
            )
        return self


def http_request(method: str, path: str, body: bytes = b"", content: str = "application/json") -> bytes:
    """The bytes of one HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body:
        head += f"Content-Type: {content}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def send(
    folder: Path, port: int, requests: Sequence[bytes], connections: int, rate: float = 0, seconds: float = 0
) -> LoadResult:
    """Send each request once from another process: ``rate`` in a second (0: as fast as possible), for ``seconds``."""
    file = folder / "requests"
    file.write_bytes(b"".join(len(item).to_bytes(4) + item for item in requests))
    numbers = [str(number) for number in (connections, rate, seconds)]
    command = [sys.executable, "-m", "bench.load", str(port), str(file), *numbers]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return LoadResult(**json.loads(done.stdout))


class _Connection(asyncio.Protocol):
    """A connection with one request at a time. ``asyncio.StreamReader`` would cost more than the server's work."""

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
        """Send a request; return status and body of the answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._waiting


def _answer(data: bytes) -> tuple[int, bytes] | None:
    """Status and body once both have arrived completely, else None."""
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


async def _send(port: int, requests: Sequence[bytes], connections: int, rate: float, longest: float) -> LoadResult:
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
    return LoadResult(dict(answers), lines, at, seconds, *(1e3 * value for value in _percentiles(ordered)))


def _percentiles(ordered: Sequence[float]) -> tuple[float, float, float]:
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1]


def _read(file: Path) -> Iterator[bytes]:
    data, offset = file.read_bytes(), 0
    while offset < len(data):
        size = int.from_bytes(data[offset : offset + 4])
        yield data[offset + 4 : offset + 4 + size]
        offset += 4 + size


if __name__ == "__main__":
    port, file, connections, rate, seconds = sys.argv[1:]
    sent = _send(int(port), list(_read(Path(file))), int(connections), float(rate), float(seconds))
    print(json.dumps(asdict(asyncio.run(sent))))

"""Clients under load: sign declarations, insist on a 202 as real ones do, and remember each that they were given."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread, Timer

from ledger.core.document import Format, Wrapped, wrap
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.edges.keys.keystore import SigningKey
from tests.faults.site import Server, Site

_TEMPORARY = {429, 503}


@dataclass(frozen=True, slots=True)
class Posted:
    """A declaration as it is posted, and the document that it is of."""

    id: bytes
    body: bytes
    document: Wrapped

    @property
    def path(self) -> str:
        """Where a server says where it stands; whoever knows its digest may ask."""
        return f"/v1/declarations/{hex_text(self.id)}"

    @property
    def shown(self) -> str:
        """What is added to a path to show its digest."""
        return f"?digest={hex_text(self.document.digest)}"

    def json(self) -> object:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class Clients:
    """Several clients at once, each on connections of its own, each going from server to server until one accepts.

    ``accepted``: every declaration that had a 202. ``answers``: how often which status, 0 for no answer at all.
    ``silence``: the longest time, in seconds, in which nobody had a 202 although all tried.
    """

    origin: Origin
    key: SigningKey
    servers: Sequence[Server]
    count: int = 3
    pause: float = 0.05
    accepted: dict[bytes, Posted] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    silence: float = 0.0

    @classmethod
    def of(cls, site: Site) -> Clients:
        """Clients of all servers of a site."""
        return cls(site.house.chain.origin, site.house.key("trader"), site.servers)

    def __post_init__(self) -> None:
        self._name = secrets.token_hex(8)  # no two of them declare the same
        self._numbers = itertools.count()
        self._lock = Lock()
        self._last = time.monotonic()

    def make(self) -> Posted:
        """The next declaration, of a document of its own."""
        number = next(self._numbers)
        with self._lock:
            document = wrap(f"{self._name} {number}".encode(), Format.OPAQUE, secrets.token_bytes(32))
            declaration = Declaration(self.key.address, document.digest, 380)
            id_ = declaration.id(self.origin)
            signature = self.key.sign(id_)
        body = json.dumps({"declaration": declaration.to_json(), "signature": hex_text(signature)}).encode()
        return Posted(id_, body, document)

    def post(self, posted: Posted, server: Server) -> int:
        """Post once; the status, 0 for no answer. A 202 for anything else than what was posted is a failure."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=40)
        with contextlib.closing(connection):
            return self._post(posted, connection)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Under load for as long as the block runs."""
        done = Event()
        self._last = time.monotonic()
        failures: list[BaseException] = []

        def work(first: int) -> None:
            try:
                self._work(done, first)
            except BaseException as error:
                failures.append(error)

        threads = [Thread(target=work, args=(place,), name=f"client-{place}") for place in range(self.count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]

    def declare(self, count: int, within: float = 60.0) -> list[Posted]:
        """So many more, one after another, each until it is accepted."""
        late, made = Event(), [self.make() for _ in range(count)]
        timer = Timer(within, late.set)
        timer.start()
        connections: dict[int, http.client.HTTPConnection] = {}
        for place, posted in enumerate(made):
            self._insist(posted, late, place, connections)
        timer.cancel()
        _close(connections)
        assert not late.is_set(), f"not accepted within {within:g} s: {dict(self.answers)}"
        return made

    def surprises(self) -> dict[int, int]:
        """Answers that a correct request must never have."""
        return {status: n for status, n in self.answers.items() if status not in {0, 202, *_TEMPORARY}}

    def _work(self, done: Event, place: int) -> None:
        connections: dict[int, http.client.HTTPConnection] = {}
        while not done.is_set():
            place = self._insist(self.make(), done, place, connections)
            done.wait(self.pause)
        _close(connections)

    def _insist(
        self, posted: Posted, done: Event, place: int, connections: dict[int, http.client.HTTPConnection]
    ) -> int:
        """Post from server to server until a 202; gives up, its fate unknown, where the clients are told to stop."""
        while True:
            server = self.servers[place % len(self.servers)]
            connection = connections.setdefault(
                server.port, http.client.HTTPConnection("127.0.0.1", server.port, timeout=40)
            )
            if self._post(posted, connection) == 202:
                return place
            place += 1
            if done.wait(0.05):
                return place

    def _post(self, posted: Posted, connection: http.client.HTTPConnection) -> int:
        try:
            connection.request("POST", "/v1/declarations", posted.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            status, data = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            status, data = 0, b""
        with self._lock:
            self.answers[status] += 1
            if status == 202:
                assert json.loads(data)["id"] == hex_text(posted.id)
                self.accepted[posted.id] = posted
                now = time.monotonic()
                self.silence, self._last = max(self.silence, now - self._last), now
        return status


def _close(connections: dict[int, http.client.HTTPConnection]) -> None:
    for connection in connections.values():
        connection.close()

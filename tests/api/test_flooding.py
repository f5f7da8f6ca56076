"""Fifty clients flood one kind of work, whose calls are all held: the other kinds answer as if nothing had happened."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from api.kit.capacity import LIMITS, Kind, Limits
from api.kit.readiness import NodeReadiness
from api.main import create_app
from api.routes import sessions
from api.routes.ledger import attestations, declarations, verifications
from api.services import open_services
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.store.checkpoints import Checkpoints
from ledger.edges.store.shares import Shares
from ledger.journeys.follow import Follower
from ledger.settings import Settings
from ledger.testing import postgres
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.api.listening import PATIENCE, Answer, Caller, listening
from tests.faults.node import until
from tests.faults.stores import KINDS

CLIENTS, EACH = 50, 5
SMALL = 12  # calls that a kind takes beside those in its threads
READERS = 6
BAD = "0x" + "11" * 65
FULL = ("too many requests wait: try again shortly", "too many streams are open, or too many from this address")
EXPECTED = {
    Kind.LIVENESS: 200, Kind.STATUS: 200, Kind.READS: 200, Kind.LOOKS: 200, Kind.INTAKE: 202, Kind.RELAYING: 403,
    Kind.PROOFS: 200, Kind.SESSIONS: 401, Kind.VERIFICATION: 200, Kind.SHARES: 404, Kind.STREAMS: 200,
}  # fmt: skip


@dataclass
class Office:
    """A server over a real chain and store, what it is asked for each kind, and the event that holds a flood."""

    house: LocalLedger
    port: int
    declared: str
    digest: str
    evidence: bytes = b""
    size: int = 0
    go_on: Event = field(default_factory=Event)

    def request(self, of: Kind) -> tuple[str, str, bytes]:  # noqa: PLR0911 (one for each kind)
        """Method, path and body of a request of a kind."""
        match of:
            case Kind.LIVENESS:
                return "GET", "/health/live", b""
            case Kind.STATUS:
                return "GET", "/metrics", b""
            case Kind.READS:
                return "GET", f"/v1/log/checkpoints/{self.size}", b""
            case Kind.LOOKS:
                return "GET", "/v1/history", b""
            case Kind.INTAKE:
                made, signature = houses.declaration(self.house)
                said = {"declaration": made.to_json(), "signature": hex_text(signature)}
                return "POST", "/v1/declarations", json.dumps(said).encode()
            case Kind.SESSIONS:
                return "GET", "/v1/sessions/current", b""
            case Kind.RELAYING:
                made, _ = houses.declaration(self.house)
                withdrawal = Withdrawal(made.id(self.house.chain.origin), 1)
                said = {
                    "declaration": made.to_json(),
                    "withdrawal": withdrawal.to_json(),
                    "signature": "0x" + "11" * 65,
                }
                return "POST", "/v1/withdrawals", json.dumps(said).encode()
            case Kind.PROOFS:
                return "GET", f"/v1/declarations/{self.declared}/evidence?digest={self.digest}", b""
            case Kind.VERIFICATION:
                asked = {"evidence": json.loads(self.evidence), "online": False}
                return "POST", "/v1/verifications", json.dumps(asked).encode()
            case Kind.SHARES:
                return "GET", f"/v1/shares/{self.declared}", b""
            case Kind.STREAMS:
                return "GET", "/v1/stream?follow=false&after=0-0", b""

    def ask(self, of: Kind, host: str = "127.0.0.1") -> Answer:
        """One request of a kind, on a connection of its own."""
        method, path, body = self.request(of)
        with Caller(self.port, host) as caller:
            return caller.ask(path, method, body)

    @contextmanager
    def flooded(self, of: Kind) -> Iterator[list[Answer]]:
        """All clients ask for this kind, and are answered when the block ends; those that are refused, at once."""
        answers: list[Answer] = []

        def flood(number: int) -> None:
            with suppress(ConnectionError):
                answers.append(self.ask(of, f"127.0.1.{number + 1}"))

        with ThreadPoolExecutor(CLIENTS) as pool:
            futures = [pool.submit(flood, number) for number in range(CLIENTS)]
            try:
                yield answers
            finally:
                self.go_on.set()
                for future in futures:
                    future.result(PATIENCE)

    def others_answer(self, flooded: Kind) -> None:
        """Each other kind completes its requests."""
        for of in Kind:
            if of is not flooded:
                statuses = Counter(self.ask(of).status for _ in range(EACH))
                assert statuses == {EXPECTED[of]: EACH}, f"{of} beside a flood of {flooded}"


@pytest.fixture(params=KINDS)
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Office]:
    store_url = None
    if request.param == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgres_server")
        store_url = server.database()
    for of, limits in LIMITS.items():
        if of is not Kind.STREAMS:
            monkeypatch.setitem(LIMITS, of, Limits(limits.threads, SMALL, CLIENTS))  # type: ignore[arg-type]
    with houses.house(tmp_path) as house:
        house.key("log", Algorithm.ED25519)
        settings = Settings(
            rpc_url=house.devchain.url, origin=str(house.chain.origin), state_dir=tmp_path, log_key="log",
            passphrase_file=house.passphrase_file, anchor_max_age_seconds=0, poll_interval_seconds=0.1,
            rpc_timeout_seconds=PATIENCE, stream_readers=READERS, streams_per_client=READERS, store_url=store_url,
        )  # fmt: skip
        with listening(create_app(open_services(settings))) as port:
            made, signature = houses.declaration(house)
            said = {"declaration": made.to_json(), "signature": hex_text(signature)}
            with Caller(port) as caller:
                id_ = caller.ask("/v1/declarations", "POST", json.dumps(said).encode()).json()["id"]
            found = Office(house, port, id_, hex_text(made.digest))
            assert until(lambda: found.ask(Kind.PROOFS).status == 200, PATIENCE)
            found.evidence = found.ask(Kind.PROOFS).body
            with Caller(port) as caller:
                found.size = int(caller.ask("/v1/log/checkpoint").body.split(b"\n")[1])
            yield found
            found.go_on.set()


def held(office: Office, of: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a call of this kind does nothing, in its thread, until it may go on."""

    def hold(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            assert office.go_on.wait(PATIENCE)
            return function(*given, **named)

        return called

    where: dict[Kind, tuple[Any, str]] = {
        Kind.STATUS: (NodeReadiness, "look"), Kind.READS: (Checkpoints, "get"), Kind.LOOKS: (Follower, "fresh_history"),
        Kind.INTAKE: (declarations, "check_party"), Kind.RELAYING: (attestations, "relay_withdrawal"),
        Kind.SESSIONS: (sessions, "session_of"),
        Kind.PROOFS: (declarations, "_evidence"), Kind.SHARES: (Shares, "get"),
    }  # fmt: skip
    if of is Kind.VERIFICATION:  # done in processes, so the route waits on its loop
        judged = verifications.while_there

        async def waiting(*given: Any) -> Any:
            while not office.go_on.is_set():
                await asyncio.sleep(0.01)
            return await judged(*given)

        monkeypatch.setattr(verifications, "while_there", waiting)
        return
    place, name = where[of]
    monkeypatch.setattr(place, name, hold(getattr(place, name)))


@pytest.mark.parametrize("of", [kind for kind in LIMITS if kind is not Kind.STREAMS])
def test_a_flood_of_one_kind_leaves_the_others_as_they_were(
    office: Office, of: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(office, of, monkeypatch)
    with office.flooded(of) as answers:
        full = CLIENTS - LIMITS[of].threads - SMALL
        assert until(lambda: len(answers) >= full, PATIENCE), "who does not fit in is told at once"
        assert {(answer.status, answer.header("retry-after")) for answer in answers} == {(503, "5")}
        assert {answer.json()["detail"] for answer in answers} == {FULL[0]}
        office.others_answer(of)
        assert not office.go_on.is_set(), "the flood was held all the time"
    assert Counter(answer.status for answer in answers)[EXPECTED[of]] >= LIMITS[of].threads
    assert office.ask(of).status == EXPECTED[of]


def test_as_many_streams_as_may_be_leave_the_others_as_they_were(office: Office) -> None:
    readers = [Caller(office.port, f"127.0.2.{number + 1}") for number in range(READERS)]
    for reader in readers:
        reader.say(b"GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert reader.answer().status == 200
    refused = office.ask(Kind.STREAMS)
    assert (refused.status, refused.header("retry-after")) == (503, "5")
    assert refused.json()["detail"].startswith(FULL[1])
    office.others_answer(Kind.STREAMS)
    for reader in readers:
        reader.close()
    assert until(lambda: office.ask(Kind.STREAMS).status == 200, PATIENCE)


def test_a_node_that_hangs_holds_only_those_who_need_it(office: Office) -> None:
    pid = office.house.devchain.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with office.flooded(Kind.LOOKS) as answers:
            assert until(lambda: len(answers) >= CLIENTS - LIMITS[Kind.LOOKS].threads - SMALL, PATIENCE)
            assert {answer.status for answer in answers} == {503}
            office.others_answer(Kind.LOOKS)
            ready = Caller(office.port).ask("/health/ready").json()
            assert (ready["status"], ready["reasons"][0]["code"]) == ("degraded", "chain_away")
            os.kill(pid, signal.SIGCONT)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert until(lambda: office.ask(Kind.LOOKS).status == 200, PATIENCE)

"""The stream of events: told in order, gone on with after any of them, to as many as may read, for ever to nobody."""

from __future__ import annotations

import asyncio
import http.client
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from api.kit.capacity import Kind, Pool
from api.kit.streams import Hub
from api.routes.ledger import stream
from ledger.core.anchoring.batches import Batch
from ledger.core.encoding.reading import hex_text
from ledger.edges.store import Cursor, Step, Store
from ledger.edges.store.events import Events
from ledger.errors import HistoryBroken, LedgerError, Source, Unavailable
from ledger.journeys.watch import EventReader
from tests.api.office import READERS, Event, Office, event
from tests.edges.stored import ORIGIN, add, anchored, formed
from tests.faults.site import site


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    yield made
    made.close()


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    return Office(store, tmp_path)


def happen(store: Store, number: int) -> Batch:
    """Three declarations from beginning to end, in an entry of their own."""
    add(store, range(number * 3, number * 3 + 3))
    batch = formed(store)
    anchored(store, batch)
    return batch


# ---------------------------------------------------------------------------------------------------- what is told


def test_what_happened_is_told_in_order(office: Office) -> None:
    batch = happen(office.store, 0)
    events = office.told()
    assert [(item.name, item.data.get("kind")) for item in events] == [
        ("change", "batched"), ("entry", "anchored"), ("change", "anchored"),
    ]  # fmt: skip
    place = {"batch_root": hex_text(batch.root), "batch_size": 3}
    assert events[0].data == {"kind": "batched", "entry_number": None} | place
    assert events[-1].data == {"kind": "anchored", "entry_number": 0} | place
    assert events[1].data["number"] == 0


def test_it_goes_on_after_any_event(office: Office) -> None:
    for number in range(3):
        happen(office.store, number)
    events = office.told()
    for place, item in enumerate(events):
        assert office.told(f"after={item.id}") == events[place + 1 :]
        assert office.told("after=0-0", **{"Last-Event-ID": item.id}) == events[place + 1 :]
    assert office.told("kind=entries") == [], "without an id it begins now"


def test_one_kind_only(office: Office) -> None:
    happen(office.store, 0)
    assert {item.name for item in office.told("after=0-0&kind=entries")} == {"entry"}
    assert {item.name for item in office.told("after=0-0&kind=changes")} == {"change"}


def test_a_reorganisation_is_told_to_everybody_and_entries_come_again(office: Office) -> None:
    for number in range(2):
        happen(office.store, number)
    seen = office.told()[-1].id
    office.store.entries.truncate(1)
    for kind in ("entries", "changes"):
        events = office.told(f"after={seen}&kind={kind}")
        assert [item.data for item in events if item.name == "reorganised"] == [{"from": 1}]
    anchored(office.store, office.store.batches.unfinished()[0])
    again = [item.data["number"] for item in office.told(f"after={seen}") if item.name == "entry"]
    assert again == [1]


def test_one_declaration_and_nothing_of_others(office: Office) -> None:
    mine, *_ = add(office.store, [100])
    path = office.asked(mine)
    (pending,) = office.told(path)
    assert (pending.name, pending.data) == ("state", {"id": hex_text(mine), "state": "pending"})
    batch = formed(office.store)
    anchored(office.store, batch)
    happen(office.store, 1)
    office.store.batches.mark_final(1)
    first, *later = office.told(f"{path}&after={pending.id}")
    assert first.data["state"] == "final"
    assert [item.data["state"] for item in later] == ["batched", "anchored", "final"]
    assert {item.data["id"] for item in later} == {hex_text(mine)}
    assert {item.data["batch_root"] for item in later} == {hex_text(batch.root)}


@pytest.mark.parametrize(
    ("query", "status", "where"),
    [
        ("after=now", 422, "event id"),
        ("kind=gossip", 422, "kind"),
        (f"declaration=0x{'00' * 32}&digest=0x{'00' * 32}", 404, ""),
        (f"declaration=0x{'00' * 32}&digest=0x{'00' * 31}", 422, "digest"),
        (f"declaration=0x{'00' * 32}", 401, "sign in"),
        ("declaration=mine", 422, "declaration"),
    ],
)
def test_bad_questions_are_told_what_is_wrong(office: Office, query: str, status: int, where: str) -> None:
    with TestClient(office.app) as client:
        answer = client.get(f"/v1/stream?{query}")
    assert answer.status_code == status
    assert where in answer.text


def test_the_page_of_the_api_describes_it(office: Office) -> None:
    described = office.app.openapi()["paths"]["/v1/stream"]["get"]
    assert "text/event-stream" in described["responses"]["200"]["content"]
    assert {item["name"].lower() for item in described["parameters"]} == {
        "kind", "declaration", "after", "follow", "last-event-id", "digest", "ledger-digest",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- while it happens


class Listening:
    """A client that reads a stream as it comes."""

    def __init__(self, port: int, query: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._connection.request("GET", f"/v1/stream?{query}")
        self.answer = self._connection.getresponse()
        if self.answer.status == 200:
            assert self.block() == ["retry: 2000"]

    def block(self) -> list[str]:
        """The next lines until an empty one; nothing at the end."""
        lines: list[str] = []
        while line := self.answer.readline().decode():
            if line == "\n":
                return lines
            lines.append(line.removesuffix("\n"))
        return lines

    def event(self) -> Event:
        while (block := self.block())[0].startswith(":"):
            pass
        return event(block)

    def leave(self) -> None:
        self.answer.close()
        self._connection.close()


@contextmanager
def listening_at(app: Any) -> Iterator[int]:
    """A server on a free port, which streams as ours does; the test client does not."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    app.state.services.hub.close()
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)


def test_readers_of_two_servers_see_what_a_third_process_does(store: Store, tmp_path: Path) -> None:
    offices = [Office(store, tmp_path), Office(Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN), tmp_path)]
    with listening_at(offices[0].app) as first, listening_at(offices[1].app) as second:
        readers = [Listening(first), Listening(first, "kind=entries"), Listening(second)]
        time.sleep(0.2)  # both hubs have begun
        happen(store, 0)
        for reader, names in zip(
            readers, (("batched", "anchored", "anchored"), ("anchored",), ("batched",)), strict=True
        ):
            for name in names:
                assert reader.event().data["kind"] == name
            reader.leave()


def test_a_declaration_is_followed_from_waiting_to_final(office: Office) -> None:
    mine, *_ = add(office.store, [1])
    with listening_at(office.app) as port:
        reader = Listening(port, office.asked(mine))
        assert reader.event().data["state"] == "pending"
        anchored(office.store, formed(office.store))
        office.store.batches.mark_final(1)
        assert [reader.event().data["state"] for _ in range(3)] == ["batched", "anchored", "final"]
        reader.leave()


def test_a_reorganisation_reaches_who_reads(office: Office) -> None:
    for number in range(2):
        happen(office.store, number)
    with listening_at(office.app) as port:
        readers = [Listening(port, "kind=entries"), Listening(port, "kind=entries")]
        time.sleep(0.2)  # the hub has begun
        office.store.entries.truncate(1)
        anchored(office.store, office.store.batches.unfinished()[0])
        for reader in readers:
            told = [reader.event() for _ in range(2)]
            assert [(item.name, item.data.get("from", item.data.get("number"))) for item in told] == [
                ("reorganised", 1), ("entry", 1),
            ]  # fmt: skip
            reader.leave()


def test_who_comes_too_many_is_told_and_who_leaves_makes_room(office: Office) -> None:
    with listening_at(office.app) as port:
        readers = [Listening(port) for _ in range(READERS)]
        refused = Listening(port)
        assert refused.answer.status == 503
        assert "too many streams" in refused.answer.read().decode()
        readers.pop().leave()

        def there_is_room() -> bool:
            reader = Listening(port)
            reader.leave()
            return reader.answer.status == 200

        until(there_is_room)
        for reader in readers:
            reader.leave()


def test_a_client_has_its_share_of_the_streams(store: Store) -> None:
    hub = Hub(store.events, 5, 60, 2, Pool(Kind.STREAMS))

    async def go() -> list[bool]:
        entered = [hub.enter(client) for client in "aaabbbc"]
        hub.leave("a")
        return [*entered, hub.enter("a")]

    assert asyncio.run(go()) == [True, True, False, True, True, False, True, True]


def test_silence_is_broken_by_comments_that_move_the_reader_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.1)
    happen(office.store, 0)
    with listening_at(office.app) as port:
        reader = Listening(port, "after=0-0&kind=entries")
        last = reader.event().id
        comment, id_ = reader.block()
        assert comment.startswith(": ")
        assert Cursor.parse(id_.removeprefix("id: ")).change > Cursor.parse(last).change
        reader.leave()


def test_the_store_is_read_once_for_all_who_keep_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    real = Events.after

    def after(events: Events, cursor: Cursor) -> list[Step]:
        steps = real(events, cursor)
        found.append(len(steps))
        return steps

    monkeypatch.setattr(Events, "after", after)

    async def read(hub: Hub) -> Sequence[Step]:
        cursor = await hub.begin(None)
        while not (steps := await hub.after(cursor, 1)):
            pass
        return steps

    async def go() -> list[Sequence[Step]]:
        hub = Hub(store.events, 50, 0.05, 50, Pool(Kind.STREAMS))
        assert all(hub.enter("a") for _ in range(50))
        while not found:  # until the hub has begun to look
            await asyncio.sleep(0.01)
        readers = [asyncio.create_task(read(hub)) for _ in range(50)]
        await asyncio.sleep(0.2)
        add(store, range(3))
        formed(store)
        told = await asyncio.wait_for(asyncio.gather(*readers), 10)
        for _ in readers:
            hub.leave("a")
        return told

    told = asyncio.run(go())
    assert len(told) == 50
    assert all(len(steps) == 1 for steps in told)
    assert [count for count in found if count] == [1]


def test_who_does_not_take_what_is_sent_is_let_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SLOWEST_SECONDS", 0.1)
    taken: list[Any] = []

    async def go() -> bool:
        hub = Hub(store.events, 1, 0.05, 1, Pool(Kind.STREAMS))
        never = asyncio.Event()

        async def send(message: Any) -> None:
            taken.append(message)
            if message["type"] == "http.response.body":
                await never.wait()

        async def receive() -> Any:
            await never.wait()

        reader = EventReader(store)
        answer = stream.EventStream(hub, lambda: stream.events(hub, reader, Cursor(0, 0), follow=True))
        await asyncio.wait_for(answer({"type": "http"}, receive, send), 10)
        return hub.enter("a")  # its place is free again

    assert asyncio.run(go())
    assert [message["type"] for message in taken] == ["http.response.start", "http.response.body"]


# ------------------------------------------------------------------------------------------- when the store is away


@contextmanager
def unreadable(folder: Path) -> Iterator[None]:
    """Where its tables are not there, a store is as one whose server has gone."""
    other = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    other.execute("ALTER TABLE entries RENAME TO hidden")
    try:
        yield
    finally:
        other.execute("ALTER TABLE hidden RENAME TO entries")
        other.close()


def test_where_the_store_cannot_be_read_nobody_begins(office: Office, tmp_path: Path) -> None:
    with TestClient(office.app) as client, unreadable(tmp_path):
        answer = client.get("/v1/stream?follow=false")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:trade-ledger:Unavailable")
    assert answer.headers["retry-after"]


def test_who_has_all_waits_until_the_store_is_back(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with listening_at(office.app) as port:
        reader = Listening(port)
        time.sleep(0.2)  # the hub has begun
        with unreadable(tmp_path):
            until(lambda: "streams wait" in caplog.text)
        happen(office.store, 0)
        assert [reader.event().data["kind"] for _ in range(3)] == ["batched", "anchored", "anchored"]
        assert [record.message for record in caplog.records if record.name == "api.kit.streams"][1:] == [
            "streams go on"
        ]
        reader.leave()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unavailable("the disk is gone", source=Source.DISK), []),
        (HistoryBroken("hash", expected=1, found=2, number=4), ["history broken: entry 4: hash: expected 1, found 2"]),
    ],
)
def test_who_is_behind_is_told_so_far_and_goes_on_later(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: LedgerError,
    said: list[str],
) -> None:
    for number in range(3):
        happen(office.store, number)
    whole = office.told()
    pages = iter([2, 0])

    def after(events: Events, cursor: Cursor) -> list[Step]:
        if limit := next(pages):
            return real(events, cursor, limit)
        raise error

    real = Events.after
    with monkeypatch.context() as broken:
        broken.setattr(Events, "after", after)
        first = office.told()
    assert 0 < len(first) < len(whole)
    assert first + office.told(f"after={first[-1].id}") == whole
    assert [record.message for record in caplog.records if record.name == "api.kit.streams"] == said


# --------------------------------------------------------------------------------------------------------- its end


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_that_is_told_to_stop_ends_its_streams(processes: str, tmp_path: Path) -> None:
    with site(tmp_path, API_PROCESSES=processes) as made:
        (server,) = made.servers
        readers = [Listening(server.port) for _ in range(3)]
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(server.stop)
            assert [reader.block() for reader in readers] == [[]] * 3
            assert ended.result(20) in (0, -signal.SIGTERM)

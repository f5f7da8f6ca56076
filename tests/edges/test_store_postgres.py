"""What the store says and keeps when its PostgreSQL dies, comes back, forbids, is full of others, or is not there."""

from __future__ import annotations

import secrets
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from threading import Event, Thread

import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, make_url, text

from ledger.core.statements.statement import Declaration
from ledger.edges.store import Store
from ledger.edges.store.bulk import insert_new
from ledger.edges.store.declarations import pending_values
from ledger.edges.store.tables import DECLARATIONS
from ledger.errors import LedgerError, Unavailable
from ledger.testing import postgres
from tests.edges.stored import ORIGIN, add, formed, signed
from tests.edges.test_store_leadership import until

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def durable() -> Iterator[postgres.Server]:
    """A server that syncs what it commits."""
    with postgres.server() as made:
        yield made


@pytest.fixture
def store(durable: postgres.Server) -> Iterator[Store]:
    made = Store.open(durable.database(), ORIGIN)
    yield made
    made.close()


def test_a_server_that_dies_loses_nothing_that_was_acknowledged(durable: postgres.Server, store: Store) -> None:
    """Power cuts, as far as the server can tell, between any two commits; the store connects again by itself."""
    kept: set[bytes] = set()
    for number in range(3):
        kept.update(add(store, range(number * 50, number * 50 + 50)))
        batch = formed(store, 20)
        durable.stop(signal.SIGQUIT)
        for attempt in (lambda: add(store, [1_000]), store.pending):
            with pytest.raises(Unavailable, match="cannot be reached|is being stopped"):
                attempt()
        durable.start()
        assert all(store.declaration(id_) is not None for id_ in kept)
        assert store.batch(batch.id) == batch
    assert store.pending()[0] == 150 - 60


def test_declaring_goes_on_by_itself_after_a_restart(durable: postgres.Server, store: Store) -> None:
    add(store, [1])
    durable.stop()
    durable.start()
    assert store.add_declarations([signed(1), signed(2)], ORIGIN, 1) == [(signed_id(1), False), (signed_id(2), True)]


def test_a_connection_that_is_reset_while_it_commits(durable: postgres.Server) -> None:
    """Whether it was stored, nobody can know then; whoever tries again is told."""
    with through(durable, b"COMMIT\0") as (store, armed):
        armed.set()
        with pytest.raises(Unavailable, match=r"cannot be reached: .* may have been stored, and will be found"):
            add(store, [1])
        assert not armed.is_set()
        assert store.add_declarations([signed(1)], ORIGIN, 1) == [(signed_id(1), False)]


def test_a_connection_that_is_reset_while_it_waits_is_made_anew(durable: postgres.Server) -> None:
    with through(durable, b"BEGIN\0") as (store, armed):
        add(store, [1])
        armed.set()
        assert store.pending()[0] == 1
        assert not armed.is_set()


def test_a_leader_whose_connection_is_reset_tries_to_lead_again(durable: postgres.Server) -> None:
    with through(durable, b"SELECT 1\0") as (store, armed):
        lead = store.leadership("anchoring")
        assert lead.held()
        armed.set()
        until(lead.held)
        assert not armed.is_set()
        lead.release()


def test_a_request_of_several_packets_waits_for_no_acknowledgement(store: Store) -> None:
    with store.engine.connect() as connection:
        link = connection.connection.driver_connection._usock  # type: ignore[union-attr]
        assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_two_who_take_in_the_same_at_once_never_wait_for_each_other(store: Store) -> None:
    """Each row that is inserted is locked until the commit; all insert in one order."""
    low, high = sorted(((signed(number)[0].id(ORIGIN), *signed(number)) for number in (1, 2)), key=itemgetter(0))

    def insert(connection: Connection, item: tuple[bytes, Declaration, bytes]) -> set[bytes]:
        return insert_new(connection, DECLARATIONS, "id", [pending_values(*item, 1)])

    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with store.engine.connect() as first, store.engine.connect() as watching, ThreadPoolExecutor(1) as pool:
        assert insert(first, low) == {low[0]}
        second = pool.submit(store.receive, [high, low], 1)
        until(lambda: watching.execute(blocked).scalar_one() == 1)
        assert insert(first, high) == {high[0]}
        first.commit()
        assert second.result() == [False, False]


@contextmanager
def through(server: postgres.Server, answer: bytes) -> Iterator[tuple[Store, Event]]:
    """A store behind ``resetting``."""
    address = make_url(server.database())
    with resetting(server.port, answer) as (port, armed):
        store = Store.open(address.set(port=port).render_as_string(hide_password=False), ORIGIN)
        yield store, armed
        store.close()


@contextmanager
def resetting(server_port: int, answer: bytes) -> Iterator[tuple[int, Event]]:
    """A way to a server that, once armed, keeps one such answer and resets the connection."""
    armed, taken = Event(), socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, drain: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if answer in data and armed.is_set():
                    armed.clear()
                    drain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    drain.shutdown(socket.SHUT_RD)
                    drain.close()
                drain.sendall(data)
            drain.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client = taken.accept()[0]
                server = socket.create_connection(("127.0.0.1", server_port))
                for way in ((client, server), (server, client)):
                    Thread(target=carry, args=way, daemon=True).start()

    Thread(target=accept, daemon=True).start()
    with taken:
        yield taken.getsockname()[1], armed
        taken.shutdown(socket.SHUT_RDWR)


def signed_id(number: int) -> bytes:
    return signed(number)[0].id(ORIGIN)


def test_a_store_that_is_set_to_read_only(durable: postgres.Server) -> None:
    url = durable.database()
    Store.open(url, ORIGIN).close()
    durable.sql(url, f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET default_transaction_read_only = on")
    cannot_be_written(url, "may not be written: it is a standby")


def test_a_user_who_may_only_read(durable: postgres.Server) -> None:
    url, user = durable.database(), f"reader_{secrets.token_hex(4)}"
    Store.open(url, ORIGIN).close()
    durable.sql(url, f"CREATE ROLE {user} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
    cannot_be_written(url.replace("ledger@", f"{user}@"), "grant this user the rights")


def cannot_be_written(url: str, words: str) -> None:
    store = Store.open(url, ORIGIN)
    with pytest.raises(Unavailable, match=words):
        add(store, [1])
    assert store.pending() == (0, None)
    store.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("ledger@", "nobody:secret-word@"), "does not let this user in|does not answer"),
        (("/test_", "/absent_"), "does not exist"),
        (("127.0.0.1:", "127.0.0.1:1"), "cannot be reached|must look like"),
    ],
)
def test_an_address_that_leads_nowhere(durable: postgres.Server, change: tuple[str, str], words: str) -> None:
    with pytest.raises(LedgerError, match=words) as caught:
        Store.open(durable.database().replace(*change), ORIGIN)
    assert "secret-word" not in str(caught.value)


def test_nothing_of_what_was_to_be_stored_is_in_an_error(durable: postgres.Server, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE declarations CASCADE"))
    with pytest.raises(Unavailable) as caught:
        add(store, [1])
    assert "SQLSTATE 42P01" in str(caught.value)
    assert "INSERT" not in str(caught.value)


def test_processes_that_create_one_store_at_once(durable: postgres.Server) -> None:
    words = "import sys; from ledger.edges.store import Store; from tests.edges.stored import ORIGIN, add; "
    words += "add(Store.open(sys.argv[1], ORIGIN), range(int(sys.argv[2])))"
    url = durable.database()
    started = [subprocess.Popen([sys.executable, "-c", words, url, str(count)], cwd=HOME) for count in (10, 20, 30)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    store = Store.open(url, ORIGIN)
    assert store.pending()[0] == 30
    store.close()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_another_creates_the_store_while_we_look(
    moment: str, durable: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each statement sees what was committed before it, so two readings may be of two moments."""
    created: list[str] = []
    url, look = durable.database(), MigrationContext.get_current_heads

    def another() -> None:
        if not created:
            created.append(url)
            Store.open(url, ORIGIN).close()

    def looking(self: MigrationContext) -> tuple[str, ...]:
        if moment == "before":
            another()
        found = look(self)
        another()
        return found

    monkeypatch.setattr(MigrationContext, "get_current_heads", looking)
    Store.open(url, ORIGIN).close()
    assert created

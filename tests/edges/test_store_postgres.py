"""What a PostgreSQL store keeps and says when its server dies, comes back, refuses, or is not there."""

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

from ledger.core.statements.declaration import Declaration
from ledger.edges.store import Store
from ledger.edges.store.bulk import insert_new
from ledger.edges.store.rows import pending_values
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
def url(durable: postgres.Server) -> str:
    return durable.database()


def test_a_server_that_dies_loses_nothing_that_was_acknowledged(durable: postgres.Server, store: Store) -> None:
    """The server is killed three times, as by a power cut; the store connects again by itself."""
    kept: set[bytes] = set()
    for number in range(3):
        kept.update(add(store, range(number * 50, number * 50 + 50)))
        batch = formed(store, 20)
        durable.stop(signal.SIGQUIT)
        for attempt in (lambda: add(store, [1_000]), store.declarations.pending):
            with pytest.raises(Unavailable, match="cannot be reached|is being stopped"):
                attempt()
        durable.start()
        assert all(store.declarations.get(id_) is not None for id_ in kept)
        assert store.batches.get(batch.id) == batch
    assert store.declarations.pending().total == 150 - 60


def test_a_store_works_again_after_its_server_was_restarted(durable: postgres.Server, store: Store) -> None:
    add(store, [1])
    durable.stop()
    durable.start()
    assert store.declarations.add([signed(1), signed(2)], ORIGIN, 1) == [(signed_id(1), False), (signed_id(2), True)]


def test_a_connection_that_is_reset_while_it_commits(durable: postgres.Server) -> None:
    """Nothing says then whether it was stored; the next attempt does."""
    with through(durable, b"COMMIT\0") as (store, armed):
        armed.set()
        with pytest.raises(Unavailable, match=r"cannot be reached: .* may have been stored, and will be found"):
            add(store, [1])
        assert not armed.is_set()
        assert store.declarations.add([signed(1)], ORIGIN, 1) == [(signed_id(1), False)]


def test_an_idle_connection_that_is_reset_is_replaced(durable: postgres.Server) -> None:
    with through(durable, b"BEGIN\0") as (store, armed):
        add(store, [1])
        armed.set()
        assert store.declarations.pending().total == 1
        assert not armed.is_set()


def test_a_leader_whose_connection_is_reset_tries_to_lead_again(durable: postgres.Server) -> None:
    with through(durable, b"SELECT 1\0") as (store, armed):
        lead = store.leadership.candidate("anchoring")
        assert lead.leads()
        armed.set()
        until(lead.leads)
        assert not armed.is_set()
        lead.release()


def test_connections_send_without_delay(store: Store) -> None:
    with store.database.engine.connect() as connection:
        link = connection.connection.driver_connection._usock  # type: ignore[union-attr]
        assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_two_writers_of_the_same_declarations_never_wait_for_each_other(store: Store) -> None:
    """A row that is inserted is locked until the commit, so all writers insert in one order."""
    low, high = sorted(((signed(number)[0].id(ORIGIN), *signed(number)) for number in (1, 2)), key=itemgetter(0))

    def insert(connection: Connection, item: tuple[bytes, Declaration, bytes]) -> set[bytes]:
        return insert_new(connection, DECLARATIONS, "id", [pending_values(*item, 1)])

    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    engine = store.database.engine
    with engine.connect() as first, engine.connect() as watching, ThreadPoolExecutor(1) as pool:
        assert insert(first, low) == {low[0]}
        second = pool.submit(store.declarations.add_with_ids, [high, low], 1)
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
    """A proxy before a server that, once armed, resets the connection instead of passing on one such answer."""
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
    assert store.declarations.pending() == (0, None)
    store.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("ledger@", "nobody:secret-word@"), "does not let this user in|does not work"),
        (("/test_", "/absent_"), "does not exist"),
        (("127.0.0.1:", "127.0.0.1:1"), "cannot be reached|must look like"),
    ],
)
def test_an_address_that_leads_nowhere(durable: postgres.Server, change: tuple[str, str], words: str) -> None:
    with pytest.raises(LedgerError, match=words) as caught:
        Store.open(durable.database().replace(*change), ORIGIN)
    assert "secret-word" not in str(caught.value)


def test_an_error_does_not_contain_what_was_to_be_stored(durable: postgres.Server, store: Store) -> None:
    with store.database.engine.begin() as connection:
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
    assert store.declarations.pending().total == 30
    store.close()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_another_process_creates_the_store_between_two_readings(
    moment: str, durable: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each statement sees what was committed before it, so two statements may see two states."""
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

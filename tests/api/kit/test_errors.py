"""Errors as answers: what a 503 is counted under, which an operator's alert names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.kit import errors, metrics
from api.kit.capacity import Kind, Limits
from api.kit.middleware import RequestWatcher
from api.kit.queue import CallWorker
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.edges.chain.contract import Chain
from ledger.edges.store import Store
from ledger.errors import BatchedElsewhere, ContractMissing, HistoryBroken, LedgerError, Source, Unavailable
from ledger.testing.world import TRADER
from tests.api.office import Office
from tests.edges.stored import ORIGIN

NOBODY = "http://127.0.0.1:9"
REASONS = [*Source, "history", "other"]


def unavailable() -> dict[str, float]:
    """Answers 503 that this process has counted, by reason."""
    name = "ledger_http_unavailable_total"
    return {reason: metrics.COUNTED.get_sample_value(name, {"reason": reason}) or 0 for reason in REASONS}


def counted_since(before: dict[str, float]) -> dict[str, float]:
    return {reason: count - before[reason] for reason, count in unavailable().items() if count != before[reason]}


def office(folder: Path) -> Office:
    """A server over a store of its own, whose node does not answer."""
    store = Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", ORIGIN)
    return Office(store, folder, connect=lambda: Chain.connect(NOBODY, ORIGIN.contract))


def signed() -> dict[str, Any]:
    """A declaration that its party signed."""
    made = Declaration(TRADER.signer, b"\x01" * 32, 380)
    return {"declaration": made.to_json(), "signature": hex_text(TRADER.sign(made.id(ORIGIN)))}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        *((Unavailable("away", source=source), source.value) for source in Source),
        (BatchedElsewhere("another was faster", source=Source.STORE), "store"),
        (ContractMissing(ORIGIN.contract, ORIGIN.chain_id), "chain"),
        (HistoryBroken("two heads", expected=1, found=2), "history"),
    ],
    ids=str,
)
def test_each_error_that_answers_503_is_counted_under_its_source(error: LedgerError, reason: str) -> None:
    app = FastAPI()
    app.add_middleware(RequestWatcher)
    errors.install(app)

    @app.get("/fails")
    def fails() -> None:
        raise error

    before = unavailable()
    assert TestClient(app).get("/fails").status_code == 503
    assert counted_since(before) == {reason: 1}


def test_an_unavailable_without_a_source_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="source"):
        Unavailable("away")  # type: ignore[call-arg]


def test_a_node_that_is_away_is_counted_under_chain(tmp_path: Path) -> None:
    before = unavailable()
    with TestClient(office(tmp_path).app) as client:
        assert client.get(f"/v1/attestations/0x{'01' * 32}").status_code == 503
    assert counted_since(before) == {"chain": 1}


def test_a_store_that_cannot_be_read_is_counted_under_store(tmp_path: Path) -> None:
    made = office(tmp_path)
    before = unavailable()
    with TestClient(made.app) as client:
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as damage:
            damage.execute("DROP TABLE declarations")
        assert client.get(f"/v1/declarations/0x{'01' * 32}?digest=0x{'01' * 32}").status_code == 503
    assert counted_since(before) == {"store": 1}


def test_work_that_waits_beyond_the_limit_is_counted_under_queue(tmp_path: Path) -> None:
    app = office(tmp_path).app
    app.state.services.checking = CallWorker("checking", Kind.INTAKE, Limits(1, 0, 1))
    before = unavailable()
    with TestClient(app) as client:
        assert client.post("/v1/declarations", json=signed()).status_code == 503
    assert counted_since(before) == {"queue": 1}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/declarations/0x12", None, "path.id: must be 0x and 64 hex digits in lower case (32 bytes)"),
        ("/v1/declarations/0x" + "AB" * 32, None, "path.id: must be 0x and 64 hex digits in lower case (32 bytes)"),
        ("/v1/agencies/mpi", None, 'path.code: must be an agency code: 1 to 16 of A-Z, 0-9 and "-", such as NZ-MPI'),
        (
            "/v1/declarations", signed() | {"signature": "0x1"},
            "body.signature: must be 0x and two hex digits in lower case for each of at most 1024 bytes",
        ),
    ],
)  # fmt: skip
def test_who_spells_hex_or_a_code_otherwise_is_told_how(
    path: str, body: dict[str, Any] | None, said: str, tmp_path: Path
) -> None:
    app = office(tmp_path).app
    with TestClient(app) as client:
        answer = client.get(path) if body is None else client.post(path, json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, said)

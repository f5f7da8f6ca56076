"""Readiness: why a server is degraded, as what stands in its store and what its chain says bring it about."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from api import background
from api.schemas import DegradedReason
from ledger.edges.chain.contract import Chain
from ledger.edges.store import Store
from ledger.errors import ContractMissing, HistoryBroken, LedgerError, Source, Unavailable
from tests.api.conftest import Served
from tests.api.office import NOW, Office
from tests.api.test_watching import declared
from tests.edges.stored import ORIGIN, add, formed
from tests.edges.test_store_durability import unprivileged
from tests.faults.node import until

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    yield made
    made.close()


def ready(client: TestClient) -> dict[str, Any]:
    """What it says, which is 200 as long as declarations are taken in."""
    answer = client.get("/health/ready")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def details(said: dict[str, Any]) -> dict[str, str]:
    """Reasons by code, in order."""
    return {reason["code"]: reason["detail"] for reason in said["reasons"]}


def test_the_page_for_operators_explains_every_reason() -> None:
    codes = get_args(DegradedReason.model_fields["code"].annotation)
    explained = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert codes
    for code in codes:
        assert any(line.startswith(f"| `{code}` |") for line in explained), code


def test_a_refused_batch_and_an_old_backlog_show_with_their_words(store: Store, tmp_path: Path) -> None:
    add(store, [1, 2], at=NOW - 1_000)
    batch = formed(store)
    add(store, [3], at=NOW - 10)
    with TestClient(Office(store, tmp_path).app) as client:
        assert "batch_refused" not in details(ready(client))
        store.batches.mark_refused(batch.id, "exceeds block gas limit", NOW + 60)
        said = ready(client)
    assert said["status"] == "degraded"
    assert list(details(said)) == ["chain_away", "batch_refused", "backlog_old"], "the cause first"
    assert details(said)["batch_refused"] == "1 not sent; the oldest: exceeds block gas limit"
    assert (said["pending"], said["oldest_pending_seconds"]) == (1, 10)


def test_what_is_young_is_no_reason(store: Store, tmp_path: Path) -> None:
    add(store, [1], at=NOW - 301)
    with TestClient(Office(store, tmp_path).app) as client:
        assert list(details(ready(client))) == ["chain_away"], "301 seconds are permitted: 1, and 300 until the alarm"
        add(store, [2], at=NOW - 302)
        assert list(details(ready(client))) == ["chain_away", "backlog_old"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (HistoryBroken("the node is on another chain", expected=1, found=2), "another chain"),
        (ContractMissing(ORIGIN.contract, ORIGIN.chain_id), "there is no contract"),
    ],
)
def test_another_chain_or_contract_is_not_called_away(
    store: Store, tmp_path: Path, error: LedgerError, words: str
) -> None:
    def connect() -> Chain:
        raise error

    with TestClient(Office(store, tmp_path, connect=connect).app) as client:
        said = ready(client)
    assert list(details(said)) == ["chain_wrong"]
    assert words in details(said)["chain_wrong"]
    assert said["chain"] == details(said)["chain_wrong"]


def test_who_anchors_is_said(store: Store, tmp_path: Path) -> None:
    with TestClient(Office(store, tmp_path).app) as client:
        assert ready(client)["anchoring"] == "elsewhere: there is no relayer key here"
    other = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    leader = other.leadership.candidate("anchoring")
    assert leader.leads()
    again = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    with TestClient(Office(again, tmp_path, has_relayer=True).app) as client:
        assert ready(client)["anchoring"] == "elsewhere: another process leads"
        leader.release()
        assert until(lambda: ready(client)["anchoring"] == "here", 10)
    other.close()


def test_what_keeps_anchoring_is_told_until_it_goes_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def codes() -> list[str]:
        return list(details(ready(served.client)))

    def taken_back(*_: object) -> None:
        raise Unavailable("the chain took back what was signed", source=Source.CHAIN)

    assert until(lambda: codes() == [], 10)
    with monkeypatch.context() as broken:
        broken.setattr(background, "publish_checkpoint", taken_back)
        assert until(lambda: codes() == ["anchoring_waits"], 10)
        assert details(ready(served.client))["anchoring_waits"].endswith("the chain took back what was signed")
    assert until(lambda: codes() == [], 10)


def test_a_chain_that_is_away_is_told_until_it_is_back(served: Served) -> None:
    assert until(lambda: ready(served.client)["status"] == "ready", 10)
    served.house.devchain.stop()
    try:
        assert served.client.post("/v1/declarations", json=declared(served, 6)).status_code == 202
        assert next(iter(details(ready(served.client)))) == "chain_away"
    finally:
        served.house.devchain.start()
    assert until(lambda: ready(served.client)["status"] == "ready", 20)


@pytest.fixture
def closed() -> Iterator[Callable[[], Path]]:
    """A folder with a store that nobody may write from then on."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others

    def close() -> Path:
        file = folder / "ledger.sqlite"
        Store.open(f"sqlite:///{file}", ORIGIN).close()
        file.chmod(0o444)
        folder.chmod(0o777)
        return folder

    yield close
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_store_that_may_not_be_written_is_503(closed: Callable[[], Path]) -> None:
    folder = closed()
    with unprivileged():
        store = Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", ORIGIN)
        with TestClient(Office(store, folder).app) as client:
            answer = client.get("/health/ready")
            assert client.get("/health/live").status_code == 200
            figures = client.get("/metrics").text
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "may not be written: let this program write" in answer.json()["detail"]
    assert 'ledger_http_unavailable_total{reason="store"}' in figures

"""Exports over HTTP: the entry from the log's own tiles, the rest from the declaration's address."""

from __future__ import annotations

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.proofs.scitt import TransparentStatement
from ledger.core.proofs.tlog_proof import TlogProof
from ledger.core.tree.tile_files import read_bundle
from ledger.journeys.checkpoint import note_key
from tests.api.conftest import Served
from tests.api.test_api import ZERO, declared


@pytest.fixture(scope="module")
def anchored(served: Served) -> str:
    """Two declarations, for a history in which the first one's entry has a path; the first one's id."""
    id_ = declared(served)[0]
    declared(served)
    return id_


def trust(served: Served) -> TrustRoot:
    origin = served.house.chain.origin
    return TrustRoot.of(origin, note_key(origin, served.house.log_key))


def test_a_tlog_proof_and_its_entry(served: Served, anchored: str) -> None:
    answer = served.client.get(f"/v1/declarations/{anchored}/tlog-proof")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    proof = TlogProof.parse(answer.content)
    size = proof.note.checkpoint.size
    bundle = served.client.get(f"/v1/log/tile/entries/000.p/{size}").content
    entry = read_bundle(bundle)[proof.index]
    proven = proof.verify(entry, trust(served))
    assert proven.membership is not None
    assert "0x" + proven.membership.declaration.id(served.house.chain.origin).hex() == anchored


def test_a_transparent_statement(served: Served, anchored: str) -> None:
    answer = served.client.get(f"/v1/declarations/{anchored}/transparent-statement")
    assert answer.headers["content-type"] == "application/scitt-statement+cose"
    statement = TransparentStatement.parse(answer.content)
    assert statement.subjects == (anchored, anchored)
    statement.verify(trust(served))


@pytest.mark.parametrize("kind", ["tlog-proof", "transparent-statement"])
def test_a_declaration_that_nobody_made(served: Served, kind: str) -> None:
    assert served.client.get(f"/v1/declarations/{ZERO}/{kind}").status_code == 404


def test_a_server_without_a_receipt_key(served: Served, anchored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.client.app.state.services, "receipt_key", None)  # type: ignore[attr-defined]
    answer = served.client.get(f"/v1/declarations/{anchored}/transparent-statement")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:trade-ledger:Unavailable")

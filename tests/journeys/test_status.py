"""Where a declaration stands is answered once, and every door shows that answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.cli import main
from ledger.core.encoding.reading import hex_text
from ledger.core.history.standing import Standing
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.store import Store
from ledger.errors import AttestationUnknown, UnknownDeclaration
from ledger.journeys.status import DeclarationStatus, attestation_status, declaration_status, stored_statuses
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.edges.authorities import now

Told = tuple[LocalLedger, list[Declaration], bytes, bytes]
"""The ledger, its declarations, the attestation of all of them, and that of the last."""


@pytest.fixture(scope="module")
def told(house: LocalLedger) -> Told:
    """Three declarations in a batch: attested together and one revoked, one withdrawn, the last attested alone."""
    origin = house.chain.origin
    made = houses.anchored(house, 3)
    ids = [item.id(origin) for item in made]
    together = houses.attest(house, ids)
    houses.revoke(house, together, member=ids[1])
    withdrawal = Withdrawal(ids[0], 5, ids[2])
    signature = house.key("trader").sign(withdrawal.id(origin))
    relay_withdrawal(house.relay, made[0], withdrawal, signature)
    return house, made, together, houses.attest(house, ids[2:], houses.CUSTOMS)


def of(house: LocalLedger, id_: bytes) -> DeclarationStatus:
    with house.follower.fresh_history() as history:
        return declaration_status(id_, house.store, history, now())


def test_what_is_said_of_each_member_of_a_set(told: Told) -> None:
    house, made, together, alone = told
    first, second, third = (of(house, item.id(house.chain.origin)) for item in made)
    assert [first.state, second.state, third.state] == ["final"] * 3
    assert {item.batch.root for item in (first, second, third) if item.batch} == {first.batch.root}  # type: ignore[union-attr]
    assert [(item.id, item.standing) for item in first.attestations] == [(together, Standing.IN_FORCE)]
    assert [(item.id, item.standing) for item in second.attestations] == [(together, Standing.REVOKED)]
    assert [item.id for item in third.attestations] == [together, alone]
    assert second.attestations[0].decided_by != second.attestations[0].entry, "the revocation decides"
    assert first.withdrawn is not None
    assert first.withdrawn[1].withdrawal.replacement == third.id
    assert (second.withdrawn, third.withdrawn) == (None, None)


def test_an_attestation_stands_for_its_whole_set(told: Told) -> None:
    house, _, together, _ = told
    with house.follower.fresh_history() as history:
        assert attestation_status(together, history, now()).standing is Standing.IN_FORCE
        assert attestation_status(together, history, 0).standing is Standing.NOT_YET
        with pytest.raises(AttestationUnknown):
            attestation_status(bytes(32), history, now())


def test_a_store_without_it_shows_what_the_history_says(told: Told, tmp_path: Path) -> None:
    house, made, _, _ = told
    origin = house.chain.origin
    empty = Store.open(f"sqlite:///{tmp_path / 'empty.sqlite'}", origin)
    with house.follower.fresh_history() as history:
        withdrawn = declaration_status(made[0].id(origin), empty, history, now())
        assert (withdrawn.declaration, withdrawn.state, withdrawn.batch) == (None, None, None)
        assert withdrawn.withdrawn is not None
        for id_ in (made[2].id(origin), bytes(32)):
            with pytest.raises(UnknownDeclaration):
                declaration_status(id_, empty, history, now())
    with pytest.raises(UnknownDeclaration):
        declaration_status(made[0].id(origin), empty)
    empty.close()


def test_the_store_alone_knows_state_and_batch(told: Told) -> None:
    house, made, _, _ = told
    rows, _ = house.store.declarations.page()
    listed = {item.id: item for item in stored_statuses(rows, house.store)}
    for item in made:
        id_ = item.id(house.chain.origin)
        alone = declaration_status(id_, house.store)
        assert alone == listed[id_]
        assert (alone.state, alone.attestations, alone.withdrawn) == ("final", (), None)


@pytest.fixture
def client(house: LocalLedger) -> Iterator[TestClient]:
    with TestClient(create_app(open_services(house.settings))) as made:
        yield made


def test_every_door_says_the_same(
    told: Told, client: TestClient, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    house, made, _, _ = told
    for name, value in house.environment().items():
        monkeypatch.setenv(name, value)
    for item in made:
        id_ = hex_text(item.id(house.chain.origin))
        expected = of(house, item.id(house.chain.origin))
        over_http = client.get(f"/v1/declarations/{id_}?digest={hex_text(item.digest)}").json()
        monkeypatch.setattr("sys.argv", ["ledger", "status", id_, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        printed = json.loads(capsys.readouterr().out)
        streamed = client.get(
            f"/v1/stream?declaration={id_}&follow=false", headers={"Ledger-Digest": hex_text(item.digest)}
        ).text
        standings = [(hex_text(one.id), one.standing.value) for one in expected.attestations]
        assert [(one["id"], one["standing"]) for one in over_http["attestations"]] == standings
        assert [(one["id"], one["standing"]) for one in printed["attestations"]] == standings
        assert over_http["state"] == printed["state"] == expected.state
        assert f'"state":"{expected.state}"' in streamed
        number = expected.withdrawn and expected.withdrawn[0].number
        assert over_http["withdrawn_by_entry"] == number
        assert printed.get("withdrawn", {}).get("entry") == number

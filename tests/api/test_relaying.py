"""What the server pays for, over HTTP: budgets, refusals that say how to relay without it, and figures."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from ledger.settings import Settings
from ledger.testing.local_ledger import RELAYER_WEI, LocalLedger
from tests import houses

PER_AGENCY = 260_000  # enough for two attestations, and not for a third


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    with houses.house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(scope="module")
def client(house: LocalLedger) -> Iterator[TestClient]:
    """A server with small budgets."""
    house.key("log", Algorithm.ED25519)
    settings = Settings(
        rpc_url=house.devchain.url,
        origin=str(house.chain.origin),
        state_dir=house.folder,
        passphrase_file=house.passphrase_file,
        log_key="log",
        relay_gas_per_agency=PER_AGENCY,
        relay_gas_per_party=90_000,
        relay_fees_per_day_gwei=10**12,
    )
    with TestClient(create_app(open_services(settings))) as made:
        yield made


def attestation(house: LocalLedger, ids: list[bytes], members: list[bytes], code: str = houses.MPI) -> dict[str, Any]:
    made, officer = houses.attestation(house, ids, code)
    return {
        "attestation": made.to_json(),
        "signer": hex_text(officer.address),
        "signature": hex_text(officer.sign(made.id(house.chain.origin))),
        "members": [hex_text(id_) for id_ in members],
    }


def withdrawal(house: LocalLedger, made: Declaration) -> dict[str, Any]:
    words = Withdrawal(made.id(house.chain.origin), 1)
    signature = house.key("trader").sign(words.id(house.chain.origin))
    return {"declaration": made.to_json(), "withdrawal": words.to_json(), "signature": hex_text(signature)}


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"urn:trade-ledger:{kind}"
    return found


def figure(client: TestClient, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next((line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")), "0"))


def relayed_by_oneself(house: LocalLedger, own: dict[str, Any]) -> None:
    """Send what a problem says, with an account that has nothing to do with the server."""
    assert set(own) == {"to", "data", "chain_id", "value", "gas"}
    assert (own["value"], own["chain_id"]) == (0, house.chain.origin.chain_id)
    account = house.key("somebody")
    house.devchain.fund(account.address, RELAYER_WEI)
    receipt = house.chain.sender.send(bytes.fromhex(own["to"][2:]), bytes.fromhex(own["data"][2:]), account)
    assert receipt["gasUsed"] <= own["gas"]


def test_a_set_that_is_not_known_can_be_relayed_by_oneself(house: LocalLedger, client: TestClient) -> None:
    before = figure(client, 'ledger_relay_refused_total{reason="SetNotKnown"}')
    said = attestation(house, [secrets.token_bytes(32)], [])
    found = problem(client.post("/v1/attestations", json=said), 404, "SetNotKnown")
    assert "relay it yourself" in found["detail"]
    relayed_by_oneself(house, found["relay_yourself"])
    assert client.post("/v1/attestations", json=said).status_code == 200  # it is in the history now
    assert figure(client, 'ledger_relay_refused_total{reason="SetNotKnown"}') == before + 1


def test_what_the_contract_refuses_has_no_transaction(house: LocalLedger, client: TestClient) -> None:
    """Nobody could relay it."""
    (made,) = houses.anchored(house)
    said = attestation(house, [made.id(house.chain.origin)], []) | {"signer": "0x" + "11" * 20}
    assert "relay_yourself" not in problem(client.post("/v1/attestations", json=said), 403, "AttesterUnknown")


def test_a_declaration_that_is_not_anchored_here_is_not_paid_for(house: LocalLedger, client: TestClient) -> None:
    made, _ = houses.declaration(house)
    found = problem(client.post("/v1/withdrawals", json=withdrawal(house, made)), 404, "DeclarationNotKnown")
    relayed_by_oneself(house, found["relay_yourself"])
    assert client.post("/v1/withdrawals", json=withdrawal(house, made)).status_code == 200


def test_over_its_budget_an_agency_relays_itself(house: LocalLedger, client: TestClient) -> None:
    ids = [made.id(house.chain.origin) for made in houses.anchored(house, 5)]
    assert client.post("/v1/attestations", json=attestation(house, ids[:1], ids[:1])).status_code == 201
    spent = figure(client, 'ledger_relay_gas_day{payer="agency"}')
    assert 80_000 < spent < 120_000
    answers = [client.post("/v1/attestations", json=attestation(house, [id_], [id_])) for id_ in ids[1:]]
    assert [answer.status_code for answer in answers] == [201, 429, 429, 429]
    found = problem(answers[1], 429, "RelayBudgetSpent")
    values = found["values"]
    assert (values["whose"], values["limit"], values["unit"]) == ("agency NZ-MPI", PER_AGENCY, "gas")
    assert int(answers[1].headers["Retry-After"]) == values["retry_after"] > 22 * 3_600
    relayed_by_oneself(house, found["relay_yourself"])
    # Another agency has a budget of its own.
    other = attestation(house, ids[:1], ids[:1], houses.CHAMBER)
    assert client.post("/v1/attestations", json=other).status_code == 201
    assert figure(client, 'ledger_relay_gas_day{payer="agency"}') > 2 * spent
    assert figure(client, 'ledger_relay_gas_day_limit{payer="all"}') == 200_000_000


def test_over_its_budget_a_party_relays_itself(house: LocalLedger, client: TestClient) -> None:
    made = houses.anchored(house, 2)
    answers = [client.post("/v1/withdrawals", json=withdrawal(house, one)) for one in made]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert problem(answers[1], 429, "RelayBudgetSpent")["values"]["whose"] == "this party"
    assert figure(client, 'ledger_relay_gas_day{payer="party"}') < 90_000


def test_the_cost_of_anchors_is_shown(house: LocalLedger, client: TestClient) -> None:
    before = figure(client, "ledger_anchor_gas_day")
    houses.anchored(house)
    assert 50_000 < figure(client, "ledger_anchor_gas_day") - before < 80_000
    assert figure(client, "ledger_anchor_small_gas_hour") > 0
    assert figure(client, "ledger_anchor_wait_seconds") >= 1
    assert figure(client, "ledger_relay_fees_day_gwei_limit") == 10**12

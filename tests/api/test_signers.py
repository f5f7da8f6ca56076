"""Parties that are no plain accounts: a P-256 key in a card; and a wallet contract, which is no party."""

from __future__ import annotations

import secrets

import pytest

from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.withdrawal import Withdrawal
from tests.api.conftest import Served
from tests.api.test_api import body, wait
from tests.edges.authorities import rpc, wallet_code

WALLET = b"\x77" * 20


def test_a_p256_party_declares(served: Served) -> None:
    card, origin = served.house.key("card", Algorithm.P256), served.house.chain.origin
    made = Declaration(card.signer(origin), secrets.token_bytes(32), 380)
    signature = card.sign(made.id(origin))
    id_ = served.client.post("/v1/declarations", json=body(made, signature)).json()["id"]
    shown = f"?digest={hex_text(made.digest)}"
    wait(served, id_ + shown)
    held = {"evidence": served.client.get(f"/v1/declarations/{id_}/evidence{shown}").json()}
    assert served.client.post("/v1/verifications", json=held).json()["conclusion"] == "GOOD"
    wrong = bytes([signature[0] ^ 1]) + signature[1:]
    assert served.client.post("/v1/declarations", json=body(made, wrong)).status_code == 403


def test_a_wallet_contract_is_no_party(served: Served) -> None:
    """Neither for a declaration nor for a withdrawal, even if it would accept the signature."""
    house = served.house
    owner, origin = house.key("owner"), house.chain.origin
    rpc(house.devchain.url, "anvil_setCode", hex_text(WALLET), hex_text(wallet_code(owner.address)))
    made = Declaration(WALLET, secrets.token_bytes(32), 380)
    answer = served.client.post("/v1/declarations", json=body(made, owner.sign(made.id(origin))))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:trade-ledger:PartyKeyMismatch")
    assert "no wallet contract (ERC-1271) is asked; sign with the party's own key" in answer.json()["detail"]
    withdrawal = Withdrawal(made.id(origin), 1)
    said = {
        "declaration": made.to_json(), "withdrawal": withdrawal.to_json(),
        "signature": hex_text(owner.sign(withdrawal.id(origin))),
    }  # fmt: skip
    size = house.chain.head()[0]
    answer = served.client.post("/v1/withdrawals", json=said)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:trade-ledger:PartyKeyMismatch")
    assert house.chain.head()[0] == size


def test_while_the_chain_is_away_a_wallet_is_refused_and_an_account_is_not(served: Served) -> None:
    made = Declaration(WALLET, secrets.token_bytes(32), 380)
    trader = served.house.key("trader")
    own = Declaration(trader.address, secrets.token_bytes(32), 380)
    served.house.devchain.stop()
    try:
        answer = served.client.post("/v1/declarations", json=body(made, bytes(65)))
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:trade-ledger:PartyKeyMismatch")
        signature = trader.sign(own.id(served.house.chain.origin))
        assert served.client.post("/v1/declarations", json=body(own, signature)).status_code == 202
    finally:
        served.house.devchain.start()


@pytest.mark.parametrize("signer", ["0x" + "11" * 19, "0x" + "11" * 129])
def test_signers_of_no_length(served: Served, signer: str) -> None:
    said = body(Declaration(bytes(20), bytes(32), 380), bytes(65))
    said["declaration"]["party"] = signer
    assert served.client.post("/v1/declarations", json=said).status_code == 422

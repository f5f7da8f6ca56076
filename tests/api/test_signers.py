"""Parties that are no plain accounts: a P-256 key in a card, and a wallet contract that its chain speaks for."""

from __future__ import annotations

import secrets

import pytest

from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.statement import Declaration
from tests.api.conftest import Served
from tests.api.test_api import body, wait
from tests.edges.authorities import rpc, wallet_code

WALLET = b"\x77" * 20


def test_a_p256_party_declares(served: Served) -> None:
    card, origin = served.house.key("card", Algorithm.P256), served.house.chain.origin
    made = Declaration(card.signer(origin), secrets.token_bytes(32), 380)
    signature = card.sign(made.id(origin))
    id_ = served.client.post("/v1/declarations", json=body(made, signature)).json()["id"]
    wait(served, id_)
    held = {"evidence": served.client.get(f"/v1/declarations/{id_}/evidence").json()}
    assert served.client.post("/v1/verifications", json=held).json()["conclusion"] == "GOOD"
    wrong = bytes([signature[0] ^ 1]) + signature[1:]
    assert served.client.post("/v1/declarations", json=body(made, wrong)).status_code == 403


def test_a_wallet_party_declares_and_only_its_chain_can_say(served: Served) -> None:
    owner, origin = served.house.key("owner"), served.house.chain.origin
    code = hex_text(wallet_code(owner.address))
    rpc(served.house.devchain.url, "anvil_setCode", hex_text(WALLET), code)
    made = Declaration(WALLET, secrets.token_bytes(32), 380)
    signed = body(made, owner.sign(made.id(origin)))
    stranger = body(made, served.house.key("stranger").sign(made.id(origin)))
    assert served.client.post("/v1/declarations", json=stranger).json()["type"] == "urn:trade-ledger:SignatureMismatch"
    id_ = served.client.post("/v1/declarations", json=signed).json()["id"]
    wait(served, id_)
    evidence = served.client.get(f"/v1/declarations/{id_}/evidence").json()
    online = served.client.post("/v1/verifications", json={"evidence": evidence}).json()
    assert online["conclusion"] == "GOOD"
    offline = served.client.post("/v1/verifications", json={"evidence": evidence, "online": False}).json()
    (check,) = [check for check in offline["checks"] if check["name"] == "declaration"]
    assert (check["status"], "verify online" in check["words"]) == ("INVALID", True)


def test_while_the_chain_is_away_a_wallet_waits_and_an_account_does_not(served: Served) -> None:
    made = Declaration(WALLET, secrets.token_bytes(32), 380)
    trader = served.house.key("trader")
    own = Declaration(trader.address, secrets.token_bytes(32), 380)
    served.house.devchain.stop()
    try:
        answer = served.client.post("/v1/declarations", json=body(made, bytes(65)))
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:trade-ledger:Unavailable")
        signature = trader.sign(own.id(served.house.chain.origin))
        assert served.client.post("/v1/declarations", json=body(own, signature)).status_code == 202
    finally:
        served.house.devchain.start()


@pytest.mark.parametrize("signer", ["0x" + "11" * 19, "0x" + "11" * 129])
def test_signers_of_no_length(served: Served, signer: str) -> None:
    said = body(Declaration(bytes(20), bytes(32), 380), bytes(65))
    said["declaration"]["party"] = signer
    assert served.client.post("/v1/declarations", json=said).status_code == 422

"""``Idempotency-Key`` over HTTP, as an agency's program that lost an answer uses it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Served
from tests.api.test_api import ZERO, attest_body, declared


def relay(served: Served, said: dict[str, Any], key: str) -> Any:
    return served.client.post("/v1/attestations", json=said, headers={"Idempotency-Key": key})


def test_the_same_key_and_request_get_the_first_answer(served: Served) -> None:
    id_, _ = declared(served)
    said = attest_body(served, [id_])
    first = relay(served, said, '"one"')
    assert first.status_code == 201, first.text
    assert first.json()["gas"] > 0
    again = relay(served, said, "one")  # with and without quotation marks it is the same key
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    without = served.client.post("/v1/attestations", json=said)
    assert (without.status_code, without.json()["gas"]) == (200, None)


def test_another_request_under_the_key_is_refused(served: Served) -> None:
    id_, _ = declared(served)
    assert relay(served, attest_body(served, [id_]), "two").status_code == 201
    other = relay(served, attest_body(served, [id_]), "two")
    assert (other.status_code, other.json()["type"]) == (422, "urn:trade-ledger:KeyUsed")
    withdrawal = served.client.post("/v1/withdrawals", json={}, headers={"Idempotency-Key": "two"})
    assert withdrawal.json()["type"] == "urn:trade-ledger:KeyUsed"


def test_while_the_first_is_under_way(served: Served) -> None:
    id_, _ = declared(served)
    said = attest_body(served, [id_])
    answer = relay(served, said, "three")
    store = served.client.app.state.services.store  # type: ignore[attr-defined]
    with store.database.engine.begin() as connection:  # as it stood before its answer was known
        connection.exec_driver_sql("UPDATE idempotency SET status = NULL, body = NULL")
    waiting = relay(served, said, "three")
    assert (answer.status_code, waiting.status_code) == (201, 409)
    assert waiting.json()["type"] == "urn:trade-ledger:UnderWay"


def test_a_refusal_is_not_kept(served: Served) -> None:
    id_, _ = declared(served)
    said = attest_body(served, [id_])
    wrong = said | {"members": [id_, ZERO]}
    assert relay(served, wrong, "four").status_code == 422
    assert relay(served, said, "four").status_code == 201


@pytest.mark.parametrize("key", ["", '""', "with space", "x" * 256, "back\\slash"])
def test_a_key_that_is_none(served: Served, key: str) -> None:
    answer = relay(served, {}, key)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:trade-ledger:Malformed")
    assert answer.json()["detail"].startswith("Idempotency-Key")

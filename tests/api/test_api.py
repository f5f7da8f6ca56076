"""The API as a party, an agency, a bank and a stranger meet it."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ledger.core.document import Format, redact, wrap
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signer import checksummed
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.chain.rpc import NODE_AWAY
from tests import houses
from tests.api.conftest import Served

ZERO = "0x" + "00" * 32


def body(made: Declaration, signature: bytes) -> dict[str, Any]:
    return {"declaration": made.to_json(), "signature": hex_text(signature)}


def wait(served: Served, id_: str, state: str = "final") -> dict[str, Any]:
    """Poll as a client would."""
    for _ in range(200):
        found: dict[str, Any] = served.client.get(f"/v1/declarations/{id_}").json()
        if found["state"] == state:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{id_} is still {found['state']}")


def declared(served: Served, digest: bytes | None = None) -> tuple[str, Declaration]:
    made, signature = houses.declaration(served.house, digest)
    answer = served.client.post("/v1/declarations", json=body(made, signature))
    assert answer.status_code == 202
    wait(served, answer.json()["id"])
    return answer.json()["id"], made


def attest_body(served: Served, ids: list[str], **options: Any) -> dict[str, Any]:
    made, officer = houses.attestation(served.house, [bytes.fromhex(id_[2:]) for id_ in ids], **options)
    signature = officer.sign(made.id(served.house.chain.origin))
    return {
        "attestation": made.to_json(),
        "signer": hex_text(officer.address),
        "signature": hex_text(signature),
        "members": ids,
    }


def test_the_whole_story(served: Served) -> None:
    document = wrap(b'{"total": 100, "secret": "price"}', Format.JSON, bytes(range(32)))
    id_, made = declared(served, document.digest)
    relayed = served.client.post("/v1/attestations", json=attest_body(served, [id_]))
    assert relayed.status_code == 201, relayed.text
    state = served.client.get(f"/v1/declarations/{id_}").json()
    assert [item["standing"] for item in state["attestations"]] == ["in force"]
    evidence = served.client.get(f"/v1/declarations/{id_}/evidence").json()
    copy = redact(document, ["$['secret']"]).to_bytes()
    question = {"evidence": evidence, "document": base64.b64encode(copy).decode()}
    verdict = served.client.post("/v1/verifications", json=question).json()
    assert verdict["conclusion"] == "GOOD"
    assert set(verdict["questions"].values()) == {"VALID"}
    changed = base64.b64encode(copy.replace(b"100", b"900")).decode()
    verdict = served.client.post("/v1/verifications", json=question | {"document": changed}).json()
    assert (verdict["conclusion"], verdict["questions"]["intact"]) == ("NOT_GOOD", "INVALID")

    officer = served.house.key("plant-officer")
    revocation = Revocation(bytes.fromhex(relayed.json()["id"][2:]), NO_DECLARATION, 41)
    said = {
        "revocation": revocation.to_json(),
        "signer": hex_text(officer.address),
        "signature": hex_text(officer.sign(revocation.id(served.house.chain.origin))),
    }
    assert served.client.post("/v1/revocations", json=said).status_code == 201
    assert served.client.post("/v1/revocations", json=said).status_code == 200
    assert served.client.get(f"/v1/attestations/{relayed.json()['id']}").json()["standing"] == "revoked"
    assert served.client.post("/v1/verifications", json=question).json()["conclusion"] == "NOT_GOOD"

    trader = served.house.key("trader")
    withdrawal = Withdrawal(bytes.fromhex(id_[2:]), 1)
    signature = trader.sign(withdrawal.id(served.house.chain.origin))
    gone = {"declaration": made.to_json(), "withdrawal": withdrawal.to_json(), "signature": hex_text(signature)}
    assert served.client.post("/v1/withdrawals", json=gone).status_code == 201
    assert served.client.get(f"/v1/declarations/{id_}").json()["withdrawn_by_entry"] > 0


def post_body(served: Served, attestation: str, member: str, from_: str, to: str) -> dict[str, Any]:
    ids = [bytes.fromhex(text[2:]) for text in (attestation, member, from_, to)]
    made, officer = houses.posting(served.house, ids[0], ids[1], ids[2], ids[3])
    signature = officer.sign(made.id(served.house.chain.origin))
    return {
        "posting": made.to_json(),
        "signer": hex_text(officer.address),
        "signature": hex_text(signature),
    }


def test_a_line_of_a_certificate_moves(served: Served) -> None:
    id_, _ = declared(served)
    attestation = served.client.post("/v1/attestations", json=attest_body(served, [id_])).json()["id"]
    sheets = [ZERO, *("0x" + f"{number}" * 64 for number in (1, 2, 3))]
    path = f"/v1/attestations/{attestation}/lines/{id_}/1"
    assert served.client.get(path).json() == {"sheet": None, "latest": None}
    moves = [post_body(served, attestation, id_, *pair) for pair in pairwise(sheets)]

    opened = served.client.post("/v1/postings", json=moves[0])
    assert opened.status_code == 201, opened.text
    assert served.client.post("/v1/postings", json=moves[1]).status_code == 201
    for again in moves[:2]:  # the first has been overtaken, and is in the history all the same
        answer = served.client.post("/v1/postings", json=again)
        assert (answer.status_code, answer.json()["gas"]) == (200, None)
    late = served.client.post("/v1/postings", json=post_body(served, attestation, id_, sheets[1], sheets[3]))
    assert (late.status_code, late.json()["type"]) == (409, "urn:trade-ledger:SheetStale")
    assert late.json()["values"]["current"] == sheets[2]

    found = served.client.get(path).json()
    assert (found["sheet"], found["latest"]["posting"]) == (sheets[2], moves[1]["posting"])
    entry = served.client.get(f"/v1/history/entries/{found['latest']['entry_number']}").json()
    assert (entry["kind"], entry["number"]) == ("posted", opened.json()["entry_number"] + 1)
    assert served.client.get(f"/v1/attestations/{ZERO}/lines/{id_}/1").status_code == 404
    assert served.client.get(path + "x").status_code == 422
    assert served.client.get(f"/v1/attestations/{attestation}/lines/{id_}/{1 << 32}").status_code == 422


def test_the_same_request_ten_times_at_once(served: Served) -> None:
    made, signature = houses.declaration(served.house)
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda _: served.client.post("/v1/declarations", json=body(made, signature)), range(10))
        )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    id_ = answers[0].json()["id"]
    wait(served, id_)
    said = attest_body(served, [id_])
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: served.client.post("/v1/attestations", json=said), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["entry_number"] for answer in answers}) == 1


def refusals(served: Served) -> dict[str, tuple[str, dict[str, Any], int, str]]:
    made, signature = houses.declaration(served.house)
    good = body(made, signature)
    id_ = hex_text(made.id(served.house.chain.origin))
    unknown_agency = attest_body(served, [id_])
    unknown_agency["attestation"]["agency"] = "NZ-NOBODY"
    another_agency = attest_body(served, [id_])
    another_agency["attestation"]["agency"] = houses.CUSTOMS
    unlisted = attest_body(served, [id_])
    unlisted["attestation"]["outcome"] = 52
    adverse_with_end = attest_body(served, [id_])
    adverse_with_end["attestation"] |= {"outcome": 8, "valid_until": 2_000_000_000}
    stranger = attest_body(served, [id_])
    stranger["signer"] = "0x" + "11" * 20
    members = attest_body(served, [id_]) | {"members": [id_, ZERO]}
    return {
        "a bad signature": (
            "/v1/declarations",
            good | {"signature": hex_text(houses.declaration(served.house)[1])},
            403,
            "PartyKeyMismatch",
        ),
        "a signature that is none": ("/v1/declarations", good | {"signature": "0x00"}, 422, "Malformed"),
        "no signature": ("/v1/declarations", {"declaration": good["declaration"]}, 422, "Malformed"),
        "an unknown member": ("/v1/declarations", good | {"color": 1}, 422, "Malformed"),
        "hex in capitals": (
            "/v1/declarations",
            good | {"declaration": good["declaration"] | {"digest": "0x" + "AB" * 32}},
            422,
            "Malformed",
        ),
        "a number as text": (
            "/v1/declarations",
            good | {"declaration": good["declaration"] | {"document_type": "380"}},
            422,
            "Malformed",
        ),
        "an unknown agency": ("/v1/attestations", unknown_agency, 404, "AgencyUnknown"),
        "an agency that the key does not speak for": ("/v1/attestations", another_agency, 403, "AgencyMismatch"),
        "an unknown attester": ("/v1/attestations", stranger, 403, "AttesterUnknown"),
        "no mandate": ("/v1/attestations", attest_body(served, [id_], kind=132), 403, "MandateMissing"),
        "an outcome outside its list": ("/v1/attestations", unlisted, 422, "Malformed"),
        "an adverse outcome with an end": ("/v1/attestations", adverse_with_end, 422, "Malformed"),
        "members of another set": ("/v1/attestations", members, 422, "Malformed"),
        "no evidence": ("/v1/verifications", {"evidence": {}}, 422, "Malformed"),
        "a body too large": ("/v1/declarations", {"x": "y" * 300_000}, 413, "TooLarge"),
    }


def test_each_refusal_answers_differently_and_clearly(served: Served) -> None:
    for name, (path, said, status, kind) in refusals(served).items():
        answer = served.client.post(path, json=said)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:trade-ledger:{kind}"), (name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/declarations/{ZERO}", 404),
        (f"/v1/declarations/{ZERO}/evidence", 404),
        (f"/v1/attestations/{ZERO}", 404),
        ("/v1/agencies/NZ-NOBODY", 404),
        ("/v1/declarations/0x12", 422),
        ("/v1/history/entries/999999", 422),
        ("/v1/declarations?cursor=nonsense", 422),
        ("/v1/nothing", 404),
    ],
)
def test_what_is_not_there(served: Served, path: str, status: int) -> None:
    answer = served.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_error_sends_no_contents_back_and_logs_none(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = served.client.post("/v1/verifications", json={"evidence": {"secret": "price list"}, "at": "price list"})
    assert answer.status_code == 422
    assert "price list" not in answer.text
    assert "price list" not in caplog.text


def test_list_with_pages_and_filters(served: Served) -> None:
    for _ in range(3):
        declared(served)
    party = hex_text(served.house.key("trader").address)
    seen, cursor = [], None
    while True:
        params = {"party": party, "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = served.client.get("/v1/declarations", params=params).json()
        seen += [item["id"] for item in page["declarations"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 3
    for params, expected in [
        ({"document_type": 1}, 0),
        ({"received_from": int(time.time()) + 1000}, 0),
    ]:
        assert len(served.client.get("/v1/declarations", params=params).json()["declarations"]) == expected
    assert served.client.get("/v1/declarations", params={"party": "0x" + "11" * 20}).status_code == 403


def test_agencies_and_history(served: Served) -> None:
    codes = [item["code"] for item in served.client.get("/v1/agencies").json()]
    assert codes == [houses.MPI, houses.CUSTOMS, houses.CHAMBER]
    one = served.client.get(f"/v1/agencies/{houses.MPI}").json()
    assert one["mandates"]["851"][0]["until"] is None
    declared(served)  # so that the anchorer has been at work, and has signed a checkpoint
    for _ in range(100):
        history = served.client.get("/v1/history").json()
        if history["checkpoint"] is not None:
            break
        time.sleep(0.1)
    assert history["checkpoint"].startswith(history["origin"])
    page = served.client.get("/v1/history/entries?start=0&limit=3").json()
    assert [item["number"] for item in page["entries"]] == [0, 1, 2]
    assert served.client.get("/v1/history/entries/1").json() == page["entries"][1]


def test_chain_away_and_back(served: Served) -> None:
    """Intake goes on, relaying says 503, readiness says degraded; the backlog drains when the chain is back."""
    id_, _ = declared(served)
    said = attest_body(served, [id_])
    served.house.devchain.stop()
    try:
        made, signature = houses.declaration(served.house)
        accepted = served.client.post("/v1/declarations", json=body(made, signature))
        assert accepted.status_code == 202
        assert served.client.get("/health/ready").json()["status"] == "degraded"
        away = served.client.post("/v1/attestations", json=said)
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert served.client.get(f"/v1/declarations/{id_}").json()["state"] == "final"
    finally:
        served.house.devchain.start()
    wait(served, accepted.json()["id"])
    assert served.client.get("/health/ready").json()["status"] == "ready"
    assert served.client.post("/v1/attestations", json=said).status_code == 201


def test_nobody_is_told_where_the_node_is(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """The address of a node, and its words, are the operator's: they are in the log."""
    id_, _ = declared(served)
    digest = served.client.get(f"/v1/declarations/{id_}").json()["declaration"]["digest"]
    asked = [
        "/v1/agencies", "/v1/agencies/NZ-X", "/v1/history", "/v1/history/entries", "/health/ready",
        f"/v1/attestations/0x{bytes(32).hex()}", f"/v1/declarations/{id_}?digest={digest}",
        f"/v1/declarations/{id_}/evidence?digest={digest}", "/v1/log/checkpoint",
    ]  # fmt: skip
    url = served.house.app.settings.rpc_url
    assert url is not None
    place = url.removeprefix("http://")
    served.house.devchain.stop()
    try:
        for _ in range(100):  # until the background has met it too
            if waits := served.client.app.state.services.waits.get("anchoring"):  # type: ignore[attr-defined]
                break
            time.sleep(0.1)
        else:
            pytest.fail("anchoring does not wait")
        answers = [served.client.get(path) for path in asked]
        answers.append(served.client.post("/v1/attestations", json=attest_body(served, [id_])))
    finally:
        served.house.devchain.start()
    assert {answer.status_code for answer in answers} >= {200, 503}
    assert [answer.text for answer in answers if place in answer.text] == []
    assert place not in waits, "readiness says it while a node lags"
    assert any(NODE_AWAY in answer.text for answer in answers)
    assert place in caplog.text


def test_openapi_documents_every_error_as_a_problem(served: Served) -> None:
    document = served.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert "application/problem+json" in response["content"], (method, path, status)
    text = json.dumps(document)
    assert "HTTPValidationError" not in text


def test_the_page_loads_nothing_from_elsewhere(served: Served) -> None:
    page = served.client.get("/docs").text
    assert "https://" not in page
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        assert served.client.get(path).status_code == 200


def test_what_agencies_and_parties_sign_in_other_forms_is_relayed_in_the_one(served: Served) -> None:
    """The contract knows one form; an officer's wallet may know another one."""
    id_, _ = declared(served)
    said = attest_body(served, [id_])
    plain = bytes.fromhex(said["signature"][2:])
    der = encode_dss_signature(int.from_bytes(plain[:32]), int.from_bytes(plain[32:64]))
    refused = served.client.post("/v1/attestations", json=said | {"signature": hex_text(der)})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:trade-ledger:Malformed")
    assert "DER" in refused.json()["detail"]
    bare = hex_text(plain[:64] + bytes([plain[64] - 27]))
    relayed = served.client.post("/v1/attestations", json=said | {"signature": bare, "signer": said["signer"].upper()})
    assert relayed.status_code == 422, "0X is no prefix"
    signer = checksummed(bytes.fromhex(said["signer"][2:]))
    relayed = served.client.post("/v1/attestations", json=said | {"signature": bare, "signer": signer})
    assert relayed.status_code == 201, relayed.text
    entry = served.client.get(f"/v1/history/entries/{relayed.json()['entry_number']}").json()
    assert said["signature"][2:] in entry["payload"]
    assert bare[2:] not in entry["payload"]

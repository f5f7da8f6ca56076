"""Verification over HTTP: what a client's JSON library does to the text does not matter; what it says does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.core.document import redact
from ledger.core.verification.codes import CODES
from ledger.core.verification.rules import MALFORMED, rule_of
from ledger.settings import Settings
from ledger.testing.world import ORIGIN
from tests.conformance.parts import attested, policy, requirement

MADE = attested()
EVIDENCE: dict[str, Any] = json.loads(MADE.evidence(redact(MADE.document, [])).to_bytes())
BODY = {
    "evidence": EVIDENCE,
    "document": base64.b64encode(MADE.document.to_bytes()).decode(),
    "trust": json.loads(MADE.world.trust.to_bytes()),
    "policy": json.loads(policy(require=[requirement()])),
    "at": MADE.world.now,
    "online": False,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server whose chain is away: an offline verdict needs none."""
    folder = tmp_path_factory.mktemp("verifying")
    settings = Settings(rpc_url="http://127.0.0.1:1", origin=str(ORIGIN), state_dir=folder)
    with TestClient(create_app(open_services(settings)), raise_server_exceptions=False) as made:
        yield made


def asked(client: TestClient, body: bytes | str) -> Any:
    return client.post("/v1/verifications", content=body, headers={"Content-Type": "application/json"})


def test_a_verdict_says_step_code_parameters_and_words(client: TestClient) -> None:
    answer = asked(client, json.dumps(BODY))
    assert answer.status_code == 200, answer.text
    verdict = answer.json()
    assert verdict["conclusion"] == "GOOD"
    for check in verdict["checks"]:
        assert check["words"] == CODES[check["code"]].words.fill(check["params"])
    assert [check["code"] for check in verdict["checks"] if check["step"] == 1] == ["disclosure.declared"]


@pytest.mark.parametrize(
    "spelled",
    [
        json.dumps(BODY, indent=3),
        json.dumps({name: BODY[name] for name in reversed(BODY)}, separators=(",", ":")),
        json.dumps({**BODY, "evidence": {name: EVIDENCE[name] for name in reversed(EVIDENCE)}}),
        json.dumps(BODY, ensure_ascii=False),
        json.dumps(BODY).replace("eip155", "\\u0065ip155"),
        "\n" + json.dumps(BODY) + " ",
    ],
    ids=["indented", "other order", "other order inside", "UTF-8", "escapes", "white space"],
)
def test_the_spelling_does_not_matter(client: TestClient, spelled: str) -> None:
    answer = asked(client, spelled.encode())
    assert (answer.status_code, answer.json()["conclusion"]) == (200, "GOOD")


TEXT = json.dumps(BODY)
SIZE = f'"size": {EVIDENCE["inclusions"][0]["size"]}'


@pytest.mark.parametrize(
    ("spelled", "said"),
    [
        (TEXT.replace('"origin":', '"origin": "eip155:1:0x", "origin":', 1), "name"),
        (TEXT.replace('{"evidence":', '{"online": false, "evidence":', 1), "name"),
        (TEXT.replace(SIZE, SIZE + ".0"), "inclusions[0].size"),
        (TEXT.replace(SIZE, f'"size": {2**53}'), "integer"),
        (TEXT.replace('"type"', '"type"'), ""),
        (json.dumps(BODY | {"evidence": EVIDENCE | {"more": 1}}), '"more" is not a member'),
        (json.dumps(BODY | {"evidence": EVIDENCE | {"ledger": "trade-ledger/evidence/1"}}), "evidence/2"),
        (json.dumps(BODY | {"evidence": EVIDENCE | {"document": {"fields": []}}}), "document"),
        (json.dumps(BODY | {"trust": {"ledger": "x"}}), "trust-root/2"),
        (json.dumps(BODY | {"policy": {}}), "policy/2"),
        (json.dumps(BODY | {"document": "~"}), "base64"),
        (json.dumps(BODY | {"evidence": EVIDENCE | {"signature": "\ufdd0"}}, ensure_ascii=False), "noncharacter"),
    ],
    ids=[
        "name twice in evidence", "name twice in the body", "a fraction", "beyond 2^53", "nothing wrong",
        "unknown member", "another version", "no document", "no trust root", "no policy", "no base64", "noncharacter",
    ],
)  # fmt: skip
def test_what_it_says_is_read_as_strictly_as_a_file(client: TestClient, spelled: str, said: str) -> None:
    answer = asked(client, spelled.encode())
    assert answer.status_code == (422 if said else 200), answer.text
    assert said in answer.json().get("detail", "")


def test_the_answer_says_which_rule_decided(client: TestClient) -> None:
    folder = Path(__file__).parents[1] / "conformance" / "batch_proof_empty_fail"
    asked = {name: json.loads((folder / f"{name}.json").read_bytes()) for name in ("evidence", "trust")}
    clock = json.loads((folder / "case.json").read_bytes())["clock"]
    at = int(datetime.fromisoformat(clock).timestamp())
    answer = client.post("/v1/verifications", json=asked | {"at": at, "online": False}).json()
    assert answer["conclusion"] == "NOT_GOOD"
    rules = {item["code"]: item["rule"] for item in answer["decided_by"]}
    assert rules["batch.not_included"] == "evidence-format.md check 3; formats.md sections 1 and 4"
    assert all(check["rule"] == rule_of(check["code"]) for check in answer["checks"])


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("evidence", {"evidence": {}}),
        ("document", {"document": base64.b64encode(b'{"ledger":"trade-ledger/redacted/1"}').decode()}),
        ("trust", {"trust": {}}),
        ("policy", {"policy": {"show": 1}}),
    ],
)
def test_what_cannot_be_read_has_a_code_and_a_rule(client: TestClient, part: str, wrong: dict[str, Any]) -> None:
    folder = Path(__file__).parents[1] / "conformance" / "attested"
    asked = {name: json.loads((folder / f"{name}.json").read_bytes()) for name in ("evidence", "trust")}
    answer = client.post("/v1/verifications", json=asked | wrong | {"online": False})
    assert (answer.status_code, answer.json()["code"]) == (422, f"malformed.{part}")
    assert answer.json()["rule"] == MALFORMED[part]

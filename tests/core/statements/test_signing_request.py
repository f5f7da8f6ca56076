"""Requests for a signature: one spelling, nothing unknown, and only the signer who is asked."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from ledger.core.encoding.json_text import canonical_json
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.signing_request import STATEMENTS, SigningRequest, domain_of
from ledger.core.statements.statement import Statement
from ledger.errors import Malformed
from ledger.testing.world import ORIGIN
from tests.core.statements.test_statement import STATEMENTS as EVERY_STATEMENT

PARTY, OFFICER = b"\x0a" * 20, b"\x0b" * 20
REVOCATION = Revocation(b"\x01" * 32, b"\x02" * 32, 42)
BACK = "https://portal.example/portal/inbox?case=3"


def encoded(value: object) -> str:
    return urlsafe_b64encode(canonical_json(value)).rstrip(b"=").decode()


def asked(**changes: Any) -> dict[str, Any]:
    """A good request in JSON, with changes; None leaves a member out."""
    value: dict[str, Any] = {
        "type": "Revocation",
        "message": REVOCATION.to_json(),
        "domain": domain_of(ORIGIN),
        "back": BACK,
        "state": "s-1",
        "signer": hex_text(OFFICER),
    }
    return {name: item for name, item in (value | changes).items() if item is not None}


def test_reads_what_it_prints() -> None:
    request = SigningRequest("Revocation", REVOCATION.to_json(), ORIGIN, BACK, "s-1", OFFICER)
    assert SigningRequest.parse(f"https://sign.example/sign#{request.fragment()}") == request
    assert SigningRequest.parse(request.fragment()) == request
    assert request.statement(OFFICER) == REVOCATION


def test_the_answer_goes_back_with_the_state() -> None:
    answer = SigningRequest.parse(encoded(asked())).answer(OFFICER, b"\x07" * 65)
    place, _, fragment = answer.address().partition("#signed=")
    assert place == BACK
    assert json.loads(urlsafe_b64decode(fragment + "==")) == {
        "id": hex_text(REVOCATION.id(ORIGIN)),
        "signer": hex_text(OFFICER),
        "signature": "0x" + "07" * 65,
        "state": "s-1",
    }


@pytest.mark.parametrize(
    ("whole", "member"),
    [
        (SignIn("https://portal.example", PARTY, b"\x03" * 32, 1_795_000_000), "signer"),
        (Declaration(PARTY, b"\x04" * 32, 380), "party"),
    ],
)
def test_who_is_asked_names_himself(whole: Statement, member: str) -> None:
    message = {name: value for name, value in whole.to_json().items() if name != member}
    request = SigningRequest.parse(encoded(asked(type=whole.PRIMARY_TYPE, message=message, signer=None)))
    assert request.statement(PARTY) == whole
    named = SigningRequest.parse(encoded(asked(type=whole.PRIMARY_TYPE, message=whole.to_json(), signer=None)))
    assert named.statement(PARTY) == whole
    with pytest.raises(Malformed, match="not of this key"):
        named.statement(OFFICER)


def test_nobody_signs_for_another() -> None:
    with pytest.raises(Malformed, match="not of this key"):
        SigningRequest.parse(encoded(asked())).statement(PARTY)


def test_every_statement_can_be_asked_for() -> None:
    assert set(STATEMENTS.values()) == set(EVERY_STATEMENT)


def test_a_chain_id_beyond_what_json_keeps_is_a_text() -> None:
    far = type(ORIGIN)(1 << 200, ORIGIN.contract, ORIGIN.salt)
    assert domain_of(far)["chainId"] == str(1 << 200)
    assert SigningRequest.parse(encoded(asked(domain=domain_of(far)))).origin == far


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "Transfer"}, "names no statement"),
        ({"type": "Passkey", "message": {}}, "only a browser makes"),
        ({"message": None}, '"message" is missing'),
        ({"message": []}, "must be an object"),
        ({"more": 1}, '"more" is not a member'),
        ({"state": "a b"}, "letters, digits"),
        ({"back": "javascript:alert(1)"}, "must be an address"),
        ({"back": "https://a:b@portal.example/"}, "must be an address"),
        ({"back": f"{BACK}#x"}, "without a fragment"),
        ({"signer": "0x01"}, "20 to 128 bytes"),
        ({"domain": domain_of(ORIGIN) | {"name": "Other"}}, "must be that of"),
        ({"domain": domain_of(ORIGIN) | {"chainId": True}}, "must be a number"),
        ({"domain": domain_of(ORIGIN) | {"chainId": "01"}}, "origin looks like"),
    ],
)
def test_refuses_what_is_no_request(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        SigningRequest.parse(encoded(asked(**changes)))


@pytest.mark.parametrize("message", [{"reason": 70_000}, {"member": "0x00"}, {"more": 0}])
def test_refuses_a_message_that_is_no_statement(message: dict[str, Any]) -> None:
    request = SigningRequest.parse(encoded(asked(message=REVOCATION.to_json() | message)))
    with pytest.raises(Malformed, match="message|member"):
        request.statement(OFFICER)


def test_refuses_another_spelling() -> None:
    good = encoded(asked())
    spaced = urlsafe_b64encode(json.dumps(asked(), sort_keys=True).encode()).rstrip(b"=").decode()
    for text in (spaced, good + "=", good[:-1], "", "#", "a" * (1 << 21)):
        with pytest.raises(Malformed):
            SigningRequest.parse(text)

"""Signing in: the statement, its typed message, and the vectors, judged by a library that others wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from ledger.core.encoding.reading import hex_bytes
from ledger.core.statements.member_types import MAX_URI
from ledger.core.statements.origin import Origin
from ledger.core.statements.sign_in import MOST_SECONDS_OFF, SignIn
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.core.statements.typed_message import typed_message
from ledger.errors import Malformed, Refused, SignInElsewhere, SignInUntimely, VerificationFailed
from ledger.testing.world import ORIGIN, PLANT, START
from tests.sign_in_vectors import FILE, made
from tests.verifier.both import alone

VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_type_string_is_part_of_the_format() -> None:
    assert SignIn.encoded_type() == "SignIn(string site,bytes signer,bytes32 nonce,uint40 time)"


def test_the_file_is_what_the_generator_makes() -> None:
    assert made() == VECTORS


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['algorithm']} {vector['signIn']['site']}")
def test_a_vector(vector: dict[str, Any]) -> None:
    origin, statement = Origin.parse(vector["origin"]), SignIn.from_json(vector["signIn"])
    id_, signature = hex_bytes(vector["id"], "id"), hex_bytes(vector["signature"], "signature")
    assert statement.id(origin) == id_
    assert typed_message(statement, origin) == vector["typedMessage"]
    message = encode_typed_data(full_message=vector["typedMessage"])
    assert keccak(b"\x19" + message.version + message.header + message.body) == id_
    verify_signature(origin, statement.signer, id_, signature)
    for other in (
        replace(statement, site="https://another.example"),
        replace(statement, nonce=bytes(32)),
        replace(statement, time=statement.time + 1),
    ):
        with pytest.raises((VerificationFailed, WalletUndecided)):
            verify_signature(origin, other.signer, other.id(origin), signature)
    for elsewhere in (replace(origin, chain_id=1), replace(origin, salt=bytes(32))):
        with pytest.raises((VerificationFailed, WalletUndecided)):
            verify_signature(origin, statement.signer, statement.id(elsewhere), signature)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['algorithm']} {vector['signIn']['site']}")
def test_the_stand_alone_verifier_judges_a_vector_alike(vector: dict[str, Any]) -> None:
    origin, signature = alone.Origin.parse(vector["origin"]), hex_bytes(vector["signature"], "signature")
    said = vector["signIn"] | {name: hex_bytes(vector["signIn"][name], name) for name in ("signer", "nonce")}
    said["site"] = said["site"].encode()
    assert origin.id(alone.SIGN_IN, said) == hex_bytes(vector["id"], "id")
    alone.check_sign_in(origin, said, signature)
    for other in ({"site": b"https://another.example"}, {"nonce": bytes(32)}, {"time": said["time"] + 1}):
        with pytest.raises((alone.Failed, alone.OnlyContract)):
            alone.check_sign_in(origin, said | other, signature)


@pytest.mark.parametrize("site", ["", "é" * (MAX_URI // 2 + 1), "\ud800"])
def test_a_site_is_text_of_limited_size(site: str) -> None:
    assert SignIn("é" * (MAX_URI // 2), PLANT.signer, bytes(32), START).id(ORIGIN)
    with pytest.raises(Malformed):
        SignIn(site, PLANT.signer, bytes(32), START)


@pytest.mark.parametrize(
    ("site", "off", "error"),
    [
        ("https://a.example", 0, None),
        ("https://b.example", MOST_SECONDS_OFF, None),
        ("https://b.example", -MOST_SECONDS_OFF, None),
        ("https://b.example", MOST_SECONDS_OFF + 1, SignInUntimely),
        ("https://b.example", -MOST_SECONDS_OFF - 1, SignInUntimely),
        ("https://c.example", 0, SignInElsewhere),
        ("https://a.example/", 0, SignInElsewhere),
        ("HTTPS://a.example", 0, SignInElsewhere),
    ],
)
def test_it_is_for_one_of_the_sites_and_for_now(site: str, off: int, error: type[Refused] | None) -> None:
    statement = SignIn(site, PLANT.signer, bytes(32), START + off)
    sites = {"https://a.example", "https://b.example"}
    if error is None:
        statement.check(sites, START)
    else:
        with pytest.raises(error):
            statement.check(sites, START)

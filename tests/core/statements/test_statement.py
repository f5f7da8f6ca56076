"""Statements: every encoder agrees with eth-account's generic EIP-712, and JSON and ABI forms are strict."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Enacted,
    Endorsement,
    Posted,
    Revoked,
    Withdrawn,
    decode_payload,
    encode_payload,
    kind_of,
)
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.eip712 import bytes_word, struct_hash, type_hash, uint_word
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import (
    RESOLUTIONS,
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.statement import Statement, _members
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import Malformed

hashes = some.binary(min_size=32, max_size=32)
signers = some.binary(min_size=20, max_size=20) | some.binary(min_size=84, max_size=84)
agencies = some.from_regex(r"[A-Z0-9-]{1,16}", fullmatch=True)
uint16, uint32, uint40, uint64 = (some.integers(0, (1 << bits) - 1) for bits in (16, 32, 40, 64))
texts = some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
origins = some.builds(
    Origin, some.integers(1, 1 << 64), some.binary(min_size=20, max_size=20), some.binary(min_size=32, max_size=32)
)
STATEMENTS: dict[type[Statement], some.SearchStrategy[Any]] = {
    Declaration: some.builds(Declaration, signers, hashes, uint16, hashes),
    Withdrawal: some.builds(Withdrawal, hashes, uint16, hashes),
    Attestation: some.builds(Attestation, agencies, uint16, uint16, hashes, uint40, uint40, hashes, uint64, hashes),
    Revocation: some.builds(Revocation, hashes, hashes, uint16),
    SignIn: some.builds(SignIn, texts, signers, hashes, uint40),
    Posting: some.builds(Posting, agencies, hashes, hashes, uint32, hashes, hashes),
    CouncilChange: some.builds(
        CouncilChange, some.lists(signers, min_size=1, max_size=4, unique=True).map(tuple), uint16, uint64
    ),
    AgencyEnrolment: some.builds(
        AgencyEnrolment, agencies, texts, some.from_regex(r"[A-Z]{2}", fullmatch=True), texts, uint64
    ),
    AgencySuspension: some.builds(AgencySuspension, agencies, uint64),
    AgencyReinstatement: some.builds(AgencyReinstatement, agencies, uint64),
    AttesterAuthorisation: some.builds(AttesterAuthorisation, signers, agencies, uint64),
    AttesterRetirement: some.builds(AttesterRetirement, signers, uint64),
    AttesterCompromise: some.builds(AttesterCompromise, signers, uint40, uint64),
    MandateGrant: some.builds(MandateGrant, agencies, uint16, uint40, uint40, uint64),
    MandateWithdrawal: some.builds(MandateWithdrawal, agencies, uint16, uint64),
}
statements = some.one_of(*STATEMENTS.values())


def test_every_statement_is_tried() -> None:
    assert set(STATEMENTS) == {Declaration, Withdrawal, Attestation, Revocation, Posting, SignIn, *RESOLUTIONS}


def typed_message(statement: Statement, origin: Origin) -> dict[str, Any]:
    """A statement as ``eth_signTypedData_v4`` and generic EIP-712 libraries take it."""
    kind, members = type(statement), _members(type(statement))
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
                {"name": "salt", "type": "bytes32"},
            ],
            kind.PRIMARY_TYPE: [{"name": name, "type": codec.abi} for _, name, codec in members],
        },
        "primaryType": kind.PRIMARY_TYPE,
        "domain": {
            "name": "TradeLedger",
            "version": "1",
            "chainId": origin.chain_id,
            "verifyingContract": hex_text(origin.contract),
            "salt": hex_text(origin.salt),
        },
        "message": {name: as_json(codec.to_abi(getattr(statement, attribute))) for attribute, name, codec in members},
    }


def as_json(value: Any) -> Any:
    """Bytes as hex, wherever they stand."""
    if isinstance(value, bytes):
        return hex_text(value)
    return [hex_text(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", STATEMENTS, ids=lambda kind: kind.PRIMARY_TYPE)
def test_id_agrees_with_the_generic_encoder(kind: type[Statement]) -> None:
    @settings(max_examples=30, deadline=None)
    @given(STATEMENTS[kind], origins)
    def agree(statement: Statement, origin: Origin) -> None:
        message = encode_typed_data(full_message=typed_message(statement, origin))
        assert statement.id(origin) == keccak(b"\x19" + message.version + message.header + message.body)
        assert statement.struct_hash() == message.body
        assert origin.separator == message.header

    agree()


@given(statements)
def test_json_round_trip(statement: Statement) -> None:
    assert type(statement).from_json(statement.to_json()) == statement


@given(statements, signers, some.binary(max_size=70))
def test_entry_payload_round_trip(statement: Statement, signer: bytes, signature: bytes) -> None:
    match statement:
        case Attestation():
            content: Any = Attested(statement, signer, signature)
        case Revocation():
            content = Revoked(statement, signer, signature)
        case Posting():
            content = Posted(statement, signer, signature)
        case Declaration():
            content = Withdrawn(statement, Withdrawal(statement.digest, 1), signature)
        case Withdrawal() | SignIn():
            content = Anchored(bytes(32), 7)
        case _:
            assert isinstance(statement, Resolution)
            content = Enacted(statement, (Endorsement(signer, signature),))
    payload = encode_payload(content)
    assert decode_payload(kind_of(content), payload) == content
    for changed in (payload[:-1], payload + bytes(32), b""):
        with pytest.raises(Malformed):
            decode_payload(kind_of(content), changed)


def test_json_has_the_names_of_eip_712_where_python_needs_others() -> None:
    for statement in (Posting("NZ-MPI", ZERO, ZERO, 1, ZERO, b"\x01" * 32), MandateGrant("NZ-MPI", 182, 0, 1, 1)):
        assert "from" in statement.to_json()
        assert type(statement).from_json(statement.to_json()) == statement


def test_eip712_reference_domain_and_types() -> None:
    """The type strings are part of the format: a wallet shows them, and the contract hashes the same."""
    assert Declaration.encoded_type() == (
        "Declaration(bytes party,bytes32 digest,uint16 documentType,bytes32 replaces)"
    )
    assert MandateGrant.encoded_type() == (
        "MandateGrant(bytes16 agency,uint16 kind,uint40 from,uint40 until,uint64 resolution)"
    )


GOOD = Attestation("NZ-MPI", 851, 1, ZERO, 1, 2, b"\x01" * 32, 1, ZERO).to_json()
DEFECTS = {
    "member missing": ({key: value for key, value in GOOD.items() if key != "salt"}, '"salt" is missing'),
    "member unknown": (GOOD | {"color": 1}, '"color" is not a member'),
    "number as text": (GOOD | {"kind": "851"}, "attestation.kind: must be a whole number"),
    "number as float": (GOOD | {"kind": 851.0}, "attestation.kind: must be a whole number"),
    "number as boolean": (GOOD | {"kind": True}, "attestation.kind: must be a whole number"),
    "number too large": (GOOD | {"kind": 65536}, "from 0 to 2^16 - 1"),
    "hex without 0x": (GOOD | {"root": "01" * 32}, "attestation.root: must be lower-case hex"),
    "hex in capitals": (GOOD | {"root": "0x" + "AB" * 32}, "attestation.root: must be lower-case hex"),
    "hash too short": (GOOD | {"root": "0x01"}, "root: must be 32 bytes"),
    "agency in lower case": (GOOD | {"agency": "nz-mpi"}, "an agency code is"),
    "agency too long": (GOOD | {"agency": "A" * 17}, "an agency code is"),
    "agency with line end": (GOOD | {"agency": "NZ\n"}, "an agency code is"),
    "no object": ([], "attestation: must be an object"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_named(name: str) -> None:
    value, words = DEFECTS[name]
    with pytest.raises(Malformed) as caught:
        Attestation.from_json(value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Declaration(bytes(19), ZERO, 380), "a signer is 20 to 128 bytes, not 19"),
        (lambda: CouncilChange((), 1, 1), "list of 1 to 32"),
        (lambda: CouncilChange((bytes(20), bytes(20)), 1, 1), "twice"),
        (lambda: AgencyEnrolment("NZ", "", "NZ", "x", 1), "name: must be text of 1 to 128"),
        (lambda: AgencyEnrolment("NZ", "x" * 129, "NZ", "x", 1), "name: must be text of 1 to 128"),
        (lambda: AgencyEnrolment("NZ", "\ud800", "NZ", "x", 1), "lone surrogate"),
        (lambda: AgencyEnrolment("NZ", "x", "NZL", "x", 1), "ISO 3166-1"),
        (lambda: Origin(0, bytes(20), bytes(32)), "positive chain id"),
        (lambda: Origin(1, bytes(20), bytes(31)), "a 32-byte salt"),
        (lambda: Origin.parse("eip155:1:0xABC"), "an origin looks like"),
        (lambda: Origin.parse(f"eip155:1:0x{'ab' * 20}"), "an origin looks like"),
        (lambda: Origin.parse(f"eip155:1:0x{'ab' * 20}:{'AB' * 32}"), "an origin looks like"),
        (lambda: Origin.parse(f"eip155:1:0x{'ab' * 20}:0x{'ab' * 32}"), "an origin looks like"),
    ],
)
def test_malformed_statements_cannot_be_made(build: Any, words: str) -> None:
    with pytest.raises(Malformed) as caught:
        build()
    assert words in str(caught.value)


@given(origins)
def test_origin_text_round_trip(origin: Origin) -> None:
    assert Origin.parse(str(origin)) == origin


def test_the_example_of_eip_712() -> None:
    """Section "Specification of the eth_signTypedData JSON RPC", test vector "Mail", by the same primitives."""
    person = type_hash("Person(string name,address wallet)")
    mail = type_hash("Mail(Person from,Person to,string contents)Person(string name,address wallet)")

    def hashed(name: str, wallet: str) -> bytes:
        return struct_hash(person, bytes_word(name.encode()), bytes.fromhex(wallet).rjust(32, b"\0"))

    message = struct_hash(
        mail,
        hashed("Cow", "cd2a3d9f938e13cd947ec05abc7fe734df8dd826"),
        hashed("Bob", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
        bytes_word(b"Hello, Bob!"),
    )
    domain = struct_hash(
        type_hash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
        bytes_word(b"Ether Mail"),
        bytes_word(b"1"),
        uint_word(1),
        bytes.fromhex("cc" * 20).rjust(32, b"\0"),
    )
    assert domain.hex() == "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"
    assert message.hex() == "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e"
    digest = keccak(b"\x19\x01" + domain + message)
    assert digest.hex() == "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"

"""What the signing page signs is what it shows: its ids, words and refusals beside the core's."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from random import Random
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from ledger.core.encoding.json_text import canonical_json
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.in_words import facts_of, notes_of, sentence_of
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.signing_request import SIGNER_MEMBERS, STATEMENTS, SigningRequest, domain_of
from ledger.core.statements.statement import Statement
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.testing.world import ORIGIN
from tests.passkeys import Passkey
from tests.web.driving import Driver, Refused

BACK = "https://portal.example/portal/inbox?case=3"
SIGNER = b"\x0b" * 20
CODES = {"kind": (851, 132, 293, 861, 7), "outcome": (1, 4, 8, 14, 25, 51, 200), "reason": (1, 5, 41, 42, 99)}


def chosen(chance: Random, type_: str, name: str) -> Any:
    """A value of a member in JSON: mostly random, often one that has words of its own."""
    if name in CODES and chance.random() < 0.8:
        return chance.choice(CODES[name])
    if type_.startswith("uint"):
        most = min((1 << int(type_[4:])) - 1, (1 << 53) - 1)
        now = chance.randint(1_500_000_000, 1_900_000_000) % (most + 1)
        return chance.choice([0, 1, most, now, chance.randint(0, most)])
    made = {
        "bytes16": lambda: "".join(chance.choices("ABCXYZ019-", k=chance.randint(1, 16))),
        "bytes2": lambda: chance.choice(["NZ", "CN", "EU", "XZ"]),
        "string": lambda: "".join(chance.choices("aé漢 '\"\n\u202e😀", k=chance.randint(1, 20))),
        "bytes32": lambda: hex_text(chance.choice([ZERO, chance.randbytes(32)])),
        "bytes": lambda: hex_text(chance.randbytes(chance.choice([20, 84, 128]))),
        "bytes[]": lambda: [hex_text(chance.randbytes(20)) for _ in range(chance.randint(1, 4))],
    }
    return made[type_]()


def random_statement(chance: Random, kind: type[Statement]) -> Statement:
    names = kind.__dataclass_fields__
    members = [name for name in names if "codec" in names[name].metadata]
    values = [chosen(chance, type_, name) for (name, type_), _ in zip(kind.typed_members(), members, strict=True)]
    return kind.from_json(dict(zip([name.rstrip("_") for name in members], values, strict=True)))


@pytest.mark.parametrize("name", STATEMENTS)
def test_shows_what_the_core_says_and_signs_the_cores_id(driver: Driver, name: str) -> None:
    """67 random statements of each of the 15 types: more than 1,000."""
    chance = Random(name)
    for _ in range(67):
        statement = random_statement(chance, STATEMENTS[name])
        origin = Origin(chance.getrandbits(chance.choice([8, 60, 200])) + 1, chance.randbytes(20), chance.randbytes(32))
        own = SIGNER_MEMBERS.get(name)
        signer = SIGNER if own is None else getattr(statement, own)
        request = SigningRequest(name, statement.to_json(), origin, BACK, "s-1", signer)
        answer = driver.ask("request", fragment=request.fragment())
        assert answer["id"] == statement.id(origin).hex(), statement
        assert (answer["signer"], answer["back"], answer["state"]) == (signer.hex(), BACK, "s-1")
        assert answer["sentence"] == sentence_of(statement)
        assert answer["notes"] == notes_of(statement)
        shown = [(fact["label"], fact["value"].partition(" (")[0] if fact["label"] == "Country" else fact["value"])
                 for fact in answer["facts"]]  # fmt: skip
        assert shown == facts_of(statement)


def test_fills_in_whoever_signs(driver: Driver) -> None:
    whole = SignIn("https://portal.example", SIGNER, b"\x03" * 32, 1_795_000_000)
    message = {name: value for name, value in whole.to_json().items() if name != "signer"}
    answer = driver.ask(
        "request", fragment=SigningRequest("SignIn", message, ORIGIN, BACK, "").fragment(), signer=SIGNER.hex()
    )
    assert answer["id"] == whole.id(ORIGIN).hex()


REVOCATION = Revocation(b"\x01" * 32, b"\x02" * 32, 42)


def encoded(value: object) -> str:
    return urlsafe_b64encode(canonical_json(value)).rstrip(b"=").decode()


def asked(**changes: Any) -> dict[str, Any]:
    value = {
        "type": "Revocation", "message": REVOCATION.to_json(), "domain": domain_of(ORIGIN), "back": BACK, "state": "s",
        "signer": hex_text(SIGNER),
    }  # fmt: skip
    return {name: item for name, item in (value | changes).items() if item is not None}


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Transfer"},
        {"type": "toString"},
        {"message": None},
        {"message": []},
        {"more": 1},
        {"state": "a b"},
        {"back": "javascript:alert(1)"},
        {"back": "https://a:b@portal.example/"},
        {"back": f"{BACK}#x"},
        {"signer": "0x01"},
        {"message": REVOCATION.to_json() | {"reason": 70_000}},
        {"message": REVOCATION.to_json() | {"member": "0x00"}},
        {"message": REVOCATION.to_json() | {"more": 0}},
        {"domain": domain_of(ORIGIN) | {"name": "Other"}},
        {"domain": domain_of(ORIGIN) | {"chainId": True}},
        {"domain": domain_of(ORIGIN) | {"chainId": "01"}},
        {"domain": domain_of(ORIGIN) | {"salt": "0X" + "00" * 32}},
        {"type": "SignIn", "message": SignIn("https://x", b"\x01" * 20, ZERO, 1).to_json()},
    ],
)
def test_refuses_what_is_no_request(driver: Driver, changes: dict[str, Any]) -> None:
    assert driver.ask("request", fragment=encoded(asked()))
    with pytest.raises(Refused):
        driver.ask("request", fragment=encoded(asked(**changes)))


def test_refuses_another_spelling(driver: Driver) -> None:
    good = encoded(asked())
    spaced = urlsafe_b64encode(json.dumps(asked(), sort_keys=True).encode()).rstrip(b"=").decode()
    twice = urlsafe_b64encode(canonical_json(asked())[:-1] + b',"type":"Revocation"}').rstrip(b"=").decode()
    for fragment in (spaced, twice, good + "=", good[:-1], "a" * (1 << 21)):
        with pytest.raises(Refused):
            driver.ask("request", fragment=fragment)


DECLARATIONS = [Declaration(bytes([10 + at]) * 20, bytes([at]) * 32, 380) for at in range(5)]
SET = root_of_hashes([leaf_hash(one.id(ORIGIN)) for one in DECLARATIONS])
ATTESTATION = Attestation("NZ-MPI", 851, 1, ZERO, 1_795_824_000, NO_END, SET, 5, b"\x06" * 32)


@pytest.mark.parametrize(
    ("type_", "message", "declarations", "attestation"),
    [
        ("Attestation", ATTESTATION, DECLARATIONS, None),
        ("Withdrawal", Withdrawal(DECLARATIONS[2].id(ORIGIN), 1), DECLARATIONS[2:3], None),
        ("Revocation", Revocation(ATTESTATION.id(ORIGIN), ZERO, 42), DECLARATIONS, ATTESTATION),
        (
            "Revocation",
            Revocation(ATTESTATION.id(ORIGIN), DECLARATIONS[1].id(ORIGIN), 42),
            DECLARATIONS[1:2],
            ATTESTATION,
        ),
    ],
)
def test_shows_documents_only_if_they_lead_to_what_is_signed(
    driver: Driver, type_: str, message: Statement, declarations: list[Declaration], attestation: Attestation | None
) -> None:
    about: dict[str, Any] = {"declarations": [one.to_json() for one in declarations]}
    if attestation is not None:
        about["attestation"] = attestation.to_json()
    good = asked(type=type_, message=message.to_json(), about=about)
    assert driver.ask("request", fragment=encoded(good))["about"] == len(declarations)
    changed = json.loads(json.dumps(good))
    changed["about"]["declarations"][-1]["document_type"] = 381
    lied = [
        changed,
        good | {"about": about | {"declarations": about["declarations"][:-1] + [DECLARATIONS[0].to_json()] * 2}},
    ]
    if attestation is not None:
        lied.append(good | {"about": about | {"attestation": attestation.to_json() | {"outcome": 8}}})
    for one in lied:
        with pytest.raises(Refused):
            driver.ask("request", fragment=encoded(one))


def test_finds_the_keys_of_a_signature(driver: Driver) -> None:
    for name in ("a", "b", "c", "d"):
        key = Passkey(name)
        found = []
        for text in (b"one", b"two"):
            digest = sha256(text).digest()
            found.append(set(driver.ask("keys", digest=digest, signature=key.p256(digest))))
            assert len(found[-1]) == 2
        assert found[0] & found[1] == {key.point[1:].hex()}


def test_a_camera_reads_the_code_of_a_signer(driver: Driver) -> None:
    chance = Random(1)
    for text in (*(f"0x{chance.randbytes(84).hex()}" for _ in range(8)), "a", "x" * 180):
        rows = driver.ask("qr", text=text)
        size = len(rows)
        code = Image.frombytes("L", (size, size), bytes(0 if cell == "1" else 255 for row in rows for cell in row))
        picture = Image.new("L", (4 * (size + 8), 4 * (size + 8)), 255)
        picture.paste(code.resize((4 * size, 4 * size), Image.Resampling.NEAREST), (16, 16))
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [text]

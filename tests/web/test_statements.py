"""Statements, entries and signatures in the browser, beside the vectors, the core and public test cases."""

from __future__ import annotations

import json
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.errors import SignatureTooLong, VerificationFailed
from ledger.testing.world import ORIGIN
from tests import entry_vectors, passkey_vectors
from tests.conformance.parts import CARD
from tests.fetched.wycheproof import Vector, ecdsa, ed25519, lowered
from tests.sign_in_vectors import FILE as SIGN_INS
from tests.verifier.both import alone
from tests.web.driving import Driver, Refused

ENTRIES = entry_vectors.load()
TYPES = [
    alone.DECLARATION, alone.WITHDRAWAL, alone.ATTESTATION, alone.REVOCATION, alone.POSTING, alone.SIGN_IN,
    *alone.RESOLUTIONS.values(),
]  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- hashes


@pytest.mark.parametrize("size", [0, 1, 3, 134, 135, 136, 137, 271, 272, 273, 1000])
def test_keccak(driver: Driver, size: int) -> None:
    assert driver.ask("keccak", data=b"a" * size) == keccak(b"a" * size).hex()


# ------------------------------------------------------------------------------------------------------ origins and ids


def test_the_domain_of_an_origin(driver: Driver) -> None:
    assert driver.ask("separator", origin=str(ORIGIN)) == ORIGIN.separator.hex()


@pytest.mark.parametrize(
    "text",
    [
        str(ORIGIN).replace("0x", "0X"), str(ORIGIN).upper(), str(ORIGIN)[:-1], str(ORIGIN) + "0", str(ORIGIN) + "\n",
        "eip155:01:" + str(ORIGIN).split(":", 2)[2], f"eip155:{2**256}:" + str(ORIGIN).split(":", 2)[2], "", None, 1,
    ],
)  # fmt: skip
def test_what_is_no_origin(driver: Driver, text: object) -> None:
    with pytest.raises(Refused, match="an origin looks like"):
        driver.ask("separator", origin=text)


def chosen(chance: Random, type_: str, name: str) -> Any:
    """A value that a member may have."""
    if type_.startswith("uint"):
        return chance.choice([0, 1, (1 << int(type_[4:])) - 1, chance.getrandbits(int(type_[4:]))])
    if name == "agency":
        return "".join(chance.choices("ABZ09-", k=chance.randint(1, 16))).encode().ljust(16, b"\0")
    if name == "jurisdiction":
        return "".join(chance.choices("ABZ", k=2)).encode()
    if type_ == "string":
        return "é" * chance.randint(1, 64)
    if type_ == "bytes[]":
        return [chance.randbytes(chance.randint(20, 128)) for _ in range(chance.randint(1, 32))]
    return chance.randbytes(chance.randint(20, 128) if type_ == "bytes" else int(type_[5:]))


def spelled(value: Any) -> Any:
    """As the driver takes it."""
    if isinstance(value, list):
        return [item.hex() for item in value]
    return value.hex() if isinstance(value, bytes) else value.encode().hex() if isinstance(value, str) else str(value)


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: str(type_).partition("(")[0])
def test_ids_of_random_statements(driver: Driver, type_: str) -> None:
    chance, name = Random(type_), type_.partition("(")[0]
    for _ in range(40):
        said = {member: chosen(chance, kind, member) for kind, member in alone.members_of(type_)}
        origin = Origin(chance.getrandbits(64) + 1, ORIGIN.contract, ORIGIN.salt)
        bare = {member: value.encode() if isinstance(value, str) else value for member, value in said.items()}
        expected = alone.Origin.parse(str(origin)).id(type_, bare).hex()
        found = driver.ask(
            "id", origin=str(origin), statement=name, members=[spelled(value) for value in said.values()]
        )
        assert found == expected, said


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("Revocation", ["00" * 32, "00" * 31, "1"]),
        ("Revocation", ["00" * 32, "00" * 33, "1"]),
        ("Revocation", ["00" * 32, "00" * 32, str(1 << 16)]),
        ("Revocation", ["00" * 32, "00" * 32, "-1"]),
        ("Declaration", ["00" * 19, "00" * 32, "1", "00" * 32]),
        ("Declaration", ["00" * 129, "00" * 32, "1", "00" * 32]),
        ("AgencySuspension", ["61" * 16, "1"]),
        ("AgencySuspension", ["00" * 16, "1"]),
        ("AgencySuspension", ["41" + "00" * 14 + "41", "1"]),
        ("AgencyEnrolment", ["41" * 16, "61" * 129, "4e5a", "61", "1"]),
        ("AgencyEnrolment", ["41" * 16, "", "4e5a", "61", "1"]),
        ("AgencyEnrolment", ["41" * 16, "61", "4e7a", "61", "1"]),
        ("AgencyEnrolment", ["41" * 16, "61", "4e5a", "61" * 257, "1"]),
        ("AgencyEnrolment", ["41" * 16, "ff", "4e5a", "61", "1"]),
        ("CouncilChange", [[], "1", "1"]),
        ("CouncilChange", [["00" * 20] * 2, "1", "1"]),
        ("CouncilChange", [[f"{number:040x}" for number in range(33)], "1", "1"]),
        ("CouncilChange", [["00" * 19], "1", "1"]),
    ],
)
def test_members_have_limits(driver: Driver, name: str, members: list[Any]) -> None:
    with pytest.raises(Refused, match="Malformed"):
        driver.ask("id", origin=str(ORIGIN), statement=name, members=members)


@pytest.mark.parametrize("case", json.loads(SIGN_INS.read_bytes()), ids=lambda case: str(case["algorithm"]))
def test_sign_ins(driver: Driver, case: dict[str, Any]) -> None:
    said = case["signIn"]
    members = [said["site"].encode().hex(), said["signer"][2:], said["nonce"][2:], str(said["time"])]
    id_ = driver.ask("id", origin=case["origin"], statement="SignIn", members=members)
    assert f"0x{id_}" == case["id"]
    question = {"signer": bare(said["signer"]), "digest": bytes.fromhex(id_), "signature": bare(case["signature"])}
    driver.ask("signed", origin=case["origin"], **question)
    with pytest.raises(Refused):
        driver.ask("signed", origin=case["origin"], **question | {"digest": sha256(b"another").digest()})


def bare(text: str) -> bytes:
    return bytes.fromhex(text[2:])


# ------------------------------------------------------------------------------------------------------------- entries


@pytest.mark.parametrize("vector", ENTRIES, ids=lambda vector: str(vector.name))
def test_entries(driver: Driver, vector: entry_vectors.Vector) -> None:
    data = vector.entry
    expected, found = alone.read_entry(data), driver.ask("entry", data=data)
    assert (int(found["number"]), found["kind"], found["time"]) == (expected.number, expected.kind, expected.time)
    assert found["leaf"] == expected.leaf.hex()
    said = expected.said
    if found["statement"] is not None and expected.kind not in alone.RESOLUTIONS:
        said = said[found["statement"]]
    assert {name: in_words(value) for name, value in said.items()} == found["said"]
    if expected.kind == alone.WITHDRAWN:
        declaration = expected.said["Declaration"]
        assert {name: in_words(value) for name, value in declaration.items()} == found["declaration"]
        assert found["signed"] == [[declaration["party"].hex(), expected.signed[0].hex()]]
    elif expected.kind in alone.RESOLUTIONS:
        assert found["signed"] == [[signer.hex(), signature.hex()] for signer, signature in expected.signed]
    else:
        assert found["signed"] == ([] if expected.signed is None else [[part.hex() for part in expected.signed]])


def in_words(value: Any) -> Any:
    if isinstance(value, list):
        return [item.hex() for item in value]
    return value.hex() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("vector", ENTRIES, ids=lambda vector: str(vector.name))
def test_changed_entries_are_read_alike(driver: Driver, vector: entry_vectors.Vector) -> None:
    chance, data = Random(vector.name), vector.entry
    changed = [data[:-1], data[:-32], data + b"\0", data + bytes(32), data[:16], data[:17], b""]
    for _ in range(60):
        at = chance.randrange(8, len(data))
        changed.append(data[:at] + bytes([chance.choice([0, 1, 32, 255, data[at] ^ 1])]) + data[at + 1 :])
    read = 0
    for other in changed:
        [found] = driver.try_all([("entry", {"data": other})])
        try:
            expected = alone.read_entry(other).leaf.hex()
        except alone.Malformed:
            assert isinstance(found, Refused), other.hex()
        else:
            assert found["leaf"] == expected
            read += 1
    assert 0 < read < len(changed)


def test_a_list_longer_than_the_data_takes_no_memory(driver: Driver) -> None:
    """A council of 2^40 members, which are not there."""
    payload = (96).to_bytes(32, "big") + bytes(32) * 3 + (1 << 40).to_bytes(32, "big")
    with pytest.raises(Refused, match="Malformed"):
        driver.ask("entry", data=bytes(17) + payload)


# ---------------------------------------------------------------------------------------------------------- signatures


@pytest.mark.parametrize("case", passkey_vectors.load(), ids=lambda case: str(case.name))
def test_passkeys(driver: Driver, case: passkey_vectors.Case) -> None:
    [found] = driver.try_all([("passkey", {"key": case.key, "digest": case.digest, "signature": case.signature})])
    assert isinstance(found, Refused) is not case.accepted
    if case.accepted:
        made = alone.read_assertion(case.digest, case.signature)
        assert found == {"site": made.site, "inCloud": made.in_cloud}
    question = {"signer": ORIGIN.webauthn_verifier + case.key, "digest": case.digest, "signature": case.signature}
    [answer] = driver.try_all([("signed", {"origin": str(ORIGIN), **question})])
    assert answer is True if case.accepted else isinstance(answer, Refused)


SIGNED = sha256(b"signed").digest()
PLAIN_KEY = passkey_vectors.load()[0].key


@pytest.mark.parametrize(
    ("signer", "signature"),
    [
        (bytes(20), b""),
        (bytes(20), bytes(65)),
        (bytes(20), bytes(1025)),
        (bytes(84), bytes(64)),
        (bytes(21), bytes(65)),
        (CARD.signer, CARD.sign(SIGNED)),
        (CARD.signer, CARD.sign(SIGNED) + b"\0"),
        (CARD.signer[:-1], CARD.sign(SIGNED)),
        (ORIGIN.p256_verifier + CARD.signer[20:], CARD.sign(SIGNED)),
        (ORIGIN.webauthn_verifier + PLAIN_KEY, bytes(64)),
    ],
)
def test_who_may_have_signed(driver: Driver, signer: bytes, signature: bytes) -> None:
    """As the core answers: signed, not signed, or known to the contract alone, which for a party is not signed."""
    try:
        verify_signature(ORIGIN, Signer(signer), SIGNED, signature)
        expected = ""
    except WalletUndecided:
        expected = "OnlyContract"
    except (VerificationFailed, SignatureTooLong):
        expected = "Failed"
    question = {"origin": str(ORIGIN), "signer": signer, "digest": SIGNED, "signature": signature}
    [found, as_party] = driver.try_all([("signed", question), ("signed", {**question, "party": True})])
    assert (found.kind if isinstance(found, Refused) else "") == expected
    assert (as_party.kind if isinstance(as_party, Refused) else "") == ("Failed" if expected else "")


def fits(driver: Driver, what: str, vector: Vector, signature: bytes) -> bool:
    key = vector.key[1:] if what == "p256" else vector.key
    question = {"key": key, "digest": vector.signed, "message": vector.signed, "signature": signature}
    [found] = driver.try_all([(what, question)])
    return found is True


def test_ed25519_of_wycheproof(driver: Driver) -> None:
    vectors = ed25519()
    for vector in vectors:
        assert fits(driver, "ed25519", vector, vector.signature) == vector.valid, vector.about
    assert len(vectors) == 151


def test_p256_of_wycheproof(driver: Driver) -> None:
    vectors = ecdsa("secp256r1_sha256_p1363")
    for vector in vectors:
        low = lowered(vector.signature, alone.P256.n)
        assert fits(driver, "p256", vector, low) == vector.valid, vector.about
        assert low == vector.signature or not fits(driver, "p256", vector, vector.signature), vector.about
    assert len(vectors) == 262


def test_secp256k1_of_wycheproof(driver: Driver) -> None:
    vectors = ecdsa("secp256k1_sha256_p1363")
    for vector in vectors:
        for signature in {vector.signature, lowered(vector.signature, alone.SECP256K1.n)}:
            for v in (0, 1, 27, 28, 29):
                expected = alone.recover_address(vector.signed, signature + bytes([v]))
                found = driver.ask("recover", digest=vector.signed, signature=signature + bytes([v]))
                assert found == (expected and expected.hex()), vector.about
    assert len(vectors) == 252


@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18, 2**256 - 1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_keys_of_full_order(driver: Driver, y: int, sign: int) -> None:
    key = (y & ~(1 << 255) | sign).to_bytes(32, "little")
    assert driver.ask("full_order", key=key) == alone._full_order(key)


@pytest.mark.parametrize("bit", range(0, 512, 37))
def test_a_changed_bit_fits_no_key(driver: Driver, bit: int) -> None:
    signature = CARD.sign(SIGNED)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert driver.ask("p256", key=CARD.signer[20:], digest=SIGNED, signature=signature) is True
    with pytest.raises(Refused, match="Failed"):
        driver.ask("p256", key=CARD.signer[20:], digest=SIGNED, signature=bytes(changed))

"""``ledger sign``: what a portal asks for is signed outside the browser, by a key of the keystore or by a card."""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64decode
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.signature import Algorithm, verify_signature
from ledger.core.statements.signer import p256_signer
from ledger.core.statements.signing_request import SigningRequest
from ledger.edges.keys.keystore import Keystore
from ledger.testing.world import ORIGIN
from tests.cli.in_process import InProcess

REVOCATION = Revocation(b"\x01" * 32, b"\x02" * 32, 42)
BACK = "https://portal.example/portal/inbox"
REQUEST = (
    "https://sign.example/sign#" + SigningRequest("Revocation", REVOCATION.to_json(), ORIGIN, BACK, "s1").fragment()
)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> InProcess:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_PASSPHRASE", "a test's own passphrase")
    keystore = Keystore(Path("state/keys"), light=True)
    keystore.create("officer", Algorithm.SECP256K1, "a test's own passphrase")
    keystore.create("desk", Algorithm.P256, "a test's own passphrase")
    keystore.create("log", Algorithm.ED25519, "a test's own passphrase")
    return InProcess(monkeypatch, capsys)


def answer_in(address: str) -> dict[str, Any]:
    place, _, fragment = address.strip().partition("#signed=")
    assert place == BACK
    value: dict[str, Any] = json.loads(urlsafe_b64decode(fragment + "=" * (-len(fragment) % 4)))
    return value


@pytest.mark.parametrize("key", ["officer", "desk"])
def test_a_key_of_the_keystore_signs_what_it_shows(ledger: InProcess, key: str) -> None:
    code, printed, shown = ledger("sign", REQUEST, "--key", key, "--yes")
    assert code == 0
    answer = answer_in(printed)
    id_ = REVOCATION.id(ORIGIN)
    assert (answer["id"], answer["state"]) == (hex_text(id_), "s1")
    verify_signature(ORIGIN, hex_bytes(answer["signer"], ""), id_, hex_bytes(answer["signature"], ""))
    for words in ("My agency revokes its attestation: in error.", "0x" + "02" * 32, BACK, "This cannot be undone."):
        assert words in shown


def test_machines_get_the_answer_in_json(ledger: InProcess) -> None:
    answer = ledger.json("sign", REQUEST, "--key", "officer", "--yes")
    assert answer["address"].startswith(f"{BACK}#signed=")
    assert answer["id"] == hex_text(REVOCATION.id(ORIGIN))


@pytest.mark.parametrize("said", ["", "n\n"])
def test_nothing_is_signed_unless_its_reader_agrees(
    ledger: InProcess, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(said))
    code, printed, errors = ledger("sign", REQUEST, "--key", "officer")
    assert (code, printed.strip()) == (2, "")
    assert "nothing was signed" in errors


def test_a_key_names_itself_in_a_sign_in(ledger: InProcess) -> None:
    message = {"site": "https://portal.example", "nonce": "0x" + "09" * 32, "time": 1_795_000_000}
    request = SigningRequest("SignIn", message, ORIGIN, BACK, "s2").fragment()
    answer = ledger.json("sign", request, "--key", "officer", "--yes")
    signer = hex_bytes(answer["signer"], "")
    statement = SignIn("https://portal.example", signer, b"\x09" * 32, 1_795_000_000)
    verify_signature(ORIGIN, signer, statement.id(ORIGIN), hex_bytes(answer["signature"], ""))


def test_another_keys_statement_is_not_signed(ledger: InProcess) -> None:
    request = SigningRequest("Revocation", REVOCATION.to_json(), ORIGIN, BACK, "s1", b"\x11" * 20).fragment()
    code, printed, errors = ledger("sign", request, "--key", "officer", "--yes")
    assert (code, printed) == (2, "")
    assert "not of this key" in errors


class Card:
    """A card with a P-256 key, which signs 32 bytes as they are."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = folder / "card.pem"
        key = self._key.public_key()
        self.public.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        self.signer = p256_signer(ORIGIN, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def sign(self, digest: bytes) -> bytes:
        return self._key.sign(digest, ec.ECDSA(Prehashed(SHA256())))


def test_a_card_signs_in_two_steps(ledger: InProcess, tmp_path: Path) -> None:
    card, digest, signed = Card(tmp_path), tmp_path / "digest.bin", tmp_path / "signed.bin"
    code, _, shown = ledger("sign", REQUEST, "--card", str(card.public), "--digest", str(digest))
    assert code == 0
    assert "My agency revokes its attestation: in error." in shown
    assert digest.read_bytes() == REVOCATION.id(ORIGIN)
    for _ in range(4):  # half of a card's signatures have a high s
        signed.write_bytes(card.sign(digest.read_bytes()))
        answer = ledger.json("sign", REQUEST, "--card", str(card.public), "--signature", str(signed))
        assert hex_bytes(answer["signer"], "") == card.signer
        verify_signature(ORIGIN, card.signer, REVOCATION.id(ORIGIN), hex_bytes(answer["signature"], ""))


def test_a_cards_slip_is_named(ledger: InProcess, tmp_path: Path) -> None:
    card, signed = Card(tmp_path), tmp_path / "signed.bin"
    words = ("sign", REQUEST, "--card", str(card.public), "--signature", str(signed))
    signed.write_bytes(card._key.sign(REVOCATION.id(ORIGIN), ec.ECDSA(SHA256())))
    assert "without another hash" in ledger(*words)[2]
    signed.write_bytes(card.sign(b"\x00" * 32))
    assert ledger(*words)[0] == 1
    signed.write_bytes(b"no signature")
    assert "no P-256 signature" in ledger(*words)[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give one of the two"),
        (("--key", "officer", "--digest", "x"), "goes with --card"),
        (("--key", "log", "--yes"), "ed25519"),
    ],
)
def test_says_which_options_go_together(ledger: InProcess, words: tuple[str, ...], said: str) -> None:
    code, _, errors = ledger("sign", REQUEST, *words)
    assert code == 2
    assert said in errors


def test_a_key_of_another_kind_is_no_card(ledger: InProcess, tmp_path: Path) -> None:
    file = tmp_path / "other.pem"
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    file.write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    code, _, errors = ledger("sign", REQUEST, "--card", str(file), "--digest", "x")
    assert (code, "another kind" in errors) == (2, True)

"""Keystore files, signing, passphrases."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import P256_N, SECP256K1_N, Algorithm, recover_address, verify_signature
from ledger.edges.keys.keystore import LIGHT_WORK, Keystore, SigningKey, passphrase_source
from ledger.errors import KeyExists, Malformed, Unavailable

ORIGIN = Origin(31337, bytes(range(20)), bytes(32))
DIGEST = sha256(b"statement").digest()
SECRET = sha256(b"secret").digest()
PASSPHRASE = "correct horse"

# RFC 6979, appendix A.2.5: P-256 with SHA-256, message "sample". The second half of s is normalised where it is high.
RFC6979_KEY = bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
RFC6979_R = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
RFC6979_S = int("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", 16)

# Web3 Secret Storage Definition, test vector with scrypt.
V3_VECTOR = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf": "scrypt",
        "kdfparams": {
            "dklen": 32,
            "n": 262144,
            "p": 8,
            "r": 1,
            "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
        },
        "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}
V3_SECRET = bytes.fromhex("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d")


@pytest.fixture
def keystore(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "keys", light=True)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_is_created_listed_and_loaded(keystore: Keystore, algorithm: Algorithm) -> None:
    made = keystore.create("officer", algorithm, PASSPHRASE)
    key = keystore.load("officer", PASSPHRASE)
    assert keystore.list() == [made] == [keystore.info("officer")]
    assert made.algorithm is key.algorithm is algorithm
    shown = key.address if algorithm is Algorithm.SECP256K1 else key.public_key
    assert made.public == "0x" + shown.hex()
    assert len(key.public_key) == (32 if algorithm is Algorithm.ED25519 else 65)


def test_two_keys_are_two(keystore: Keystore) -> None:
    assert (
        keystore.create("a", Algorithm.P256, PASSPHRASE).public
        != keystore.create("b", Algorithm.P256, PASSPHRASE).public
    )


@pytest.mark.parametrize("algorithm", [Algorithm.SECP256K1, Algorithm.P256])
@given(secret=some.binary(min_size=32, max_size=32), digest=some.binary(min_size=32, max_size=32))
def test_every_signature_verifies_in_its_one_permitted_form(algorithm: Algorithm, secret: bytes, digest: bytes) -> None:
    order = SECP256K1_N if algorithm is Algorithm.SECP256K1 else P256_N
    if not 0 < int.from_bytes(secret) < order:
        with pytest.raises(Malformed, match="secret"):
            SigningKey(algorithm, secret)
        return
    key = SigningKey(algorithm, secret)
    signature = key.sign(digest)
    assert len(signature) == (65 if algorithm is Algorithm.SECP256K1 else 64)
    verify_signature(ORIGIN, key.signer(ORIGIN), digest, signature)
    assert key.sign(digest) == signature


def test_secp256k1_agrees_with_eth_account() -> None:
    key, account = SigningKey(Algorithm.SECP256K1, SECRET), Account.from_key(SECRET)
    assert key.sign(DIGEST) == bytes(account.unsafe_sign_hash(DIGEST).signature)
    assert "0x" + key.address.hex() == account.address.lower()
    assert recover_address(DIGEST, key.sign(DIGEST)) == key.signer(ORIGIN) == key.address


def test_p256_signs_the_vector_of_rfc_6979() -> None:
    signature = SigningKey(Algorithm.P256, RFC6979_KEY).sign(sha256(b"sample").digest())
    assert signature[:32].hex() == RFC6979_R
    assert int.from_bytes(signature[32:]) == min(RFC6979_S, P256_N - RFC6979_S)


def test_ed25519_signs_notes_and_nothing_else() -> None:
    key = SigningKey(Algorithm.ED25519, SECRET)
    Ed25519PublicKey.from_public_bytes(key.public_key).verify(key.sign_note(b"checkpoint\n"), b"checkpoint\n")
    with pytest.raises(Malformed, match="statements need secp256k1 or p256"):
        key.sign(DIGEST)
    with pytest.raises(Malformed, match="address"):
        key.signer(ORIGIN)


@pytest.mark.parametrize("algorithm", [Algorithm.SECP256K1, Algorithm.P256])
def test_statement_keys_sign_no_notes_and_only_whole_digests(algorithm: Algorithm) -> None:
    key = SigningKey(algorithm, SECRET)
    with pytest.raises(Malformed, match="only ed25519 signs checkpoints"):
        key.sign_note(b"checkpoint\n")
    with pytest.raises(Malformed, match="32 bytes"):
        key.sign(DIGEST[:31])


def test_only_secp256k1_has_an_address() -> None:
    with pytest.raises(Malformed, match="address"):
        _ = SigningKey(Algorithm.P256, SECRET).address


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_secret_is_neither_shown_nor_copied(algorithm: Algorithm) -> None:
    key = SigningKey(algorithm, SECRET)
    assert SECRET.hex() not in repr(key) + str(key) + f"{key}"
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="signing key"):
            attempt(key)


def test_files_are_for_their_owner_only(keystore: Keystore, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keystore.create("officer", Algorithm.SECP256K1, PASSPHRASE)
    finally:
        os.umask(before)
    folder = tmp_path / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "officer.json").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["officer.json"]


def test_a_key_is_never_overwritten(keystore: Keystore, tmp_path: Path) -> None:
    keystore.create("officer", Algorithm.SECP256K1, PASSPHRASE)
    before = (tmp_path / "keys" / "officer.json").read_bytes()
    for write in (
        lambda: keystore.create("officer", Algorithm.P256, PASSPHRASE),
        lambda: keystore.import_key("officer", Algorithm.SECP256K1, SECRET, PASSPHRASE),
    ):
        with pytest.raises(KeyExists, match="officer"):
            write()
    assert (tmp_path / "keys" / "officer.json").read_bytes() == before


def test_not_even_one_that_appears_meanwhile(
    keystore: Keystore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys" / "officer.json"
    path.parent.mkdir()
    path.write_text("another process was faster")
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with pytest.raises(KeyExists):
        keystore.create("officer", Algorithm.SECP256K1, PASSPHRASE)
    assert path.read_text() == "another process was faster"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "../officer", "a/b", ".hidden", "-flag", "a" * 65, "ö", "a\n"])
def test_names_stay_within_the_folder(keystore: Keystore, name: str) -> None:
    for attempt in (lambda: keystore.create(name, Algorithm.P256, PASSPHRASE), lambda: keystore.load(name, PASSPHRASE)):
        with pytest.raises(Malformed, match="name"):
            attempt()


def test_another_passphrase_opens_nothing_and_says_nothing(keystore: Keystore) -> None:
    keystore.import_key("officer", Algorithm.SECP256K1, SECRET, PASSPHRASE)
    with pytest.raises(Malformed, match="passphrase does not open") as caught:
        keystore.load("officer", "wrong guess")
    assert "wrong guess" not in str(caught.value)
    assert SECRET.hex() not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_unknown_key_is_said_to_be_unknown(keystore: Keystore) -> None:
    with pytest.raises(Malformed, match="no such key"):
        keystore.load("nobody", PASSPHRASE)
    assert not keystore.has("nobody")
    assert keystore.list() == []


@pytest.mark.parametrize("algorithm", Algorithm)
def test_an_exchanged_public_half_is_found(keystore: Keystore, tmp_path: Path, algorithm: Algorithm) -> None:
    keystore.create("officer", algorithm, PASSPHRASE)
    other = keystore.create("other", algorithm, PASSPHRASE)
    path = tmp_path / "keys" / "officer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"public": other.public}))
    with pytest.raises(Malformed, match="altered"):
        keystore.load("officer", PASSPHRASE)


def test_a_secp256k1_file_opens_elsewhere_and_the_others_pose_as_no_wallet(keystore: Keystore, tmp_path: Path) -> None:
    keystore.import_key("trader", Algorithm.SECP256K1, SECRET, PASSPHRASE)
    keystore.import_key("officer", Algorithm.P256, SECRET, PASSPHRASE)
    contents = json.loads((tmp_path / "keys" / "trader.json").read_text())
    assert bytes(Account.decrypt(contents, PASSPHRASE)) == SECRET
    assert contents["crypto"]["kdfparams"]["n"] == LIGHT_WORK
    assert "address" not in json.loads((tmp_path / "keys" / "officer.json").read_text())


def test_the_default_work_is_what_geth_writes(tmp_path: Path) -> None:
    Keystore(tmp_path).import_key("trader", Algorithm.SECP256K1, SECRET, PASSPHRASE)
    parameters = json.loads((tmp_path / "trader.json").read_text())["crypto"]["kdfparams"]
    assert (parameters["n"], parameters["r"], parameters["p"]) == (262144, 8, 1)


@pytest.mark.parametrize(
    "key", [SECRET, SECRET.hex().encode(), b"0x" + SECRET.hex().upper().encode() + b"\n", b"  " + SECRET.hex().encode()]
)
def test_secrets_are_imported_in_every_usual_spelling(keystore: Keystore, key: bytes) -> None:
    keystore.import_key("trader", Algorithm.SECP256K1, key, PASSPHRASE)
    assert keystore.load("trader", PASSPHRASE).public_key == SigningKey(Algorithm.SECP256K1, SECRET).public_key


def test_the_published_v3_vector_is_imported(keystore: Keystore) -> None:
    keystore.import_key("trader", Algorithm.SECP256K1, json.dumps(V3_VECTOR).encode(), PASSPHRASE, "testpassword")
    assert keystore.load("trader", PASSPHRASE).public_key == SigningKey(Algorithm.SECP256K1, V3_SECRET).public_key


def test_a_wallets_own_file_in_the_folder_is_a_key(keystore: Keystore, tmp_path: Path) -> None:
    keystore.import_key("first", Algorithm.SECP256K1, SECRET, PASSPHRASE)
    path = tmp_path / "keys" / "first.json"
    contents = json.loads(path.read_text())
    del contents["algorithm"], contents["public"]
    (tmp_path / "keys" / "wallet.json").write_text(json.dumps(contents))
    assert keystore.load("wallet", PASSPHRASE).address == keystore.load("first", PASSPHRASE).address


@pytest.mark.parametrize(
    "key", [b"", b"00" * 31, b"zz" * 32, b"{", b"{}", b'{"version": 4}', bytes(32), b"00" * 32, b"ff" * 32]
)
def test_what_is_no_key_is_not_imported(keystore: Keystore, key: bytes) -> None:
    with pytest.raises(Malformed):
        keystore.import_key("trader", Algorithm.SECP256K1, key, PASSPHRASE)
    assert keystore.list() == []


def test_a_file_cannot_ask_for_endless_work(keystore: Keystore) -> None:
    crypto = V3_VECTOR["crypto"]
    assert isinstance(crypto, dict)
    greedy = V3_VECTOR | {"crypto": crypto | {"kdfparams": crypto["kdfparams"] | {"n": 1 << 40}}}
    with pytest.raises(Malformed, match="more work"):
        keystore.import_key("trader", Algorithm.SECP256K1, json.dumps(greedy).encode(), "testpassword")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 3}', '{"version": 3, "public": "0xzz"}'])
def test_a_damaged_file_is_malformed_and_hides_no_other(keystore: Keystore, tmp_path: Path, damage: str) -> None:
    whole = keystore.create("whole", Algorithm.P256, PASSPHRASE)
    (tmp_path / "keys" / "damaged.json").write_text(damage)
    with pytest.raises(Malformed, match="damaged"):
        keystore.load("damaged", PASSPHRASE)
    assert keystore.list() == [whole]


def test_an_empty_passphrase_is_none(keystore: Keystore) -> None:
    with pytest.raises(Malformed, match="not empty"):
        keystore.create("trader", Algorithm.SECP256K1, "")


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be used"):
        Keystore(tmp_path / "file" / "keys", light=True).create("trader", Algorithm.SECP256K1, PASSPHRASE)


class Hidden:
    """As pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        return "from the environment"


def test_passphrases_come_from_the_first_place_given(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("from the file\nsecond line\n")
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "from a person"

    assert passphrase_source("given", file, prompt=True, ask=ask)() == "given"
    assert passphrase_source(Hidden(), file, prompt=True, ask=ask)() == "from the environment"
    assert passphrase_source(None, file, prompt=True, ask=ask)() == "from the file"
    assert asked == []
    source = passphrase_source(None, None, prompt=True, ask=ask)
    assert (source(), source()) == ("from a person", "from a person")
    assert len(asked) == 1


def test_without_any_place_the_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="LEDGER_PASSPHRASE_FILE"):
        passphrase_source(None, None, prompt=False)()
    with pytest.raises(Unavailable, match="cannot be read"):
        passphrase_source(None, tmp_path / "absent", prompt=True)()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(Malformed, match="empty"):
        passphrase_source(None, tmp_path / "empty", prompt=True)()

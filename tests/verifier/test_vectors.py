"""Cryptography of the stand-alone verifier against public vectors, other libraries and a naive reading of RFC 9162."""

from __future__ import annotations

import struct
from hashlib import sha256

import pytest
from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as some

from ledger.core.document import canonical_json, parse_json
from ledger.core.encoding.keccak import keccak
from ledger.core.statements.signature import recover_address
from ledger.errors import Malformed
from tests.conformance.parts import CARD
from tests.fetched.wycheproof import Vector, ecdsa, ed25519, lowered
from tests.verifier.both import alone

# ------------------------------------------------------------------------------------------------- RFC 9162, the tree


def root(leaves: list[bytes]) -> bytes:
    """MTH of section 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return [*path(m, leaves[:k]), root(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), root(leaves[:k])]


TREES = [(size, index) for size in (1, 2, 3, 5, 7, 8, 9, 31, 64, 65) for index in {0, size // 2, size - 1}]


@pytest.mark.parametrize(("size", "index"), TREES)
def test_inclusion_is_strict(size: int, index: int) -> None:
    """Changed as transparency-dev/merkle changes proofs: index, size, leaf, root, and the path at each place."""
    leaves = [bytes([number]) for number in range(size)]
    proof, top = path(index, leaves), root(leaves)
    leaf = alone.leaf_hash(leaves[index])
    alone.check_inclusion(leaf, index, size, proof, top)
    indices = [i for i in (index - 1, index + 1, index ^ 2, index + size, index + 128, 2**64) if i >= 0 and i != index]
    bad = [(leaf, other, size, proof, top) for other in indices]
    # A size that has a path as long may lead to the same root: sizes are told apart by who signs them.
    lengths = [other for other in (0, size // 2, size * 2, size + 200) if other != size]
    bad += [(leaf, index, other, proof, top) for other in lengths if _length(index, other) != len(proof)]
    bad += [(leaf, index, size, proof, b""), (b"", 0, 0, [], top)]
    bad += [(top, index, size, proof, top), (leaf, index, size, proof, leaf)] if size > 1 else []
    bad += [
        (leaf, index, size, changed, top) for changed in ([*proof, b""], [*proof, top], [top, *proof], [*proof, leaf])
    ]
    for at, hash_ in enumerate(proof):
        flipped = bytes([hash_[0] ^ 1]) + hash_[1:]
        bad += [
            (leaf, index, size, [*proof[:at], *more, *proof[at + 1 :]], top) for more in ([], [flipped], [hash_] * 2)
        ]
    if len(proof) > 1:
        bad += [(leaf, index, size, proof[::-1], top)]
    for case in bad:
        with pytest.raises(alone.Failed):
            alone.check_inclusion(*case)


def _length(index: int, size: int) -> int | None:
    return len(path(index, [b""] * size)) if index < size else None


# ------------------------------------------------------------------------------------------------------------- hashes


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
    ],
)
def test_keccak_has_the_known_answers(data: bytes, digest: str) -> None:
    assert alone.keccak(data).hex() == digest


@pytest.mark.parametrize("size", [0, 1, 134, 135, 136, 137, 271, 272, 273, 1000])
def test_keccak_at_the_borders_of_blocks(size: int) -> None:
    assert alone.keccak(b"a" * size) == keccak(b"a" * size)


# --------------------------------------------------------------------------------------------------------- signatures


@pytest.mark.parametrize(
    ("key", "message", "signature"),
    [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bb"
            "e24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302"
            "aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed"
            "28dc027beceea1ec40a",
        ),
    ],
)  # fmt: skip
def test_ed25519_of_rfc_8032(key: str, message: str, signature: str) -> None:
    public, said, made = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert alone.ed25519_fits(public, said, made)
    order = 2**252 + 27742317777372353535851937790883648493
    larger = made[:32] + (int.from_bytes(made[32:], "little") + order).to_bytes(32, "little")
    for other in (larger, made[:-1], made + b"\0", made[32:] + made[:32]):
        assert not alone.ed25519_fits(public, said, other)


@given(some.binary(min_size=32, max_size=32), some.binary(max_size=100), some.integers(0, 511))
@settings(deadline=None, max_examples=40)
def test_ed25519(secret: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signature, public = key.sign(message), key.public_key().public_bytes_raw()
    assert alone.ed25519_fits(public, message, signature)
    assert not alone.ed25519_fits(public, message + b"x", signature)
    assert not alone.ed25519_fits(public, message, flipped(signature, bit))


@given(some.integers(1, alone.SECP256K1.n - 1), some.binary(min_size=32, max_size=32), some.integers(0, 519))
@settings(deadline=None, max_examples=40)
@example(1, bytes(32), 519)
@example(alone.SECP256K1.n - 1, b"\xff" * 32, 0)
def test_recovered_signers(secret: int, digest: bytes, bit: int) -> None:
    made = PrivateKey(secret.to_bytes(32)).sign_recoverable(digest, hasher=None)
    signature = made[:64] + bytes([made[64] + 27])
    assert alone.recover_address(digest, signature) == recover_address(digest, signature)
    changed = flipped(signature, bit)
    assert alone.recover_address(digest, changed) == recover_address(digest, changed)
    # The twin that anybody can make of a signature: the same signer, another spelling.
    twin = signature[:32] + (alone.SECP256K1.n - int.from_bytes(signature[32:64])).to_bytes(32) + bytes([28 - made[64]])
    assert alone.recover_address(digest, twin) is None


@given(some.binary(min_size=32, max_size=32), some.integers(0, 511))
@settings(deadline=None, max_examples=40)
def test_p256(digest: bytes, bit: int) -> None:
    point, signature = CARD.signer[20:], CARD.sign(digest)
    alone.check_p256(point, digest, signature)
    high = signature[:32] + (alone.P256.n - int.from_bytes(signature[32:])).to_bytes(32)
    for key, other in [(point, flipped(signature, bit)), (flipped(point, bit), signature), (point, high)]:
        with pytest.raises(alone.Failed):
            alone.check_p256(key, digest, other)


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def test_ed25519_of_wycheproof() -> None:
    vectors = ed25519()
    for vector in vectors:
        assert alone.ed25519_fits(vector.key, vector.signed, vector.signature) == vector.valid, vector.about
    assert len(vectors) == 151


def test_p256_of_wycheproof() -> None:
    vectors = ecdsa("secp256r1_sha256_p1363")
    for vector in vectors:
        low = lowered(vector.signature, alone.P256.n)
        assert _p256_fits(vector, low) == vector.valid, vector.about
        assert low == vector.signature or not _p256_fits(vector, vector.signature), vector.about
    assert len(vectors) == 262


def _p256_fits(vector: Vector, signature: bytes) -> bool:
    try:
        alone.check_p256(vector.key[1:], vector.signed, signature)
    except alone.Failed:
        return False
    return True


def test_secp256k1_of_wycheproof() -> None:
    vectors = ecdsa("secp256k1_sha256_p1363")
    for vector in vectors:
        address = alone.keccak(vector.key[1:])[12:]
        signature = lowered(vector.signature, alone.SECP256K1.n)
        fits = address in [alone.recover_address(vector.signed, signature + bytes([v])) for v in (27, 28)]
        # With v 27 or 28 the x of the point is r and not r + n, so that one signature in 2^127 cannot be written.
        beyond = "x = n + " in vector.about or vector.about.endswith("k*G has a large x-coordinate")
        assert fits == (vector.valid and not beyond), vector.about
    assert len(vectors) == 252


# ---------------------------------------------------------------------------------------------- numbers: RFC 8785, JSON


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (0x0000000000000000, "0"),
        (0x8000000000000000, "0"),
        (0x0000000000000001, "5e-324"),
        (0x8000000000000001, "-5e-324"),
        (0x7FEFFFFFFFFFFFFF, "1.7976931348623157e+308"),
        (0xFFEFFFFFFFFFFFFF, "-1.7976931348623157e+308"),
        (0x4340000000000000, "9007199254740992"),
        (0xC340000000000000, "-9007199254740992"),
        (0x4430000000000000, "295147905179352830000"),
        (0x44B52D02C7E14AF5, "9.999999999999997e+22"),
        (0x44B52D02C7E14AF6, "1e+23"),
        (0x44B52D02C7E14AF7, "1.0000000000000001e+23"),
        (0x444B1AE4D6E2EF4E, "999999999999999700000"),
        (0x444B1AE4D6E2EF4F, "999999999999999900000"),
        (0x444B1AE4D6E2EF50, "1e+21"),
        (0x3EB0C6F7A0B5ED8C, "9.999999999999997e-7"),
        (0x3EB0C6F7A0B5ED8D, "0.000001"),
        (0x41B3DE4355555553, "333333333.3333332"),
        (0x41B3DE4355555554, "333333333.33333325"),
        (0x41B3DE4355555555, "333333333.3333333"),
        (0x41B3DE4355555556, "333333333.3333334"),
        (0x41B3DE4355555557, "333333333.33333343"),
        (0xBECBF647612F3696, "-0.0000033333333333333333"),
        (0x43143FF3C1CB0959, "1424953923781206.2"),
    ],
)
def test_numbers_of_rfc_8785(bits: int, text: str) -> None:
    assert alone.number_text(struct.unpack(">d", bits.to_bytes(8))[0]) == text


@given(some.floats(allow_nan=False, allow_infinity=False))
@example(1e21)
@example(1e-7)
@example(-0.0)
def test_numbers_are_printed_as_the_ledger_prints_them(value: float) -> None:
    assert alone.number_text(value).encode() == canonical_json(value)


@given(some.text(alphabet='[]{}":,0123456789eE+-. \\untrfalsx\u00e9\ud7ff', max_size=30))
@example('{"a":"]","a\\"":[[],{}]}')
def test_json_is_read_alike(text: str) -> None:
    data = text.encode()
    try:
        expected: object = parse_json(data, exact=True)
    except Malformed:
        with pytest.raises(alone.Malformed):
            alone.parse_json(data, 100, 100_000)
    else:
        assert alone.parse_json(data, 100, 100_000) == expected

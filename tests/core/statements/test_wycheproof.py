"""Project Wycheproof's ECDSA signatures, P-256 and secp256k1, under the ledger's rule that s is low.

By the standards s and n - s sign alike. The ledger takes only the low one (docs/formats.md section 3), so it refuses
some signatures that Wycheproof calls valid. The tables say how many signatures of each file are

- taken,
- refused because s is high, while the same signature with n - s is taken,
- refused because ``v`` 27 or 28 cannot name their point: its x is r + n,
- refused because Wycheproof calls them invalid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from ledger.core.statements.signature import P256_N, SECP256K1_N, WalletUndecided, verify_signature
from ledger.core.statements.signer import address_of, p256_signer
from ledger.errors import SignatureTooLong, VerificationFailed
from ledger.testing.world import ORIGIN
from tests.fetched.wycheproof import Vector, ecdsa, lowered

SECP256K1_P = 2**256 - 2**32 - 977
P256_COUNTS = {
    "secp256r1_sha256_p1363": (103, 70, 0, 89),
    "secp256r1_sha512_p1363": (127, 115, 0, 90),
    "secp256r1_shake128_p1363": (95, 80, 0, 83),
    "secp256r1_sha256": (103, 71, 0, 310),
    "secp256r1_sha512": (127, 116, 0, 311),
    "secp256r1_sha3_256": (103, 75, 0, 304),
    "secp256r1_sha3_512": (140, 103, 0, 305),
    "secp256r1_shake128": (95, 81, 0, 304),
}
SECP256K1_COUNTS = {
    "secp256k1_sha256_p1363": (95, 70, 2, 85),
    "secp256k1_sha512_p1363": (129, 105, 2, 86),
    "secp256k1_shake128_p1363": (96, 72, 1, 79),
    "secp256k1_sha256": (96, 70, 2, 308),
    "secp256k1_sha3_256": (93, 78, 1, 302),
    "secp256k1_sha3_512": (141, 95, 1, 303),
}
Takes = Callable[[Vector, bytes], bool]


def takes(signer: bytes, digest: bytes, signature: bytes) -> bool:
    try:
        verify_signature(ORIGIN, signer, digest, signature)
    except (SignatureTooLong, VerificationFailed, WalletUndecided):
        return False
    return True


def p256_takes(vector: Vector, signature: bytes) -> bool:
    return takes(p256_signer(ORIGIN, vector.key), vector.signed, signature)


def secp256k1_takes(vector: Vector, signature: bytes) -> bool:
    """Wycheproof has no ``v``: at most one of the two leads to the key."""
    taken = [takes(address_of(vector.key), vector.signed, signature + bytes([v])) for v in (27, 28)]
    assert taken != [True, True]
    return any(taken)


def outcomes(name: str, takes_form: Takes, order: int) -> tuple[int, ...]:
    """A row of the tables above: how many signatures of the file came to each end."""
    counts: Counter[str] = Counter()
    for vector in ecdsa(name):
        signature: bytes | None = vector.signature
        if "p1363" not in name:  # a DER signature is refused as it is, and tried as r and s
            assert not takes_form(vector, vector.signature), vector.about
            signature = vector.raw
        if signature is None:
            assert not vector.valid, vector.about
            counts["refused"] += 1
            continue
        other = lowered(signature, order)
        if not takes_form(vector, other):
            assert not takes_form(vector, signature), vector.about
            counts["beyond v" if vector.valid else "refused"] += 1
            assert not vector.valid or int.from_bytes(signature[:32]) < SECP256K1_P - SECP256K1_N, vector.about
            continue
        assert vector.valid, vector.about
        assert takes_form(vector, signature) is (other == signature), vector.about
        counts["taken" if other == signature else "high s"] += 1
    return counts["taken"], counts["high s"], counts["beyond v"], counts["refused"]


@pytest.mark.parametrize("name", P256_COUNTS)
def test_p256(name: str) -> None:
    assert outcomes(name, p256_takes, P256_N) == P256_COUNTS[name]


@pytest.mark.parametrize("name", SECP256K1_COUNTS)
def test_secp256k1(name: str) -> None:
    assert outcomes(name, secp256k1_takes, SECP256K1_N) == SECP256K1_COUNTS[name]


def test_secp256k1_of_bitcoin() -> None:
    """Bitcoin has the same rule. In this file high s is invalid, so the ledger must agree without any change of s."""
    differing = []
    vectors = ecdsa("secp256k1_sha256_bitcoin")
    for vector in vectors:
        signature = vector.raw
        if vector.valid is not (signature is not None and secp256k1_takes(vector, signature)):
            differing.append(vector.about)
    assert (len(vectors), [about.split(": ")[1] for about in differing]) == (463, ["k*G has a large x-coordinate"])

"""Keys of the histories, and what becomes of their signatures: such as are right, and such as are wrong in one way."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import sha256, sha512
from typing import Any, Protocol

from ledger.core.statements.signature import P256_N, SECP256K1_N
from ledger.testing.world import COUNCIL, CUSTOMS, ORIGIN, PLANT, TRADER, Key, Witness
from tests.conformance.parts import CARD, EMU, KIWI, MEMBER, MOA, SECOND, THIEF
from tests.passkeys import BACKED_UP, ELIGIBLE, EXTENSIONS, EXTRA, PLAIN, Passkey
from tests.verifier.both import alone


class Hand(Protocol):
    """Whoever signs statements: a key, or what stands in its place."""

    @property
    def signer(self) -> bytes: ...

    def sign(self, digest: bytes) -> bytes: ...


@dataclass(frozen=True)
class Stranger:
    """A signer whose signature no key explains: a wallet, another verifier, a point that is on no curve, nothing."""

    signer: bytes

    def sign(self, digest: bytes) -> bytes:
        return CARD.sign(digest) if len(self.signer) == 84 else sha256(digest).digest() * 2 + b"\x1b"


WALLET = Stranger(b"\xa1" * 20)
ELSEWHERE = Stranger(bytes(20) + CARD.signer[20:])
OFF_CURVE = Stranger(ORIGIN.p256_verifier + b"\x07" * 64)
AT_INFINITY = Stranger(ORIGIN.p256_verifier + bytes(64))
LONG = Stranger(b"\x09" * 128)
STRANGERS = [WALLET, ELSEWHERE, OFF_CURVE, AT_INFINITY, LONG]
NOBODY = [Stranger(b""), Stranger(b"\x01" * 19), Stranger(b"\x02" * 129)]  # in an entry a signer may have any length

PASSKEY = Passkey("officer with a passkey")
CLOUD = Passkey("officer with a passkey in a cloud account", flags=PLAIN | ELIGIBLE | BACKED_UP, more=EXTRA)
COUNCILLORS: list[Any] = [COUNCIL, MEMBER, SECOND, CARD, PASSKEY]
OFFICERS: dict[str, list[Any]] = {
    "NZ-MPI": [PLANT, SECOND, CARD, PASSKEY, CLOUD, WALLET],
    "NZ-CUSTOMS": [CUSTOMS],
    "AU-DAFF": [Key("quarantine")],
}
EVERYBODY: list[Any] = [*COUNCILLORS, PLANT, CUSTOMS, TRADER, THIEF, *OFFICERS["AU-DAFF"], CLOUD, *STRANGERS]
WITNESSES = [KIWI, EMU, MOA]


@lru_cache(20_000)
def signed(hand: Hand, digest: bytes) -> bytes:
    """The hand's own signature. Remembered, as most histories begin alike."""
    return hand.sign(digest)


def odd_passkey(chance: random.Random, hand: Passkey) -> Passkey:
    """The same key with other flags, extensions or sites, right or wrong."""
    return replace(
        hand,
        flags=chance.choice([chance.randrange(256), PLAIN | EXTENSIONS, PLAIN | BACKED_UP, PLAIN | 0x40, 0x01, 0x04]),
        extensions=chance.choice([b"", b"", b"\0", bytes(217), bytes(218), b"\xa0"]),
        site=chance.choice([hand.site, "", '"', "\\u0041", "https://\u202e.example", "x" * 700]),
        more=chance.choice(["", "}", EXTRA, "\0"]),
    )


def spoiled(chance: random.Random, signature: bytes) -> bytes:
    """The signature in a form that is not permitted, or of something else."""
    if len(signature) > 65 and chance.randrange(2):  # a passkey's
        at = chance.choice([64, 65 + 32, 65 + 37, chance.randrange(len(signature))])
        act = chance.choice([b"", bytes([chance.randrange(256)]), signature[at : at + 1] * 2])
        return signature[:at] + act + signature[at + 1 :]
    r, s, rest = signature[:32], int.from_bytes(signature[32:64]), signature[64:]
    others = [
        b"",
        b"\0",
        signature + b"\0",
        signature[:-1],
        signature[::-1],
        bytes(len(signature)),
        r + bytes(32) + rest,
        bytes(32) + signature[32:],
        b"\xff" * 32 + signature[32:],
        r + b"\xff" * 32 + rest,
        sha256(signature).digest() + signature[32:],
        signature.ljust(1024, b"\0"),
        signature.ljust(1025, b"\0"),
        r + (SECP256K1_N - s).to_bytes(32, signed=False) + bytes((55 - v) % 256 for v in rest)
        if s < SECP256K1_N
        else r,
        r + (P256_N - s).to_bytes(32) if s < P256_N else r,
        *(signature[:64] + bytes([v]) for v in (0, 1, 2, 26, 27, 28, 29, 30, 255)),
        SECP256K1_N.to_bytes(32) + signature[32:],
        r + SECP256K1_N.to_bytes(32) + rest,
    ]
    return chance.choice(others)


# ---------------------------------------------------------------------------------------------------------- Ed25519

Q, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493


@cache
def small_order() -> list[bytes]:
    """Every 32 bytes that some reader takes for a point of small order: 8 points, six of them in a second spelling."""
    # The two heights of the points of order 8, found by multiplying some point by L.
    point = next(
        found for n in range(2, 99) if (found := alone._ed_point(n.to_bytes(32, "little"))) and _order(found) == 8
    )
    eight = [_encoded(alone._ed_times(L * k, point)) for k in (1, 3, 5, 7)]
    heights = {int.from_bytes(item, "little") & 2**255 - 1 for item in eight} | {0, 1, Q - 1}
    spelled = [y for height in heights for y in (height, height + Q) if y < 2**255]
    return sorted({(y | sign << 255).to_bytes(32, "little") for y in spelled for sign in (0, 1)})


def _order(point: Any) -> int:
    """The order of L times a point: 1, 2, 4 or 8."""
    found, order = alone._ed_times(L, point), 1
    while _encoded(found) != (1).to_bytes(32, "little"):
        found, order = alone._ed_add(found, found), order * 2
    return order


def _encoded(point: Any) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, Q)
    return (y * inverse % Q | (x * inverse % Q & 1) << 255).to_bytes(32, "little")


@cache
def _times_base(scalar: int) -> bytes:
    base = alone._ed_point((4 * pow(5, -1, Q) % Q).to_bytes(32, "little"))
    return _encoded(alone._ed_times(scalar, base))


def forged(key: bytes, message: bytes) -> bytes:
    """A signature under a key of small order, by nobody: right for a verifier that takes such keys."""
    for s in range(1, 65):
        r = _times_base(s)
        if int.from_bytes(sha512(r + key + message).digest(), "little") % L % 8 == 0:
            return r + s.to_bytes(32, "little")
    return _times_base(1) + (1).to_bytes(32, "little")


def with_neutral_r(witness: Witness, message: bytes) -> bytes:
    """A signature whose R is the neutral point, which shows the secret; right for a verifier that takes such an R."""
    scalar = bytearray(sha512(witness.secret.private_bytes_raw()).digest()[:32])
    scalar[0] &= 248
    scalar[31] = scalar[31] & 63 | 64
    r = (1).to_bytes(32, "little")
    k = int.from_bytes(sha512(r + witness.key.public_key + message).digest(), "little") % L
    return r + (k * int.from_bytes(scalar, "little") % L).to_bytes(32, "little")


def beyond_order(signature: bytes) -> bytes:
    """The same signature with S + L in the place of S."""
    return signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")

"""A passkey in software: WebAuthn assertions over statements, and such as no browser would make.

Real assertions by a browser are in ``tests/vectors/passkeys.json``. This one signs whatever a test wants.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.statements.signature import P256_N
from ledger.core.statements.signer import passkey_signer
from ledger.testing.world import ORIGIN

RP_ID = "sign.mpi.example"
SITE = f"https://{RP_ID}"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, NEW_KEY, EXTENSIONS = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
PLAIN = PRESENT | VERIFIED
# As Chromium writes it from time to time, so that nobody relies on the end of the client data.
EXTRA = ',"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"'


def authenticator_data(flags: int = PLAIN, extensions: bytes = b"", rp_id: str = RP_ID, counter: int = 0) -> bytes:
    """Section 6.1 of WebAuthn: 37 bytes, and the data of extensions."""
    return sha256(rp_id.encode()).digest() + bytes([flags]) + counter.to_bytes(4) + extensions


def client_data(challenge: bytes, site: str = SITE, kind: str = "webauthn.get", more: str = "") -> bytes:
    """Section 5.8.1.1 of WebAuthn."""
    text = urlsafe_b64encode(challenge).rstrip(b"=").decode()
    return f'{{"type":"{kind}","challenge":"{text}","origin":"{site}","crossOrigin":false{more}}}'.encode()


@dataclass(frozen=True)
class Passkey:
    """A passkey with a key made from its name; ``flags`` and ``extensions`` are in every signature of it."""

    name: str
    flags: int = PLAIN
    extensions: bytes = b""
    site: str = SITE
    more: str = ""

    @cached_property
    def secret(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(sha256(self.name.encode()).digest()), ec.SECP256R1())

    @property
    def point(self) -> bytes:
        return self.secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def signer(self) -> bytes:
        return passkey_signer(ORIGIN, self.point)

    def sign(self, digest: bytes) -> bytes:
        return self.assemble(
            authenticator_data(self.flags, self.extensions), client_data(digest, self.site, more=self.more)
        )

    def assemble(self, authenticator: bytes, client: bytes) -> bytes:
        """A signature over these data, whatever they are."""
        signed = self.p256(sha256(authenticator + sha256(client).digest()).digest())
        return signed + bytes([len(authenticator)]) + authenticator + client

    def p256(self, digest: bytes) -> bytes:
        """r ‖ s over 32 bytes, low s; the same every time (RFC 6979)."""
        algorithm = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)
        r, s = decode_dss_signature(self.secret.sign(digest, algorithm))
        return r.to_bytes(32) + min(s, P256_N - s).to_bytes(32)

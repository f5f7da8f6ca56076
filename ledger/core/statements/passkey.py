"""A passkey's signature: a WebAuthn assertion over a statement's id, in its one permitted form.

Twin of ``contracts/signatures/WebAuthnVerifier.sol``. docs/formats.md section 3; W3C Web Authentication level 2,
sections 5.8.1.1 (client data), 6.1 (authenticator data) and 6.3.3 (what is signed).

RP ID, site and counter are not judged. The authenticator made the key for one RP ID and uses it for no other, so the
key itself binds the site's domain. The site and the backup flags are there for people to read.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import IntFlag
from hashlib import sha256

from ledger.errors import VerificationFailed

_P256_SIZE = 64  # r ‖ s
_LENGTH_SIZE = 1  # of the authenticator data
_SMALLEST = 37  # authenticator data without extensions: hash of the RP ID (32), flags (1), counter (4)
_FLAGS_AT = 32
ASSERTION_FORM = (
    "a passkey's signature is r, s, the length of the authenticator data (37 to 255), these data and the client data"
)


class Flag(IntFlag):
    """The flags of authenticator data that are looked at."""

    USER_PRESENT = 0x01
    USER_VERIFIED = 0x04
    BACKUP_ELIGIBLE = 0x08
    BACKED_UP = 0x10
    ATTESTED_KEY = 0x40
    EXTENSIONS = 0x80


@dataclass(frozen=True, slots=True)
class Assertion:
    """The parts of a passkey's signature: ``p256_signature`` is r ‖ s (64 bytes)."""

    p256_signature: bytes
    authenticator_data: bytes
    client_data: bytes

    @classmethod
    def read(cls, signature: bytes, id_: bytes) -> Assertion:
        """Split a signature over the statement ``id_`` (32 bytes); the P-256 signature in it is not judged here.

        :raises VerificationFailed: it has not the permitted form, is about something else, or the person was not
            verified.
        """
        if not cls.has_form(signature):
            raise VerificationFailed(ASSERTION_FORM)
        end = _P256_SIZE + _LENGTH_SIZE + signature[_P256_SIZE]
        made = cls(signature[:_P256_SIZE], signature[_P256_SIZE + _LENGTH_SIZE : end], signature[end:])
        if not made.client_data.startswith(_client_data_head(id_)):
            raise VerificationFailed("the passkey signed something else: the client data do not begin with this id")
        made._check_flags()
        return made

    @staticmethod
    def has_form(signature: bytes) -> bool:
        """Whether a signature can be split into these parts, whatever they say."""
        length = signature[_P256_SIZE] if len(signature) > _P256_SIZE else 0
        return length >= _SMALLEST and len(signature) >= _P256_SIZE + _LENGTH_SIZE + length

    def _check_flags(self) -> None:
        flags = self.flags
        if not flags & Flag.USER_PRESENT or not flags & Flag.USER_VERIFIED:
            raise VerificationFailed("the passkey did not verify the person who used it")
        if flags & Flag.ATTESTED_KEY:
            raise VerificationFailed("the authenticator data are those of a new key, and not of a signature")
        if flags & Flag.EXTENSIONS and len(self.authenticator_data) == _SMALLEST:
            raise VerificationFailed("the authenticator data announce extensions and have none")
        if flags & Flag.BACKED_UP and not flags & Flag.BACKUP_ELIGIBLE:
            raise VerificationFailed("the authenticator data say that a key is backed up that cannot be")

    @property
    def flags(self) -> Flag:
        return Flag(self.authenticator_data[_FLAGS_AT])

    @property
    def digest(self) -> bytes:
        """The 32 bytes under the P-256 signature: SHA-256(authenticator data ‖ SHA-256(client data))."""
        return sha256(self.authenticator_data + sha256(self.client_data).digest()).digest()

    @property
    def site(self) -> str | None:
        """Where the signature was made, as the browser wrote it, for example ``https://sign.mpi.example``.

        None where the client data give no site in printable ASCII without a backslash.
        """
        after = self.client_data[len(_client_data_head(b"")) + _CHALLENGE_SIZE :]
        site, quote, _ = after.partition(b'"')
        if not quote or not site or any(not 0x20 < byte < 0x7F or byte == 0x5C for byte in site):
            return None
        return site.decode("ascii")

    @property
    def may_be_copied(self) -> bool:
        """Whether the key may be kept in its owner's cloud account (flag BE), and so be on several devices."""
        return bool(self.flags & Flag.BACKUP_ELIGIBLE)


_CHALLENGE_SIZE = 43  # 32 bytes in base64url without padding


def _client_data_head(id_: bytes) -> bytes:
    """How the client data of an assertion over ``id_`` begin, up to the site; browsers write them in this order."""
    challenge = urlsafe_b64encode(id_).rstrip(b"=")
    return b'{"type":"webauthn.get","challenge":"' + challenge + b'","origin":"'

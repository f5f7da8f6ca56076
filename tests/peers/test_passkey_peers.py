"""Yubico's fido2, a WebAuthn server that nobody here wrote, judges the signatures that the core takes."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fido2.cose import ES256
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

from ledger.core.statements.passkey import Assertion
from ledger.core.statements.signature import verify_signature
from ledger.errors import VerificationFailed
from ledger.testing.world import ORIGIN
from tests import passkey_vectors
from tests.passkey_vectors import Case
from tests.passkeys import PLAIN, RP_ID, Passkey

CASES = passkey_vectors.load()
# The peer reads what follows the 37th byte of the authenticator data, too. The contract cannot, and does not judge it.
NOT_READ_HERE = {"longer_data_without_flag", "longest_authenticator_data"}
CREDENTIAL = b"credential"
DIGEST = sha256(b"a statement").digest()
PASSKEY = Passkey("somebody's passkey", flags=PLAIN)


def taken(key: bytes, digest: bytes, signature: bytes) -> bool:
    try:
        verify_signature(ORIGIN, ORIGIN.webauthn_verifier + key, digest, signature)
    except VerificationFailed:
        return False
    return True


def taken_by_the_peer(key: bytes, digest: bytes, assertion: Assertion) -> bool:
    """As a relying party at ``RP_ID`` that demands user verification, and takes any site."""
    public = ES256.from_ctap1(b"\x04" + key)
    r, s = (int.from_bytes(assertion.p256_signature[at : at + 32]) for at in (0, 32))
    server = Fido2Server(PublicKeyCredentialRpEntity(name="Ledger", id=RP_ID), verify_origin=lambda site: True)
    state = {"challenge": websafe_encode(digest), "user_verification": UserVerificationRequirement.REQUIRED}
    try:
        answer = AuthenticationResponse(
            raw_id=CREDENTIAL,
            response=AuthenticatorAssertionResponse(
                client_data=CollectedClientData(assertion.client_data),
                authenticator_data=AuthenticatorData(assertion.authenticator_data),
                signature=encode_dss_signature(r, s),
            ),
        )
        credential = AttestedCredentialData.create(Aaguid(bytes(16)), CREDENTIAL, public)
        server.authenticate_complete(state, [credential], answer)
    except Exception:  # its errors have no common class
        return False
    return True


@pytest.mark.parametrize("case", [case for case in CASES if case.accepted], ids=lambda case: case.name)
def test_what_the_core_takes_the_peer_takes(case: Case) -> None:
    assertion = Assertion.read(case.signature, case.digest)
    assert taken(case.key, case.digest, case.signature)
    assert taken_by_the_peer(case.key, case.digest, assertion) is (case.name not in NOT_READ_HERE)


def test_the_peer_refuses_what_is_changed() -> None:
    """So it does judge: another statement, another key, a person who was not verified."""
    good = Assertion.read(PASSKEY.sign(DIGEST), DIGEST)
    key = PASSKEY.point[1:]
    assert taken_by_the_peer(key, DIGEST, good)
    assert not taken_by_the_peer(key, bytes(32), good)
    assert not taken_by_the_peer(Passkey("another").point[1:], DIGEST, good)
    assert not taken_by_the_peer(key, DIGEST, Assertion(good.p256_signature, b"\0" + good.authenticator_data, b"{}"))

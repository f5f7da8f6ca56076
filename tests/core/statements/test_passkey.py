"""Passkeys: a browser's signatures, and all bytes and flags. The conformance cases ``passkey_*`` name each defect."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.statements.passkey import Assertion
from ledger.core.statements.signature import verify_signature
from ledger.core.statements.signer import is_passkey, p256_signer
from ledger.errors import VerificationFailed
from ledger.testing.world import ORIGIN
from tests import passkey_vectors
from tests.passkey_vectors import Case
from tests.passkeys import BACKED_UP, ELIGIBLE, EXTRA, PLAIN, SITE, Passkey, authenticator_data, client_data
from tests.verifier.both import alone

DIGEST = sha256(b"a statement").digest()
PASSKEY = Passkey("somebody's passkey", more=EXTRA)
GOOD = PASSKEY.sign(DIGEST)
ALONE = alone.Origin.parse(str(ORIGIN))


def taken(signature: bytes, digest: bytes = DIGEST, signer: bytes = PASSKEY.signer) -> bool:
    """Whether the core accepts a signature; the stand-alone verifier must say the same."""
    try:
        verify_signature(ORIGIN, signer, digest, signature)
    except VerificationFailed:
        with pytest.raises(alone.Failed):
            ALONE.check_signature(signer, digest, signature)
        return False
    ALONE.check_signature(signer, digest, signature)
    return True


@pytest.mark.parametrize("case", passkey_vectors.load(), ids=lambda case: case.name)
def test_core_and_verifier_answer_each_vector_as_the_contract_does(case: Case) -> None:
    """``tests/twins/test_passkeys.py`` asks the contract."""
    assert taken(case.signature, case.digest, ORIGIN.webauthn_verifier + case.key) is case.accepted


def test_a_changed_byte_is_found_wherever_it_is() -> None:
    assert taken(GOOD)
    for at in range(len(GOOD)):
        assert not taken(GOOD[:at] + bytes([GOOD[at] ^ 1]) + GOOD[at + 1 :]), f"byte {at}"


def test_a_signature_that_ends_earlier_is_none() -> None:
    assert not any(taken(GOOD[:end]) for end in range(len(GOOD)))


@pytest.mark.parametrize("flags", range(256), ids=lambda flags: f"{flags:#04x}")
def test_flags(flags: int) -> None:
    """docs/formats.md section 3: UP and UV, not AT, ED only with data, BS only with BE."""
    wanted = flags & 0x45 == 0x05 and flags & 0x18 != 0x10
    assert taken(replace(PASSKEY, flags=flags).sign(DIGEST)) is (wanted and not flags & 0x80)
    assert taken(replace(PASSKEY, flags=flags, extensions=b"\xa0").sign(DIGEST)) is wanted


@given(some.binary(max_size=200))
def test_nothing_else_is_raised_for_any_bytes(signature: bytes) -> None:
    assert not taken(signature)


def test_a_passkey_is_told_by_its_verifier() -> None:
    assert is_passkey(ORIGIN, PASSKEY.signer)
    assert not is_passkey(ORIGIN, PASSKEY.signer[:-1])
    assert not is_passkey(ORIGIN, p256_signer(ORIGIN, PASSKEY.point))
    assert not taken(GOOD, signer=p256_signer(ORIGIN, PASSKEY.point))
    assert not taken(PASSKEY.p256(DIGEST))


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (SITE, SITE),
        ("android:apk-key-hash:dGVzdA", "android:apk-key-hash:dGVzdA"),
        ("", None),
        ("https://two words.example", None),
        ("https://back\\\\slash.example", None),
        ("https://\u202egnp.example", None),
        ("https://\x1b[31m.example", None),
    ],
)
def test_the_site_is_said_only_if_it_prints(site: str, said: str | None) -> None:
    signature = replace(PASSKEY, site=site).sign(DIGEST)
    assert taken(signature)
    assert Assertion.read(signature, DIGEST).site == said
    assert alone.read_assertion(DIGEST, signature).site == (said or "")


def test_a_site_that_does_not_end_is_not_said() -> None:
    signature = PASSKEY.assemble(authenticator_data(), client_data(DIGEST).partition(b'","crossOrigin')[0])
    assert taken(signature)
    assert Assertion.read(signature, DIGEST).site is None
    assert alone.read_assertion(DIGEST, signature).site == ""


@pytest.mark.parametrize("flags", [PLAIN, PLAIN | ELIGIBLE, PLAIN | ELIGIBLE | BACKED_UP])
def test_what_may_be_in_a_cloud_account(flags: int) -> None:
    signature = replace(PASSKEY, flags=flags).sign(DIGEST)
    assert Assertion.read(signature, DIGEST).may_be_copied is (flags != PLAIN)
    assert alone.read_assertion(DIGEST, signature).in_cloud is (flags != PLAIN)

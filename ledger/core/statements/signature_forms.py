"""The forms of a signature at the door: one is kept and relayed, others become it, or are refused with the true reason.

Wallets, cards and libraries spell the signature of one key in several ways. Replay, contract and verifiers know only
the form of docs/formats.md section 3; this is for whoever takes a statement in, before anything is stored or relayed.
What no key known here made stays as it is: it may be for a wallet contract, which takes what bytes it likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.core.statements.passkey import ASSERTION_FORM, Assertion
from ledger.core.statements.signature import (
    P256_N,
    SECP256K1_N,
    WalletUndecided,
    recover_address,
    verify_signature,
)
from ledger.core.statements.signer import SignerKind, kind_of_signer
from ledger.errors import DefiniteNo, Malformed

ACCOUNT_SIZE, P256_SIZE = 65, 64
_HALF = 32
_PERSONAL = b"\x19Ethereum Signed Message:\n32"
_ACCOUNT_FORM = "r ‖ s ‖ v, 65 bytes, where v is 27 or 28 (1b or 1c)"
_P256_FORM = "r ‖ s, 64 bytes"


def canonical_signature(signer: Signer, digest: bytes, signature: bytes) -> bytes:
    """The signature in the one form in which it is kept and relayed.

    Of an account key that is ``r ‖ s ‖ v`` with v 27 or 28. It may come with v 0 or 1, or compact, ``r ‖ (v, s)`` in 64
    bytes (EIP-2098). Whatever the signer's key did not make in one of these forms is returned unchanged, to be judged.

    :param digest: the 32 bytes that were signed: the statement's id.
    """
    if len(signer) != ADDRESS_SIZE:
        return signature
    spelled = _account_form(signature)
    return spelled if spelled != signature and recover_address(digest, spelled) == signer else signature


def check_slips(origin: Origin, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None:
    """Say what is wrong with a signature that was refused, where it is not that another key made it.

    :param is_party: whether the signer must be a key, as a party must, so that other lengths than a key's are wrong.
    :raises Malformed: the signer's own key made it, in another form or over other bytes; or no key makes its form.
    """
    kind = kind_of_signer(signer, origin)
    if kind is SignerKind.ADDRESS:
        reason = _account_slip(signer, digest, signature, is_party)
    elif kind is SignerKind.P256_KEY:
        reason = _p256_slip(origin, signer, digest, signature)
    elif kind is SignerKind.PASSKEY:
        reason = _passkey_slip(origin, signer, digest, signature)
    else:
        reason = None
    if reason is not None:
        raise Malformed(reason, "signature")


def _account_form(signature: bytes) -> bytes:
    """The same signature as r ‖ s ‖ v with v 27 or 28; unchanged if it is in no form of an account key's signature."""
    if len(signature) == ACCOUNT_SIZE and signature[-1] in (0, 1):
        return signature[:-1] + bytes([signature[-1] + 27])
    if len(signature) == ACCOUNT_SIZE - 1:  # the highest bit of the second half is v - 27
        first = signature[_HALF]
        return signature[:_HALF] + bytes([first & 0x7F]) + signature[_HALF + 1 :] + bytes([27 + (first >> 7)])
    return signature


def _account_slip(signer: Signer, digest: bytes, signature: bytes, is_party: bool) -> str | None:
    der = _der(signature)
    own = _account_form(signature)[:P256_SIZE] if len(signature) in (ACCOUNT_SIZE - 1, ACCOUNT_SIZE) else b""
    for spelled in _lower(own if der is None else der):
        if recover_address(digest, spelled) == signer:
            return _account_reason(signature, der is not None)
    if recover_address(keccak(_PERSONAL + digest), _account_form(signature)) == signer:
        return "the id was signed as a message (personal_sign): sign the statement as typed data (EIP-712)"
    if is_party and der is not None:
        return f"this is a DER signature: send {_ACCOUNT_FORM}"
    if is_party and len(signature) not in (ACCOUNT_SIZE - 1, ACCOUNT_SIZE):
        return f"an account key's signature is {_ACCOUNT_FORM}; this has {len(signature)} bytes"
    return None


def _account_reason(signature: bytes, is_der: bool) -> str:
    """Why the signature of this very key was not taken."""
    if is_der:
        return f"this is a DER signature: send {_ACCOUNT_FORM}"
    if len(signature) == ACCOUNT_SIZE and signature[-1] not in (0, 1, 27, 28):
        return f"its last byte is {signature[-1]}: send {_ACCOUNT_FORM}"
    if int.from_bytes(_account_form(signature)[_HALF:P256_SIZE]) > SECP256K1_N // 2:
        return "s is in the upper half of the order: send n - s in its place, and the other v (27 for 28, 28 for 27)"
    return "v is the wrong one of the two: send 27 for 28, or 28 for 27"


def _p256_slip(origin: Origin, signer: Signer, digest: bytes, signature: bytes) -> str | None:
    der = _der(signature)
    if der is not None:
        return f"this is a DER signature: send {_P256_FORM}"
    if len(signature) != P256_SIZE:
        return f"a P-256 signature is {_P256_FORM}; this has {len(signature)} bytes"
    if _is_signed(origin, signer, digest, _low_s(signature, P256_N)):
        return "s is in the upper half of the order: send n - s in its place"
    if _is_signed(origin, signer, sha256(digest).digest(), _low_s(signature, P256_N)):
        return "the key signed the SHA-256 of the id: sign the 32 bytes of the id themselves, without another hash"
    return None


def _passkey_slip(origin: Origin, signer: Signer, digest: bytes, signature: bytes) -> str | None:
    size = 2 + signature[1] if len(signature) > 1 else 0
    der = _der(signature[:size])
    plain = signature if der is None else der + signature[size:]
    if _is_signed(origin, signer, digest, _low_s(plain[:P256_SIZE], P256_N) + plain[P256_SIZE:]):
        if der is not None:
            return f"it begins with a DER signature, as authenticators give it: begin with {_P256_FORM}"
        return "s is in the upper half of the order: send n - s in its place"
    if not Assertion.has_form(signature):
        return ASSERTION_FORM
    return None


def _is_signed(origin: Origin, signer: Signer, digest: bytes, signature: bytes) -> bool:
    try:
        verify_signature(origin, signer, digest, signature)
    except (DefiniteNo, WalletUndecided):
        return False
    return True


def _lower(plain: bytes) -> Iterator[bytes]:
    """r ‖ s (64 bytes) with s in the lower half, and each v; nothing for other lengths."""
    if len(plain) == P256_SIZE:
        low = _low_s(plain, SECP256K1_N)
        yield low + b"\x1b"
        yield low + b"\x1c"


def _low_s(plain: bytes, order: int) -> bytes:
    s = int.from_bytes(plain[_HALF:])
    return plain[:_HALF] + (order - s).to_bytes(_HALF) if order // 2 < s < order else plain


def _der(signature: bytes) -> bytes | None:
    """r ‖ s (64 bytes) of an ECDSA signature in DER (RFC 3279 section 2.2.3); None if it is none."""
    if len(signature) < 8 or signature[0] != 0x30 or signature[1] != len(signature) - 2:
        return None
    rest, found = signature[2:], b""
    while rest:
        if len(rest) < 2 or rest[0] != 0x02 or not 0 < rest[1] <= min(_HALF + 1, len(rest) - 2):
            return None
        number, rest = rest[2 : 2 + rest[1]].lstrip(b"\0"), rest[2 + rest[1] :]
        if len(number) > _HALF:
            return None
        found += number.rjust(_HALF, b"\0")
    return found if len(found) == P256_SIZE else None

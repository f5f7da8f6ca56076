"""Signatures by passkeys: docs/formats.md section 3. What is not judged is there too, in cases that must pass."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace

from ledger.core.history.entry import Attested
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.resolutions import AttesterAuthorisation, CouncilChange
from ledger.core.statements.signature import P256_N
from ledger.testing.world import COUNCIL
from tests import passkeys
from tests.conformance.parts import (
    BAD,
    CARD,
    NAME,
    Shipment,
    attest_anyhow,
    case,
    enact_anyhow,
    everything,
    shipment,
    statement,
    unruly,
)
from tests.passkeys import BACKED_UP, ELIGIBLE, EXTENSIONS, EXTRA, NEW_KEY, PLAIN, PRESENT, SITE, VERIFIED, Passkey

PASSKEY = Passkey("officer with a passkey")
CRED_PROTECT = b"\xa1\x6bcredProtect\x03"  # CBOR of an authenticator's extension
_CHANGE = Callable[[bytes], bytes]


class _Hand:
    """Signs in the name of a passkey, with data as they are given."""

    def __init__(self, authenticator: bytes, client: Callable[[bytes], bytes] = passkeys.client_data) -> None:
        self._authenticator = authenticator
        self._client = client

    def sign(self, digest: bytes) -> bytes:
        return PASSKEY.assemble(self._authenticator, self._client(digest))


def signatures_by_passkeys() -> None:
    """What a passkey's signature may be, and what it may not."""
    for name, about, passkey in [
        ("attested", "an officer signed with a passkey", PASSKEY),
        ("in_a_cloud_account", "the key is kept in its owner's cloud account", replace(PASSKEY, flags=PLAIN | ELIGIBLE | BACKED_UP)),
        ("fit_for_a_cloud_account", "the key may be kept in a cloud account and is not yet", replace(PASSKEY, flags=PLAIN | ELIGIBLE)),
        ("with_reserved_flags", "the two flags that are reserved are not judged", replace(PASSKEY, flags=PLAIN | 0x22)),
        ("with_extension_data", "the authenticator added data of an extension", replace(PASSKEY, flags=PLAIN | EXTENSIONS, extensions=CRED_PROTECT)),
        ("with_more_client_data", "the browser added a member of its own", replace(PASSKEY, more=EXTRA)),
        ("at_a_local_site", "signed at a site without a certificate", replace(PASSKEY, site="http://localhost:8080")),
        ("at_a_site_that_does_not_print", "the site is no printable ASCII, and is not said", replace(PASSKEY, site="https://\u202e.example")),
        ("with_the_longest_signature", "1,024 bytes", _long(1024)),
        ("with_the_longest_authenticator_data", "255 bytes", replace(PASSKEY, flags=PLAIN | EXTENSIONS, extensions=bytes(255 - 37))),
    ]:  # fmt: skip
        made = _with_passkey()
        attest_anyhow(made, PASSKEY, passkey)
        assert len(passkey.sign(bytes(32))) <= 1024
        case(f"passkey_{name}", about, made, evidence=everything(made))
    for name, about, hand in [
        ("with_bytes_without_an_extension", "more authenticator data, and no flag that says so",
            _Hand(passkeys.authenticator_data(extensions=b"\0"))),
        ("without_a_site", "client data that end where the site begins", _Hand(passkeys.authenticator_data(), _beginning)),
        ("with_another_rp_id", "the hash of the RP ID is not judged", _Hand(passkeys.authenticator_data(rp_id="elsewhere.example"))),
        ("with_a_counter", "the counter is not judged", _Hand(passkeys.authenticator_data(counter=7))),
    ]:  # fmt: skip
        made = _with_passkey()
        attest_anyhow(made, PASSKEY, hand)
        case(f"passkey_{name}", about, made, evidence=everything(made))

    for flags, kept in [(PLAIN, ""), (PLAIN | ELIGIBLE, "_in_a_cloud_account")]:
        made = shipment(party=replace(PASSKEY, flags=flags))
        made.attest()
        case(f"passkey_of_a_party{kept}", "the party signed its declaration with a passkey", made)
    made = shipment()
    enact_anyhow(made, [COUNCIL], CouncilChange, (PASSKEY.signer,), 1)
    enact_anyhow(made, [PASSKEY], AttesterAuthorisation, Passkey("another officer").signer, "NZ-MPI")
    attest_anyhow(made, Passkey("another officer"))
    case("passkey_of_the_council", "a council of one passkey authorised another", made, evidence=everything(made))

    plain = passkeys.authenticator_data()
    for name, about, hand, change in [
        ("over_another_statement", "the challenge is another id", _Hand(plain, lambda id_: passkeys.client_data(bytes(32))), bytes),
        ("with_high_s", "the other s", PASSKEY, _high_s),
        ("with_another_r", "a bit of r", PASSKEY, lambda s: bytes([s[0] ^ 1]) + s[1:]),
        ("with_a_byte_more", "a byte after the client data", PASSKEY, lambda s: s + b"\0"),
        ("with_a_byte_less", "the client data lack their last byte", PASSKEY, lambda s: s[:-1]),
        ("with_changed_authenticator_data", "another counter than was signed", PASSKEY, lambda s: s[:65 + 36] + b"\1" + s[65 + 37 :]),
        ("of_another_site_than_signed", "a byte of the site", PASSKEY, lambda s: s.replace(b"sign.mpi", b"sign.mpl")),
        ("person_not_verified", "the authenticator did not ask who it is", _Hand(passkeys.authenticator_data(PRESENT)), bytes),
        ("person_not_present", "nobody touched the authenticator", _Hand(passkeys.authenticator_data(VERIFIED)), bytes),
        ("of_a_new_key", "the flag of attested credential data", _Hand(passkeys.authenticator_data(PLAIN | NEW_KEY)), bytes),
        ("of_a_new_key_with_data", "attested credential data", _Hand(passkeys.authenticator_data(PLAIN | NEW_KEY, bytes(18))), bytes),
        ("with_extensions_announced", "the flag of extensions, and no data of one", _Hand(passkeys.authenticator_data(PLAIN | EXTENSIONS)), bytes),
        ("backed_up_and_not_eligible", "backed up, and not backup eligible", _Hand(passkeys.authenticator_data(PLAIN | BACKED_UP)), bytes),
        ("made_at_registration", "client data of webauthn.create", _Hand(plain, lambda id_: passkeys.client_data(id_, kind="webauthn.create")), bytes),
        ("with_a_space_in_client_data", "a space before the challenge", _Hand(plain, lambda id_: passkeys.client_data(id_).replace(b',"ch', b', "ch')), bytes),
        ("with_members_in_another_order", "the challenge before the type", _Hand(plain, _turned), bytes),
        ("with_a_padded_challenge", "base64url with padding", _Hand(plain, _challenge(urlsafe_b64encode)), bytes),
        ("with_short_authenticator_data", "36 bytes", _Hand(plain[:36]), bytes),
        ("with_a_length_of_0", "no authenticator data", _Hand(b""), bytes),
        ("with_a_length_too_small", "37 bytes said to be 36", PASSKEY, lambda s: s[:64] + b"\x24" + s[65:]),
        ("with_a_length_beyond_the_end", "authenticator data that end too early", PASSKEY, lambda s: s[:64] + b"\xff" + s[65 : 65 + 200]),
        ("cut_before_the_length", "r and s alone", PASSKEY, lambda s: s[:64]),
        ("without_client_data", "no client data", PASSKEY, lambda s: s[: 65 + 37]),
        ("with_an_empty_signature", "no bytes", PASSKEY, lambda s: b""),
        ("as_a_plain_key", "r and s over the id itself, as a card signs", _Plain, bytes),
        ("with_a_signature_too_long", "1,025 bytes", _long(1025), bytes),
        ("of_somebody_else", "another passkey signed", Passkey("thief"), bytes),
    ]:  # fmt: skip
        made = _with_passkey()
        attest_anyhow(made, PASSKEY, hand, change=change)
        case(f"passkey_{name}_fail", about, made, evidence=everything(made), exit=BAD, failed=(f"{NAME} signature",))

    made = _with_passkey()
    said = _spelled_otherwise(made)
    hand = _Hand(plain, _challenge(lambda id_: b64encode(id_).rstrip(b"=")))
    unruly(made, Attested(said, PASSKEY.signer, hand.sign(said.id(made.world.origin))))
    case(
        "passkey_with_another_base64_fail", "the alphabet of base64, not that of base64url", made,
        evidence=everything(made), exit=BAD, failed=(f"{NAME} signature",),
    )  # fmt: skip

    made = _with_passkey()
    attest_anyhow(made, CARD, Passkey(CARD.name))
    case(
        "passkey_of_a_card_fail", "a card's key in a passkey's form", made,
        evidence=everything(made), exit=BAD, failed=(f"{NAME} signature",),
    )  # fmt: skip
    made = _with_passkey()
    attest_anyhow(made, _Elsewhere)
    case(
        "passkey_under_another_verifier_fail", "a passkey under a verifier that is not the contract's", made,
        evidence=everything(made), exit=BAD, failed=(f"{NAME} authority", f"{NAME} signature"),
    )  # fmt: skip
    made = shipment(party=_OfAThief)
    made.attest()
    case(
        "passkey_of_a_party_not_signed_fail", "another passkey signed the declaration", made,
        exit=BAD, failed=("declaration",),
    )  # fmt: skip
    made = shipment()
    enact_anyhow(made, [COUNCIL], CouncilChange, (PASSKEY.signer,), 1)
    enact_anyhow(made, [_OfAThief], AttesterAuthorisation, Passkey("another officer").signer, "NZ-MPI")
    attest_anyhow(made, Passkey("another officer"))
    case(
        "passkey_of_the_council_not_signed_fail", "another passkey endorsed the resolution", made,
        evidence=everything(made), exit=BAD, failed=(f"{NAME} authority",),
    )  # fmt: skip


def _with_passkey() -> Shipment:
    made = shipment()
    made.world.enact(AttesterAuthorisation, PASSKEY.signer, "NZ-MPI")
    return made


class _Plain:
    """The passkey's key, used like a card's."""

    sign = PASSKEY.p256


class _Elsewhere:
    signer = bytes(19) + b"\1" + PASSKEY.signer[20:]
    sign = PASSKEY.sign


class _OfAThief:
    signer = PASSKEY.signer
    sign = Passkey("thief").sign


def _long(size: int) -> Passkey:
    """The passkey with client data that make its signature so long."""
    shortest = len(replace(PASSKEY, more=_noted(0)).sign(bytes(32)))
    return replace(PASSKEY, more=_noted(size - shortest))


def _noted(length: int) -> str:
    return f',"note":"{"x" * length}"'


def _high_s(signature: bytes) -> bytes:
    return signature[:32] + (P256_N - int.from_bytes(signature[32:64])).to_bytes(32) + signature[64:]


def _beginning(id_: bytes) -> bytes:
    return passkeys.client_data(id_).partition(SITE.encode())[0]


def _turned(id_: bytes) -> bytes:
    client = passkeys.client_data(id_)
    type_, challenge = b'"type":"webauthn.get"', client[1:].split(b",")[1]
    return client.replace(type_ + b"," + challenge, challenge + b"," + type_)


def _challenge(encode: _CHANGE) -> _CHANGE:
    return lambda id_: passkeys.client_data(id_).replace(urlsafe_b64encode(id_).rstrip(b"="), encode(id_))


def _spelled_otherwise(made: Shipment) -> Attestation:
    """An attestation whose id the alphabets of base64 and base64url spell differently."""
    for number in range(256):
        said = statement(made, salt=bytes([number]) * 32)
        id_ = said.id(made.world.origin)
        if b64encode(id_) != urlsafe_b64encode(id_):
            return said
    raise AssertionError("no such id among 256")

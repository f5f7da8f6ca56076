"""The vectors of passkeys, ``tests/vectors/passkeys.json``: assertions that a browser made, and a case for each defect.

``python -m tests.passkey_vectors`` writes the file anew. It needs Chromium (``apt-get install chromium``). The virtual
authenticator of Chromium makes new keys each time, so the file differs each time.

Each case is a key, a digest, a signature in the form of docs/formats.md section 3, and whether it is accepted. The
contract, the core and the stand-alone verifier are tested on all of them.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.encoding.ids import DeclarationId, Root, Signer
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import MAX_SIGNATURE_SIZE, P256_N
from ledger.core.statements.withdrawal import Withdrawal
from ledger.testing.world import ORIGIN
from tests.browser import Browser, Passkey

FILE = Path(__file__).parent / "vectors" / "passkeys.json"
SITE = "https://sign.mpi.example"
SIGNATURE_SIZE = 64  # r ‖ s
FLAGS = SIGNATURE_SIZE + 1 + 32  # where the flags are in a signature
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
_TRIES = 200  # Chrome adds its extra member to about one answer in ten


@dataclass(frozen=True)
class Case:
    """One signature by a passkey.

    ``by`` says who made it: ``browser``, ``key`` (a P-256 key of this program, over data that no browser makes), or
    ``change`` (another case, changed without its key).
    """

    name: str
    accepted: bool
    by: str
    about: str
    key: bytes
    digest: bytes
    signature: bytes

    @property
    def authenticator_data(self) -> bytes:
        """As the length byte says."""
        begin = SIGNATURE_SIZE + 1
        return self.signature[begin : begin + self.signature[SIGNATURE_SIZE]]

    @property
    def client_data(self) -> bytes:
        """All that follows the authenticator data."""
        return self.signature[SIGNATURE_SIZE + 1 + len(self.authenticator_data) :]


def load() -> list[Case]:
    """All cases of the file."""
    return [_read(members) for members in json.loads(FILE.read_text(encoding="utf-8"))["cases"]]


def _read(members: dict[str, Any]) -> Case:
    return Case(**{name: bytes.fromhex(v[2:]) if name in _BYTES else v for name, v in members.items()})


_BYTES = ("key", "digest", "signature")


def render(browser: str, cases: list[Case]) -> str:
    """The text of the file."""
    spelled = [
        {name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in vars(case).items()}
        for case in cases
    ]
    about = "signatures by passkeys: docs/formats.md section 3; written by python -m tests.passkey_vectors"
    return json.dumps({"about": about, "browser": browser, "cases": spelled}, indent=1, ensure_ascii=False) + "\n"


def compact(r: int, s: int, authenticator_data: bytes, client_data: bytes) -> bytes:
    """The one form of a signature; s is made low."""
    s = min(s, P256_N - s)
    return r.to_bytes(32) + s.to_bytes(32) + bytes([len(authenticator_data)]) + authenticator_data + client_data


# ------------------------------------------------------------------------------------------------------ what is signed

_DECLARATION = Declaration(Signer(bytes(range(84))), sha256(b"invoice").digest(), 380)
_ATTESTATION = Attestation(
    "NZ-MPI", 851, 1, sha256(b"certificate").digest(), 1_790_000_000, NO_END, Root(sha256(b"set").digest()), 1,
    sha256(b"salt").digest(),
)  # fmt: skip
IDS = {
    "declaration": _DECLARATION.id(ORIGIN),
    "attestation": _ATTESTATION.id(ORIGIN),
    "revocation": Revocation(_ATTESTATION.id(ORIGIN), DeclarationId(ZERO), 41).id(ORIGIN),
    "withdrawal": Withdrawal(_DECLARATION.id(ORIGIN), 1, DeclarationId(ZERO)).id(ORIGIN),
}

# ---------------------------------------------------------------------------------------------------- made by a browser

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Signing page</title><h1>Signing page</h1>
<script>
const hex = bytes => [...new Uint8Array(bytes)].map(byte => byte.toString(16).padStart(2, "0")).join("");
const unhex = text => Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16));
async function create(extensions) {
  const made = await navigator.credentials.create({ publicKey: {
    rp: { name: "Trade document ledger", id: location.hostname },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: "officer", displayName: "officer" },
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    pubKeyCredParams: [{ type: "public-key", alg: -7 }], attestation: "none", extensions,
    authenticatorSelection: { residentKey: "required", userVerification: "required" } } });
  return { id: hex(made.rawId), key: hex(new Uint8Array(made.response.getPublicKey()).slice(-64)) };
}
async function sign(id, challenge, userVerification, extensions) {
  const made = await navigator.credentials.get({ publicKey: {
    challenge: unhex(challenge), rpId: location.hostname, userVerification, extensions,
    allowCredentials: [{ type: "public-key", id: unhex(id) }] } });
  const { signature, authenticatorData, clientDataJSON } = made.response;
  return { signature: hex(signature), authenticator: hex(authenticatorData), client: hex(clientDataJSON) };
}
</script></html>
"""


def create_passkey(browser: Browser, extensions: str = "{}") -> Passkey:
    """A new passkey of the plugged-in authenticator."""
    made = browser.call(f"create({extensions})")
    return Passkey(bytes.fromhex(made["id"]), bytes.fromhex(made["key"]))


def sign(
    browser: Browser, passkey: Passkey, digest: bytes, verification: str = "required", extensions: str = "{}"
) -> bytes:
    """The passkey's signature over a digest, in its one form."""
    arguments = f'"{passkey.credential.hex()}", "{digest.hex()}", "{verification}", {extensions}'
    made = {name: bytes.fromhex(value) for name, value in browser.call(f"sign({arguments})").items()}
    return compact(*decode_dss_signature(made["signature"]), made["authenticator"], made["client"])


def of_the_browser(browser: Browser) -> Iterator[Case]:
    """Assertions of Chromium's virtual authenticator."""
    browser.open(SITE + "/")

    def case(name: str, statement: str, about: str, made: Passkey, signature: bytes, accepted: bool = True) -> Case:
        return Case(name, accepted, "browser", about, made.key, IDS[statement], signature)

    plugged = browser.authenticator()
    passkey, found = create_passkey(browser), dict[bool, bytes]()
    for _ in range(_TRIES):
        signature = sign(browser, passkey, IDS["attestation"])
        found.setdefault(b"other_keys_can_be_added_here" in signature, signature)
        if len(found) == 2:
            break
    yield case("plain", "attestation", "an attestation's id, user verified", passkey, found[False])
    yield case("extra_member", "attestation", "Chrome added a member to the client data", passkey, found[True])
    for statement in ("declaration", "withdrawal", "revocation"):
        yield case(statement, statement, f"a {statement}'s id", passkey, sign(browser, passkey, IDS[statement]))
    browser.send("WebAuthn.setUserVerified", authenticatorId=plugged, isUserVerified=False)
    weak = sign(browser, passkey, IDS["attestation"], "discouraged")
    yield case(
        "not_verified_in_a_browser", "attestation", "the authenticator did not ask who it is", passkey, weak, False
    )
    browser.unplug(plugged)

    for name, state, about in [
        ("backup_eligible", False, "flag BE: the key may be kept in its owner's cloud account"),
        ("backed_up", True, "flags BE and BS: the key is kept in its owner's cloud account"),
    ]:
        plugged = browser.authenticator(defaultBackupEligibility=True, defaultBackupState=state)
        passkey = create_passkey(browser)
        yield case(name, "declaration", about, passkey, sign(browser, passkey, IDS["declaration"]))
        browser.unplug(plugged)

    plugged = browser.authenticator(hasCredBlob=True)
    passkey = create_passkey(browser, "{credBlob: new Uint8Array([1, 2, 3])}")
    signature = sign(browser, passkey, IDS["attestation"], extensions="{getCredBlob: true}")
    yield case("extensions", "attestation", "flag ED: authenticator data with extensions", passkey, signature)
    browser.unplug(plugged)


# -------------------------------------------------------------------------------------------------- made by our own key


class Maker:
    """A P-256 key that signs whatever it is given, as no browser would. It signs the same way each time (RFC 6979)."""

    def __init__(self, seed: bytes) -> None:
        self._private = ec.derive_private_key(int.from_bytes(sha256(seed).digest()) % P256_N, ec.SECP256R1())
        self.key = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]

    def sign(self, authenticator_data: bytes, client_data: bytes) -> bytes:
        """A signature in its one form."""
        r, s = self.raw(authenticator_data + sha256(client_data).digest())
        return compact(r, s, authenticator_data, client_data)

    def raw(self, message: bytes) -> tuple[int, int]:
        """r and s over SHA-256 of the message."""
        return decode_dss_signature(self._private.sign(message, ec.ECDSA(SHA256())))


def authenticator_data(flags: int = UP | UV, more: bytes = b"") -> bytes:
    """Hash of the RP ID, flags, a counter of 7, and what follows."""
    return sha256(b"sign.mpi.example").digest() + bytes([flags]) + (7).to_bytes(4) + more


def client_data(challenge: bytes, type_: str = "webauthn.get", rest: str = ',"crossOrigin":false}') -> bytes:
    """As WebAuthn level 2 section 5.8.1.1 has it."""
    spelled = urlsafe_b64encode(challenge).rstrip(b"=").decode()
    return f'{{"type":"{type_}","challenge":"{spelled}","origin":"{SITE}"{rest}'.encode()


def of_our_key() -> Iterator[Case]:
    """What no browser makes. Each case that is not accepted breaks one rule, and its key signed it all the same."""
    maker = Maker(b"passkey vectors")
    # A digest that base64 spells with "+" and "/", and base64url with "-" and "_".
    digest = bytes.fromhex("fbff" * 16)

    def case(name: str, about: str, authenticator: bytes, client: bytes, accepted: bool = False) -> Case:
        return Case(name, accepted, "key", about, maker.key, digest, maker.sign(authenticator, client))

    good, client = authenticator_data(), client_data(digest)
    yield case("by_our_key", "as a browser would make it", good, client, True)
    yield case(
        "reserved_flags", "flags that have no meaning yet are not judged", authenticator_data(0x27), client, True
    )
    yield case(
        "longer_data", "more authenticator data, with flag ED", authenticator_data(UP | UV | ED, b"\xa0"), client, True
    )
    yield case(
        "longer_data_without_flag", "more authenticator data, without flag ED: not judged",
        authenticator_data(more=b"\xa0"), client, True,
    )  # fmt: skip
    longest = authenticator_data(UP | UV | ED, bytes(255 - len(good)))
    yield case("longest_authenticator_data", "255 bytes of authenticator data", longest, client, True)
    filler = MAX_SIGNATURE_SIZE - len(maker.sign(good, client_data(digest, rest=',"x":""}')))
    yield case("longest", "1,024 bytes in all", good, client_data(digest, rest=f',"x":"{"x" * filler}"}}'), True)

    for name, flags, about in [
        ("no_user_presence", UV, "flag UP is not set"),
        ("no_user_verification", UP, "flag UV is not set"),
        ("no_flags", 0, "neither UP nor UV is set"),
        ("attested_key", UP | UV | AT, "flag AT is set, as when a passkey is made"),
        ("backed_up_without_eligibility", UP | UV | BS, "flag BS is set without BE"),
        ("extensions_without_data", UP | UV | ED, "flag ED is set, but there are only 37 bytes"),
    ]:
        yield case(name, about, authenticator_data(flags), client)
    yield case("authenticator_data_of_36_bytes", "one byte too few, signed all the same", good[:36], client)
    yield case("authenticator_data_empty", "no authenticator data, signed all the same", b"", client)

    text = client.decode()
    padded = urlsafe_b64encode(digest).decode()
    spelled = padded.rstrip("=")
    spellings: list[tuple[str, bytes | str, str]] = [
        ("type_create", client_data(digest, "webauthn.create"), "made as a passkey is made"),
        ("type_payment", client_data(digest, "payment.get"), "made for a payment"),
        ("challenge_padded", text.replace(spelled, padded), "base64url with padding"),
        ("challenge_base64", text.replace(spelled, b64encode(digest).decode().rstrip("=")), "base64, not base64url"),
        ("challenge_hex", text.replace(spelled, digest.hex()), "hex"),
        ("challenge_of_another_digest", client_data(bytes(32)), "another statement's id"),
        ("challenge_empty", text.replace(spelled, ""), "no challenge"),
        ("challenge_with_more", text.replace(spelled, spelled + "AAAA"), "the id is only the beginning"),
        ("space_in_client_data", text.replace(":", ": ", 1), "the same JSON value with a space"),
        ("bom_before_client_data", "\ufeff" + text, "a byte order mark"),
        ("escape_in_client_data", text.replace("webauthn", "\\u0077ebauthn"), "the same JSON value with an escape"),
        (
            "challenge_before_type",
            f'{{"challenge":"{spelled}","type":"webauthn.get","origin":"{SITE}","crossOrigin":false}}',
            "the same JSON value in another order",
        ),
        (
            "origin_last",
            f'{{"type":"webauthn.get","challenge":"{spelled}","crossOrigin":false,"origin":"{SITE}"}}',
            "the same JSON value in another order",
        ),
        ("origin_missing", f'{{"type":"webauthn.get","challenge":"{spelled}","crossOrigin":false}}', "no origin"),
        ("client_data_empty", "", "no client data"),
        ("client_data_ends_before_origin", text[: text.index("origin")], "shorter than its fixed beginning"),
    ]
    for name, spelling, about in spellings:
        yield case(name, about, good, spelling.encode() if isinstance(spelling, str) else spelling)

    r, s = maker.raw(good + sha256(client).digest())
    plain = compact(r, s, good, client)
    without = plain[:SIGNATURE_SIZE] + plain[SIGNATURE_SIZE + 1 :]
    # ECDSA over the digest itself, as a P-256 card signs it, before data that fit.
    raw = Maker(b"passkey vectors").raw(digest)
    for name, signature, about in [
        ("no_length_byte", without, "authenticator data directly after s"),
        ("p256_signature_alone", compact(*raw, b"", b"")[:SIGNATURE_SIZE], "r and s, as a P-256 key signs"),
        ("p256_signature_with_data", compact(*raw, good, client), "signed the digest itself, not these data"),
    ]:
        yield Case(name, False, "key", about, maker.key, digest, signature)


# ------------------------------------------------------------------------------------------------ changed without a key


def changed(good: Case) -> Iterator[Case]:
    """What a relayer could make of a good signature."""
    sig = good.signature

    def case(name: str, signature: bytes, about: str, **others: bytes) -> Case:
        values = {"key": good.key, "digest": good.digest} | others
        return Case(name, False, "change", about, signature=signature, **values)

    def flipped(at: int) -> bytes:
        return sig[:at] + bytes([sig[at] ^ 1]) + sig[at + 1 :]

    s = int.from_bytes(sig[32:64])
    length = sig[SIGNATURE_SIZE]
    yield case("trailing_byte", sig + b"\x00", "one byte more")
    yield case("trailing_space", sig + b" ", "the same JSON value with a space at its end")
    yield case("high_s", sig[:32] + (P256_N - s).to_bytes(32) + sig[64:], "the other s that fits")
    yield case("r_flipped", flipped(31), "one bit of r")
    yield case("s_flipped", flipped(63), "one bit of s")
    yield case("r_zero", bytes(32) + sig[32:], "r is 0")
    yield case("s_zero", sig[:32] + bytes(32) + sig[64:], "s is 0")
    yield case("r_of_the_order", P256_N.to_bytes(32) + sig[32:], "r is the order of the group")
    yield case("rp_id_changed", flipped(SIGNATURE_SIZE + 1), "one bit of the RP ID's hash")
    yield case("backup_flag_added", sig[:FLAGS] + bytes([sig[FLAGS] | BE]) + sig[FLAGS + 1 :], "flag BE, not signed")
    yield case("counter_changed", flipped(FLAGS + 4), "one bit of the counter")
    yield case("site_changed", sig.replace(b"sign.mpi", b"sign.mpj"), "one letter of the site")
    yield case("cut", sig[:-1], "one byte less")
    yield case("empty", b"", "no byte")
    yield case("too_short", sig[: SIGNATURE_SIZE + 1], "ends after the length byte")
    yield case("cut_before_client_data", sig[: SIGNATURE_SIZE + 1 + length], "ends after the authenticator data")
    head = SIGNATURE_SIZE + 1 + length + 36 + 43 + 12
    yield case("head_only", sig[:head], "ends where the site begins")
    yield case("length_too_small", sig[:64] + bytes([length - 1]) + sig[65:], "one byte too much is client data")
    yield case("length_too_large", sig[:64] + bytes([length + 1]) + sig[65:], "one byte of client data too few")
    yield case("length_beyond_the_end", sig[:64] + b"\xff" + sig[65:], "more authenticator data than there are bytes")
    yield case("length_zero", sig[:64] + b"\x00" + sig[65:], "no authenticator data")
    yield case("other_digest", sig, "a signature over another statement", digest=bytes(32))
    yield case("other_key", sig, "another passkey's", key=Maker(b"another").key)
    yield case("key_off_the_curve", sig, "x and y are no point", key=good.key[:63] + bytes([good.key[63] ^ 1]))
    yield case("key_zero", sig, "x and y are 0", key=bytes(64))


def main() -> int:
    """Write the file."""
    with Browser({SITE + "/": PAGE}) as browser:
        version, cases = browser.version, list(of_the_browser(browser))
    cases += [*of_our_key(), *changed(next(case for case in cases if case.name == "plain"))]
    FILE.write_text(render(version, cases), encoding="utf-8")
    sys.stdout.write(f"{len(cases)} cases written to {FILE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

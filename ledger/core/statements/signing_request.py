"""A request for a signature, and its answer: what a portal and a signing page say to each other.

Both stand in the fragment of an address, which no browser sends to a server. docs/portal.md, "The signing page",
specifies them; ``web/pages/request.ts`` is the twin that a browser runs.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.json_text import Json, canonical_json, parse_json
from ledger.core.encoding.limits import Limits
from ledger.core.encoding.reading import hex_bytes, hex_text, read_object, read_string
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import DOMAIN_NAME, DOMAIN_VERSION, Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import RESOLUTIONS
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.signer import check_signer
from ledger.core.statements.statement import Statement
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import Malformed

STATEMENTS: Mapping[str, type[Statement]] = {
    kind.PRIMARY_TYPE: kind
    for kind in (SignIn, Declaration, Withdrawal, Attestation, Revocation, Posting, *RESOLUTIONS)
}
"""Every type of statement that can be signed, by its name."""
PASSKEY = "Passkey"
"""The type of a request that asks for a new passkey."""
SIGNER_MEMBERS: Mapping[str, str] = {SignIn.PRIMARY_TYPE: "signer", Declaration.PRIMARY_TYPE: "party"}
"""The members that name the signer: a request may leave them out."""
MOST_CHARACTERS = 1 << 20
_MEMBERS = ("type", "message", "domain", "back", "state")
_OPTIONAL = ("signer", "about")
_DOMAIN = ("name", "version", "chainId", "verifyingContract", "salt")
_STATE = re.compile(r"[A-Za-z0-9_-]{0,200}")
_LIMITS = Limits(structured=MOST_CHARACTERS, depth=8)


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What shall be signed, and where the answer goes.

    ``message``: the statement's JSON, perhaps without the member that names its signer. ``signer``: who shall sign;
    None: whoever is asked. ``state``: what whoever asks wants to see again in the answer.
    """

    type: str
    message: Mapping[str, Json]
    origin: Origin
    back: str
    state: str
    signer: Signer | None = None

    @classmethod
    def parse(cls, text: str) -> SigningRequest:
        """Read a request: the address of a signing page with its fragment, or the fragment alone.

        :raises Malformed: it is none, or not in its one spelling.
        """
        value = _decoded(text.rpartition("#")[2])
        names = [*_MEMBERS, *(name for name in _OPTIONAL if isinstance(value, Mapping) and name in value)]
        said = dict(zip(names, read_object(value, names, "request"), strict=True))
        type_, message = read_string(said["type"], "type"), said["message"]
        if type_ not in STATEMENTS:
            words = "asks for a passkey, which only a browser makes" if type_ == PASSKEY else "names no statement"
            raise Malformed(words, "type")
        if not isinstance(message, Mapping):
            raise Malformed("must be an object", "message")
        state = read_string(said["state"], "state")
        if _STATE.fullmatch(state) is None:
            raise Malformed("must be at most 200 letters, digits, - and _", "state")
        signer = said.get("signer")
        request = cls(type_, message, _read_domain(said["domain"]), _read_back(said["back"]), state)
        return request if signer is None else request.with_signer(_read_signer(signer))

    def with_signer(self, signer: Signer) -> SigningRequest:
        """The same request for this signer."""
        return SigningRequest(self.type, self.message, self.origin, self.back, self.state, signer)

    def statement(self, signer: Signer) -> Statement:
        """The statement, as this signer signs it.

        :raises Malformed: a member is wrong, or somebody else shall sign.
        """
        own = SIGNER_MEMBERS.get(self.type)
        message = dict(self.message) if own is None else {own: hex_text(signer), **self.message}
        named = self.signer if own is None else hex_bytes(message[own], own)
        if (named is not None and named != signer) or (self.signer is not None and self.signer != signer):
            raise Malformed(
                f"asks for the signature of {hex_text(self.signer or named or b'')}, not of this key", "signer"
            )
        return STATEMENTS[self.type].from_json(message, "message")

    def answer(self, signer: Signer, signature: bytes) -> SigningAnswer:
        """The answer with this signature, which is not judged here."""
        return SigningAnswer(self.statement(signer).id(self.origin), signer, signature, self.state, self.back)

    def fragment(self) -> str:
        """What :meth:`parse` reads."""
        value: dict[str, Any] = {
            "type": self.type,
            "message": dict(self.message),
            "domain": domain_of(self.origin),
            "back": self.back,
            "state": self.state,
        }
        if self.signer is not None:
            value["signer"] = hex_text(self.signer)
        return _encoded(value)


@dataclass(frozen=True, slots=True)
class SigningAnswer:
    """A signature, and where it goes."""

    id: bytes
    signer: Signer
    signature: bytes
    state: str
    back: str

    def to_json(self) -> dict[str, str]:
        return {
            "id": hex_text(self.id),
            "signer": hex_text(self.signer),
            "signature": hex_text(self.signature),
            "state": self.state,
        }

    def address(self) -> str:
        """The address that takes the answer back to the page that asked."""
        return f"{self.back}#signed={_encoded(self.to_json())}"


def domain_of(origin: Origin) -> dict[str, Json]:
    """The EIP-712 domain of a history in JSON; a chain id beyond 2^53 - 1 is a text of digits."""
    chain = origin.chain_id
    return {
        "name": DOMAIN_NAME,
        "version": DOMAIN_VERSION,
        "chainId": chain if chain < 1 << 53 else str(chain),
        "verifyingContract": hex_text(origin.contract),
        "salt": hex_text(origin.salt),
    }


def _read_domain(value: object) -> Origin:
    name, version, chain, contract, salt = read_object(value, _DOMAIN, "domain")
    if (name, version) != (DOMAIN_NAME, DOMAIN_VERSION):
        raise Malformed(f'must be that of "{DOMAIN_NAME}", version {DOMAIN_VERSION}', "domain")
    if type(chain) is not int and not isinstance(chain, str):
        raise Malformed("must be a number", "domain.chainId")
    return Origin.parse(f"eip155:{chain}:{contract}:{str(salt).removeprefix('0x')}")


def _read_back(value: object) -> str:
    back = read_string(value, "back")
    try:
        parts = urlsplit(back)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and "#" not in back
    except ValueError:
        good = None
    if not good or re.search(r"\s", back):
        raise Malformed("must be an address with http:// or https://, without a fragment", "back")
    return back


def _read_signer(value: object) -> Signer:
    signer = Signer(hex_bytes(value, "signer"))
    check_signer(signer)
    return signer


def _encoded(value: object) -> str:
    return urlsafe_b64encode(canonical_json(value)).rstrip(b"=").decode()


def _decoded(text: str) -> Json:
    advice = "is no request for a signature: copy the whole address of the signing page"
    if len(text) > MOST_CHARACTERS:
        raise Malformed(f"is over the limit of {MOST_CHARACTERS} characters", "request")
    if re.fullmatch(r"[A-Za-z0-9_-]+", text) is None or len(text) % 4 == 1:
        raise Malformed(advice, "request")
    value = parse_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)), _LIMITS)
    if _encoded(value) != text:
        raise Malformed("is not in canonical form (RFC 8785, base64url without padding)", "request")
    return value

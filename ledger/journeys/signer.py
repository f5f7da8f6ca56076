"""Signer: what a signer is, and for whom it speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.history.agencies import Agencies, Attester
from ledger.core.statements.member_types import NO_END
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.core.statements.signer import SignerKind, kind_of_signer

_WORDS = {
    SignerKind.P256_KEY: "P-256 key, for example on a smart card",
    SignerKind.PASSKEY: "passkey (WebAuthn), used in a browser",
    SignerKind.OTHER_VERIFIER: "key of a verifier contract (ERC-7913) that is not one of this ledger's",
}
_ADDRESS_WORDS = {
    False: "account key (secp256k1)",
    True: "address of a contract: a wallet (ERC-1271), or an account that lets a contract act for it (EIP-7702)",
}


@dataclass(frozen=True, slots=True)
class SignerView:
    """A signer. ``has_code``: whether there is a contract at its address; None for a signer that is no address.

    ``attester``: for whom it speaks; None if for no agency. ``seated``: whether it is a member of the council now.
    """

    signer: Signer
    kind: SignerKind
    has_code: bool | None
    attester: Attester | None
    seated: bool

    @property
    def words(self) -> str:
        """What the signer is, in English."""
        return _WORDS[self.kind] if self.has_code is None else _ADDRESS_WORDS[self.has_code]

    def to_json(self) -> dict[str, Any]:
        """For machines: times in seconds; an end that is not set is null."""
        speaks = self.attester and {
            "agency": self.attester.agency,
            "from": self.attester.period.from_,
            "until": None if self.attester.period.until == NO_END else self.attester.period.until,
            "compromised_from": self.attester.compromised_from,
        }
        return {
            "signer": hex_text(self.signer),
            "kind": self.kind.value,
            "words": self.words,
            "contract": self.has_code,
            "verifier": None if self.kind is SignerKind.ADDRESS else hex_text(self.signer[:ADDRESS_SIZE]),
            "speaks_for": speaks,
            "in_council": self.seated,
        }


def view_signer(signer: Signer, origin: Origin, agencies: Agencies, has_code: Callable[[bytes], bool]) -> SignerView:
    """What ``signer`` is; ``has_code`` asks the chain whether there is a contract at an address.

    :raises Malformed: it does not have 20 to 128 bytes.
    :raises Unavailable: ``has_code`` could not ask the chain.
    """
    kind = kind_of_signer(signer, origin)
    code = has_code(signer) if kind is SignerKind.ADDRESS else None
    return SignerView(signer, kind, code, agencies.attesters.get(signer), signer in agencies.members)

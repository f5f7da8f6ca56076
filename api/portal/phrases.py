"""What codes, keys and standings are called on pages: the same words everywhere, in the reader's language."""

from __future__ import annotations

from typing import NamedTuple

from api.portal.words import Words, mark
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.history.standing import Standing
from ledger.core.statements import code_lists
from ledger.core.statements.origin import Origin
from ledger.core.statements.signer import SignerKind, kind_of_signer


class Said(NamedTuple):
    """A status (VALID, INVALID, SKIPPED or ERROR, which decides sign and border) and its words."""

    status: str
    words: str


_STANDINGS = {
    Standing.IN_FORCE: ("VALID", mark("In force")),
    Standing.UNKNOWN: ("SKIPPED", mark("Not attested")),
    Standing.NOT_YET: ("SKIPPED", mark("Not yet attested")),
    Standing.NOT_YET_VALID: ("SKIPPED", mark("Not yet in force")),
    Standing.EXPIRED: ("INVALID", mark("Ran out")),
    Standing.REVOKED: ("INVALID", mark("Revoked by the agency")),
    Standing.COMPROMISED: ("INVALID", mark("Made with a stolen key")),
}
_STATES = {
    "pending": mark("Received, waits for its entry"),
    "batched": mark("Received, waits for its entry"),
    "sent": mark("On its way into the history"),
    "anchored": mark("Entered in the history"),
    "final": mark("Entered in the history for good"),
}
_KEYS = {
    SignerKind.ADDRESS: mark("account key %(key)s"),
    SignerKind.P256_KEY: mark("card or P-256 key %(key)s"),
    SignerKind.PASSKEY: mark("passkey %(key)s"),
    SignerKind.OTHER_VERIFIER: mark("key %(key)s"),
}


class Phrases:
    """Codes in the words of one language. A code without words is said by its number and its list."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def type(self, document_type: int) -> str:
        """A document type, or a kind of attestation."""
        known = code_lists.DOCUMENT_TYPES.get(document_type)
        if known is not None:
            return self._words.say(known)
        return self._words.say("document of type %(code)s (UNCL 1001)", code=document_type)

    def outcome(self, kind: int, outcome: int) -> str:
        """An outcome of a kind of attestation."""
        return self._of(code_lists.outcomes_of(kind), outcome)

    def reason(self, reason: int) -> str:
        """The reason of a revocation."""
        return self._of(code_lists.DOCUMENT_STATUS, reason)

    def withdrawal(self, reason: int) -> str:
        """The reason of a withdrawal."""
        known = code_lists.WITHDRAWAL_REASONS.get(reason)
        return self._code(reason, 1225) if known is None else self._words.say(known)

    def standing(self, standing: Standing, kind: int, outcome: int) -> Said:
        """The standing of an attestation: its status and its words. A word against the goods is lifted, not revoked."""
        status, words = _STANDINGS[standing]
        if code_lists.is_adverse(kind, outcome):
            if standing is Standing.IN_FORCE:
                return Said("INVALID", self._words.say("In force, against the goods"))
            if standing is Standing.REVOKED:
                return Said("SKIPPED", self._words.say("Lifted by the agency"))
        return Said(status, self._words.say(words))

    def state(self, state: str) -> str:
        """How far a declaration has come."""
        return self._words.say(_STATES[state])

    def key(self, signer: Signer, origin: Origin) -> str:
        """What kind of key a signer is, and enough of it to tell it from others."""
        return self._words.say(_KEYS[kind_of_signer(signer, origin)], key=short(signer))

    def _of(self, outcomes: code_lists.OutcomeList, code: int) -> str:
        known = outcomes.words.get(code)
        return self._code(code, outcomes.number) if known is None else self._words.say(known)

    def _code(self, code: int, number: int) -> str:
        return self._words.say("code %(code)s of UNCL %(list)s", code=code, list=number)


def short(value: bytes) -> str:
    """Enough of an id or a key to tell it from others: its first and last four digits, "0x7099…79c8"."""
    text = hex_text(value)
    return text if len(text) <= 14 else f"{text[:6]}…{text[-4:]}"

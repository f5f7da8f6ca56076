"""A good audit may end with a cosignature on the newest checkpoint that was audited."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, cosigned, cosigned_text
from ledger.core.checkpoints.trust import TrustRoot
from ledger.edges.keys.keystore import SigningKey
from ledger.errors import Malformed, VerificationFailed
from ledger.journeys.audit.audit import Audited


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The verifier key that names the cosigner, and the Ed25519 key that signs."""

    verifier: NoteKey
    key: SigningKey

    @classmethod
    def of(cls, name: str, key: SigningKey, trust: TrustRoot | None) -> Cosigner:
        """Made before the audit begins, so that what is missing is known then.

        :raises Malformed: the name cannot be that of a note key, the key is not Ed25519, or the log's key
            is unknown or is this one.
        """
        if trust is None:
            raise Malformed("the log's key is not known: give a trust root with --trust", "cosign")
        key.sign_note(b"")
        if any(key.public_key == log_key.public_key for log_key, _ in trust.log_keys):
            raise Malformed("is a key of the log itself: an auditor has one of its own", "cosign")
        return cls(NoteKey(name, key.public_key, KeyType.WITNESS), key)

    def cosign(self, audited: Audited, at: int) -> SignedNote:
        """The newest checkpoint that was audited, with a cosignature at ``at`` (seconds) added.

        :raises VerificationFailed: the audit found a difference, or something could not be compared.
        :raises Malformed: no checkpoint was audited.
        """
        if not audited.report.good:
            raise VerificationFailed("the audit is not good: nothing is cosigned")
        if audited.newest is None:
            raise Malformed("no checkpoint was audited: give one with --checkpoint", "cosign")
        checkpoint = audited.newest.checkpoint
        signature = self.key.sign_note(cosigned_text(checkpoint, at))
        return audited.newest.with_signatures(cosigned(checkpoint, self.verifier, at, signature))

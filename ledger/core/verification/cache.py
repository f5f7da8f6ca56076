"""What many verifications have in common: results that depend on nothing but what they are asked about."""

from __future__ import annotations

from functools import lru_cache, partial

from ledger.core.checkpoints.note import NoteKey, SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.history.council import check_quorum
from ledger.core.history.entry import Content, Enacted, EntryKind, decode_payload
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import CouncilChange
from ledger.core.statements.signature import verify_signature

MAX_ITEMS = 1_024
MAX_CHECKPOINTS = 64
MAX_PAYLOAD = 2_048  # bytes; larger payloads are read each time


class VerificationCache:
    """Remembers payloads that were decoded and resolutions that keys carried, at most ``items`` of each, and which log
    key signed a checkpoint.

    The council, agencies, mandates and attesters of a history come again in the evidence of each of its documents, and
    a checkpoint comes again in the evidence of each document that was verified while it was the newest. One
    who verifies much makes one cache and passes it to every ``verify``. Several threads may use it.
    """

    def __init__(self, items: int = MAX_ITEMS) -> None:
        self._decode = lru_cache(items)(decode_payload)
        self._check_carried = lru_cache(items)(check_carried)
        self._log_key_of = lru_cache(MAX_CHECKPOINTS)(TrustRoot.log_key_of)

    def decode(self, kind: EntryKind, payload: bytes) -> Content:
        """See ``decode_payload``."""
        return (self._decode if len(payload) <= MAX_PAYLOAD else decode_payload)(kind, payload)

    def check_carried(self, content: Enacted, origin: Origin, council: CouncilChange) -> None:
        """See the function ``check_carried``; errors are not remembered."""
        self._check_carried(content, origin, council)

    def log_key_of(self, trust: TrustRoot, note: SignedNote) -> NoteKey:
        """See ``TrustRoot.log_key_of``; errors are not remembered.

        It remembers the whole question: the trust root with the sizes up to which its keys count, and every line.
        """
        return self._log_key_of(trust, note)


def check_carried(content: Enacted, origin: Origin, council: CouncilChange) -> None:
    """Check that a resolution carries the quorum of ``council``.

    :raises DefiniteNo: it does not.
    :raises WalletUndecided: it does if a wallet contract accepted a signature, which only the contract could say.
    """
    check_quorum(content, origin, council.members, council.threshold, partial(verify_signature, origin))

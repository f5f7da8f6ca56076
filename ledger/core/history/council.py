"""The council's quorum: who must have signed a resolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import Enacted
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided
from ledger.errors import (
    CouncilMemberUnknown,
    EndorsementsUnordered,
    QuorumMissing,
)

# (signer, digest, signature): returns, or raises VerificationFailed or WalletUndecided.
Verifier = Callable[[Signer, bytes, bytes], None]


def check_quorum(content: Enacted, origin: Origin, members: Sequence[Signer], threshold: int, verify: Verifier) -> None:
    """Check that a resolution carries ``threshold`` signatures of distinct ``members`` (rule 1).

    A threshold of 0, which no contract writes, is met by nothing.

    :raises Refused: QuorumMissing, EndorsementsUnordered or CouncilMemberUnknown.
    :raises DefiniteNo: what ``verify`` raises for a signature that does not fit.
    :raises WalletUndecided: all else fits, and only the contract could judge a signature.
    """
    if not 0 < threshold <= len(content.endorsements):
        raise QuorumMissing(threshold, len(content.endorsements))
    for before, after in pairwise(content.endorsements):
        if keccak(before.signer) >= keccak(after.signer):
            raise EndorsementsUnordered(after.signer)
    id_ = content.resolution.id(origin)
    undecided: WalletUndecided | None = None
    for signer, signature in content.endorsements:
        if signer not in members:
            raise CouncilMemberUnknown(signer)
        try:
            verify(signer, id_, signature)
        except WalletUndecided as error:
            undecided = undecided or error
    if undecided is not None:
        raise undecided

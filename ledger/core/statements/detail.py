"""The ``detail`` of an attestation: it names the notices, the agency's own documents. docs/formats.md section 3."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.core.encoding.ids import Digest
from ledger.core.statements.member_types import ZERO
from ledger.core.tree.merkle import leaf_hash, root_of_hashes


def detail_of_notices(notices: Sequence[Digest]) -> bytes:
    """The ``detail`` for the digests of the members' notices, in the order of the set; zero for no notices.

    One digest stands for itself. Of several it is the RFC 9162 root over them, so that each member can be shown its own
    notice, with log2 n hashes and nothing of the others. 32 bytes.
    """
    if not notices:
        return ZERO
    return notices[0] if len(notices) == 1 else root_of_hashes([leaf_hash(digest) for digest in notices])

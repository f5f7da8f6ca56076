"""Checkpoints: origin, size, root and index of the history, as text to be signed (C2SP tlog-checkpoint).

``note`` has the signatures: the log signs with Ed25519 under a key that is named like the origin, and witnesses add
timestamped cosignatures. docs/formats.md section 6.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ledger.core.encoding.ids import IndexRoot, Root
from ledger.core.statements.origin import Origin

INDEX_LINE = "trade-ledger/index/1 "
"""The beginning of the extension line that has the root of the index."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The statement of a signed note: the first ``size`` entries of ``origin`` have this RFC 9162 root, and their
    index of subjects has the root ``index``.
    """

    origin: Origin
    size: int
    root: Root
    index: IndexRoot

    @property
    def text(self) -> str:
        """The four signed lines."""
        root, index = (base64.b64encode(hash_).decode() for hash_ in (self.root, self.index))
        return f"{self.origin}\n{self.size}\n{root}\n{INDEX_LINE}{index}\n"

"""Checkpoints: origin, size and root of the history, as text to be signed (C2SP tlog-checkpoint).

``note`` has the signatures: the log signs with Ed25519 under a key that is named like the origin, and witnesses add
timestamped cosignatures. docs/formats.md section 6.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ledger.core.encoding.ids import Root
from ledger.core.statements.origin import Origin


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The statement of a signed note: the first ``size`` entries of ``origin`` have this RFC 9162 root (32 bytes)."""

    origin: Origin
    size: int
    root: Root

    @property
    def text(self) -> str:
        """The three signed lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

"""Checkpoints: origin, size and root of the history as a signed note (C2SP tlog-checkpoint and signed-note).

A note is text, signed with Ed25519 under a named key. The name of the log's key is the origin itself. Witnesses add
timestamped cosignatures (C2SP tlog-cosignature, "Ed25519 signed message"). docs/formats.md section 6.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ledger.core.statements.origin import Origin


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the note says: the first ``size`` entries of ``origin`` have this RFC 9162 root."""

    origin: Origin
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three signed lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

"""The portable proof of one document: one versioned JSON file with one canonical form.

It contains the declaration with its signature, its inclusion in a batch and in every attested set, every entry of the
history that bears on it (each with its inclusion in the checkpoint), the proof that these are all, and the checkpoint.
docs/evidence-format.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ledger.core.checkpoints.note import SignedNote
from ledger.core.document import Redacted
from ledger.core.encoding.canonical_json import print_canonical
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import Inclusion
from ledger.core.history.entry import Entry
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.tree.subject_index import IndexProof
from ledger.errors import Malformed

FORMAT = "trade-ledger/evidence/2"
MAX_EVIDENCE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry of the history with its inclusion path in the checkpoint."""

    entry: Entry
    proof: tuple[bytes, ...]


@dataclass(frozen=True)  # without slots, so that ``id`` can be cached
class Evidence:
    """See the module. ``inclusions`` has one inclusion per root and size: the batch first, then other attested sets.

    ``index`` has the numbers of all entries about each subject in question (``closure``), with the proof.

    ``document`` is what the evidence discloses of the document. A redaction without shown fields discloses the number
    of fields, and lets a verifier name the field that was changed in a copy.
    """

    origin: Origin
    declaration: Declaration
    signature: bytes
    inclusions: tuple[Inclusion, ...]
    entries: tuple[ProvenEntry, ...]
    index: IndexProof
    checkpoint: SignedNote
    document: Redacted | None = None

    @cached_property
    def id(self) -> DeclarationId:
        """The id of the declaration, 32 bytes."""
        return self.declaration.id(self.origin)

    def to_bytes(self) -> bytes:
        """Canonical JSON (sorted names, no white space, ASCII) and a newline; the only form that is read.

        :raises Malformed: more than 16 MiB: disclose less of the document.
        """
        value: dict[str, object] = {
            "checkpoint": str(self.checkpoint),
            "declaration": self.declaration.to_json(),
            "entries": [
                {"bytes": hex_text(item.entry.data), "proof": [hex_text(hash_) for hash_ in item.proof]}
                for item in self.entries
            ],
            "document": None if self.document is None else self.document.to_value(),
            "index": self.index.to_json(),
            "ledger": FORMAT,
            "origin": str(self.origin),
            "inclusions": [inclusion.to_json() for inclusion in self.inclusions],
            "signature": hex_text(self.signature),
        }
        data = print_canonical(value)
        if len(data) > MAX_EVIDENCE_BYTES:
            raise Malformed(f"evidence has at most {MAX_EVIDENCE_BYTES} bytes, not {len(data)}: disclose less")
        return data

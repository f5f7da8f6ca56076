"""Renewal: what a holder sends to get fresh evidence of the same declaration, and what the fresh evidence must keep.

No account is needed, and nothing of the document is sent. The party's signature and the inclusions show that the holder
has evidence, and the server need not have the declaration in its store any more.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.core.encoding.canonical_json import print_canonical
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.json_text import Json
from ledger.core.encoding.reading import hex_bytes, hex_text, read_list, read_object, read_string
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.inclusion import Inclusion
from ledger.core.evidence.reading import read_inclusion
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.errors import HistoryBroken, Malformed, VerificationFailed

MAX_INCLUSIONS = 64


class Renewal(NamedTuple):
    """A declaration with its party's signature and its inclusions, as earlier evidence had them."""

    origin: Origin
    declaration: Declaration
    signature: bytes
    inclusions: tuple[Inclusion, ...]

    @classmethod
    def of(cls, evidence: Evidence) -> Renewal:
        return cls(evidence.origin, evidence.declaration, evidence.signature, evidence.inclusions)

    @property
    def id(self) -> DeclarationId:
        """The id of the declaration, 32 bytes."""
        return self.declaration.id(self.origin)

    def to_bytes(self) -> bytes:
        """The body of a request, in JSON."""
        return print_canonical(
            {
                "declaration": self.declaration.to_json(),
                "inclusions": [inclusion.to_json() for inclusion in self.inclusions],
                "origin": str(self.origin),
                "signature": hex_text(self.signature),
            }
        )


def renewal_from_value(value: Json) -> Renewal:
    """Read the JSON value of a request; Malformed names the member. No proof and no signature is checked."""
    names = ["declaration", "inclusions", "origin", "signature"]
    declaration, inclusions, origin, signature = read_object(value, names, "body")
    items = read_list(inclusions, "inclusions", MAX_INCLUSIONS, "inclusions")
    if not items:
        raise Malformed("must contain at least the batch", "inclusions")
    return Renewal(
        Origin.parse(read_string(origin, "origin")),
        Declaration.from_json(declaration, "declaration"),
        hex_bytes(signature, "signature"),
        tuple(read_inclusion(item, f"inclusions[{number}]") for number, item in enumerate(items)),
    )


def check_renewed(old: Evidence, new: Evidence) -> None:
    """Check that fresh evidence is of the same declaration and leaves out nothing that the old evidence had proven.

    :raises VerificationFailed: it is of another history or declaration, is older, or lacks an inclusion.
    :raises HistoryBroken: both show another history: two roots or indexes for one size, or two entries of one number.
    """
    if new.origin != old.origin:
        raise VerificationFailed(f"the answer is of another history, {new.origin}")
    if (new.declaration, new.signature) != (old.declaration, old.signature):
        raise VerificationFailed(f"the answer is of another declaration, {hex_text(new.id)}")
    before, after = old.checkpoint.checkpoint, new.checkpoint.checkpoint
    if after.size < before.size:
        raise VerificationFailed(f"the answer is older: {after.size} entries, and the file has {before.size}")
    if after.size == before.size and after.root != before.root:
        raise HistoryBroken(
            f"two histories of {after.size} entries", expected=hex_text(before.root), found=hex_text(after.root)
        )
    if after.size == before.size and after.index != before.index:
        raise HistoryBroken(
            f"two indexes of the same {after.size} entries",
            expected=hex_text(before.index),
            found=hex_text(after.index),
        )
    shown = {item.entry.number: item.entry for item in new.entries}
    for item in old.entries:
        found = shown.get(item.entry.number, item.entry)
        if found != item.entry:
            raise HistoryBroken(
                f"two entries {found.number}", expected=hex_text(item.entry.hash), found=hex_text(found.hash)
            )
    names = {inclusion.name for inclusion in new.inclusions}
    for inclusion in old.inclusions:
        if inclusion.name not in names:
            raise VerificationFailed(f"the answer lacks the inclusion in the set {hex_text(inclusion.root)}")

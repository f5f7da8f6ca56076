"""Membership: the proof that a declaration is in the batch that an entry anchors. Proofs carry it beside the entry.

The entry has the batch's root and size. Declaration, party's signature, index and path lead from a document's digest to
them. A verifier checks all of it and believes nothing. docs/exports.md, "Membership".
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.encoding import cbor
from ledger.core.encoding.ids import DeclarationId, Digest, Signer
from ledger.core.encoding.reading import read_count, read_list, read_object
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.history.entry import Anchored, Entry, EntryKind
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import verify_party_signature
from ledger.core.tree.merkle import HASH_SIZE, MAX_PROOF_HASHES, leaf_hash, verify_inclusion
from ledger.errors import DefiniteNo, Malformed, VerificationFailed

_NAMES = ["declaration", "index", "path", "signature"]


@dataclass(frozen=True, slots=True)
class Membership:
    """A declaration, its party's signature, and its inclusion (index and RFC 9162 path) in the batch of an entry."""

    declaration: Declaration
    signature: bytes
    index: int
    path: tuple[bytes, ...]

    @classmethod
    def of(cls, evidence: Evidence) -> Membership:
        batch = evidence.inclusions[0]
        return cls(evidence.declaration, evidence.signature, batch.index, batch.proof)

    def to_cbor(self) -> cbor.Value:
        """As a CBOR map; ``declaration`` are its members in order."""
        return {
            "declaration": list(self.declaration.abi_values()),
            "index": self.index,
            "path": list(self.path),
            "signature": self.signature,
        }

    @classmethod
    def from_cbor(cls, value: cbor.Value, where: str) -> Membership:
        """Read what ``to_cbor`` returns; Malformed names the member."""
        declaration, index, path, signature = read_object(value, _NAMES, where)
        if not isinstance(signature, bytes):
            raise Malformed("must be bytes", f"{where}.signature")
        return cls(
            _declaration(declaration, f"{where}.declaration"),
            signature,
            read_count(index, f"{where}.index"),
            read_path(path, f"{where}.path"),
        )

    def verify(self, origin: Origin, entry: Entry) -> None:
        """Check that ``entry`` anchors a batch with this declaration at this index, and that its party signed it.

        :raises VerificationFailed: one of these is not so, or the party is no key.
        :raises Malformed: the entry's payload is not an encoding of its kind.
        """
        id_ = self.declaration.id(origin)
        if entry.kind is not EntryKind.ANCHORED:
            raise VerificationFailed(f"entry {entry.number} does not anchor a batch")
        content = entry.content
        assert isinstance(content, Anchored)
        try:
            verify_inclusion(leaf_hash(id_), self.index, content.size, self.path, content.root)
        except VerificationFailed as error:
            raise VerificationFailed(f"the declaration is not in the batch of entry {entry.number}: {error}") from None
        try:
            verify_party_signature(origin, self.declaration.party, id_, self.signature)
        except DefiniteNo as error:
            raise VerificationFailed(str(error)) from None


def anchor_of(evidence: Evidence) -> ProvenEntry:
    """The entry that anchors the batch; VerificationFailed if the evidence does not show it."""
    batch = evidence.inclusions[0]
    for item in evidence.entries:
        if item.entry.kind is EntryKind.ANCHORED and item.entry.content == Anchored(batch.root, batch.size):
            return item
    raise VerificationFailed("no entry of the evidence anchors the batch")


def read_path(value: cbor.Value, where: str) -> tuple[bytes, ...]:
    """An RFC 9162 path, a list of hashes; Malformed names ``where``."""
    items = read_list(value, where, MAX_PROOF_HASHES, "hashes")
    path = tuple(item for item in items if isinstance(item, bytes) and len(item) == HASH_SIZE)
    if len(path) != len(items):
        raise Malformed(f"every hash must be {HASH_SIZE} bytes", where)
    return path


def _declaration(value: cbor.Value, where: str) -> Declaration:
    match value:
        case [bytes(party), bytes(digest), int(document_type), bytes(replaces)]:
            try:
                return Declaration(Signer(party), Digest(digest), document_type, DeclarationId(replaces))
            except Malformed as error:
                raise Malformed(error.what, f"{where}.{error.where}") from None
    raise Malformed("must be a list of party, digest, document type and replaced declaration", where)

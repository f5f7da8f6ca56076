"""A world in memory: keys, a council, agencies and a history that the core itself wrote and replays.

It plays the contract's part with the core's own encoders, so that core tests need no chain; ``tests/twins`` hold the
encoders against the real contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, cosigned_text, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import Redacted
from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest, LineName, Root, Signer, SubjectKey
from ledger.core.encoding.keccak import keccak
from ledger.core.evidence.assembly import assemble
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.evidence.inclusion import BatchTree
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    Posted,
    Revoked,
    Withdrawn,
    encode_payload,
    kind_of,
)
from ledger.core.history.history import History
from ledger.core.history.subjects import lists_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION, NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AttesterAuthorisation,
    CouncilChange,
    MandateGrant,
    Resolution,
    make_resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signer import address_of
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.index_pages import Indexed, MemoryPages, SubjectIndex
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.core.tree.subject_index import IndexProof

START = 1_790_000_000


@dataclass(frozen=True)
class Key:
    """A secp256k1 key made from a name, so that every run has the same key."""

    name: str

    @property
    def secret(self) -> bytes:
        return sha256(self.name.encode()).digest()

    @cached_property
    def private_key(self) -> PrivateKey:
        return PrivateKey(self.secret)

    @cached_property
    def signer(self) -> Signer:
        return address_of(self.private_key.public_key.format(compressed=False))

    def sign(self, digest: bytes) -> bytes:
        signature = self.private_key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])


@dataclass(frozen=True)
class Witness:
    """A witness of checkpoints with a key made from its name."""

    name: str

    @property
    def secret(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(sha256(self.name.encode()).digest())

    @property
    def key(self) -> NoteKey:
        return NoteKey(self.name, self.secret.public_key().public_bytes_raw(), KeyType.WITNESS)

    def cosign(self, note: SignedNote, time: int) -> SignedNote:
        """The note with this witness's line, made at ``time`` in seconds."""
        blob = time.to_bytes(8) + self.secret.sign(cosigned_text(note.checkpoint, time))
        return SignedNote(note.checkpoint, (*note.signatures, (self.name, self.key.id, blob)))


TRADER = Key("trader")
COUNCIL = Key("council")
PLANT = Key("plant health officer")
CUSTOMS = Key("customs officer")


def first_entry(council: Sequence[Key] = (COUNCIL,), threshold: int = 1, time: int = START) -> Entry:
    """Entry 0 of the history that this council begins at ``time`` (seconds)."""
    content = Enacted(CouncilChange(tuple(key.signer for key in council), threshold, 0), ())
    return Entry(0, kind_of(content), time, encode_payload(content))


def origin_of(first: Entry) -> Origin:
    """The origin of a history that begins with this entry 0. Chain and contract are always the same."""
    return Origin(31337, bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3"), first.hash)


ORIGIN = origin_of(first_entry())
"""The origin of a ``World()``."""


def index_of(entries: Sequence[Entry], origin: Origin) -> SubjectIndex:
    """The index of these entries, the first of their history."""
    made = SubjectIndex(MemoryPages())
    named = Indexed(len(entries), root_of_hashes([entry.hash for entry in entries]))
    made.advance(lists_of(entries, origin), named)
    return made


class World:
    """One history under construction. ``now``: time of the next entry in seconds; a minute later each.

    All of ``witnesses`` cosign every checkpoint, and the trust root demands all of them. ``start``: time of entry 0.
    """

    def __init__(
        self,
        council: Sequence[Key] = (COUNCIL,),
        threshold: int = 1,
        witnesses: Sequence[Witness] = (),
        start: int = START,
    ) -> None:
        self.witnesses = list(witnesses)
        self.council = list(council)
        self.threshold = threshold
        self.entries: list[Entry] = []
        first = first_entry(council, threshold, start)
        self.origin = origin_of(first)
        self.history = History(self.origin)
        self._index = SubjectIndex(MemoryPages())
        self.now = start
        self.log = Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest())
        self.log_key = NoteKey(str(self.origin), self.log.public_key().public_bytes_raw())
        self.append(first.content)

    @property
    def trust(self) -> TrustRoot:
        return TrustRoot.of(self.origin, self.log_key, tuple(item.key for item in self.witnesses), len(self.witnesses))

    def append(self, content: Content) -> Entry:
        """Write content as the next entry, as the contract would, and replay it."""
        entry = Entry(len(self.entries), kind_of(content), self.now, encode_payload(content))
        self.history.apply(entry)
        self.entries.append(entry)
        self.now += 60
        return entry

    def enact(self, resolution: type[Resolution], *members: object, signers: Sequence[Key] | None = None) -> Entry:
        made = make_resolution(resolution, members, self.history.agencies.resolutions + 1)
        chosen = sorted(signers if signers is not None else self.council[: self.threshold], key=_order)
        id_ = made.id(self.origin)
        return self.append(Enacted(made, tuple(Endorsement(key.signer, key.sign(id_)) for key in chosen)))

    def enrol(self, code: str, jurisdiction: str, kinds: Sequence[int], *officers: Key, name: str = "") -> None:
        """Enrol an agency, grant it mandates without end and authorise its officers' keys."""
        self.enact(AgencyEnrolment, code, name or f"Agency {code}", jurisdiction, f"https://{code.lower()}.example")
        for kind in kinds:
            self.enact(MandateGrant, code, kind, 0, NO_END)
        for officer in officers:
            self.enact(AttesterAuthorisation, officer.signer, code)

    def declare(self, digest: Digest, document_type: int = 380, party: Key = TRADER) -> tuple[Declaration, bytes]:
        declaration = Declaration(party.signer, digest, document_type)
        return declaration, party.sign(declaration.id(self.origin))

    def anchor(self, declarations: Sequence[Declaration]) -> tuple[Root, int, list[DeclarationId]]:
        """Anchor a batch; returns root, size and ids."""
        ids = [declaration.id(self.origin) for declaration in declarations]
        root = root_of_hashes([leaf_hash(id_) for id_ in ids])
        self.append(Anchored(root, len(ids)))
        return root, len(ids), ids

    def attest(
        self, code: str, kind: int, root: Root, size: int, officer: Key, outcome: int = 1, until: int = NO_END
    ) -> AttestationId:
        salt = sha256(len(self.entries).to_bytes(8, "big")).digest()
        attestation = Attestation(code, kind, outcome, ZERO, START, until, root, size, salt)
        id_ = attestation.id(self.origin)
        self.append(Attested(attestation, officer.signer, officer.sign(id_)))
        return id_

    def revoke(
        self, attestation: AttestationId, officer: Key, member: DeclarationId = NO_DECLARATION, reason: int = 41
    ) -> None:
        revocation = Revocation(attestation, member, reason)
        self.append(Revoked(revocation, officer.signer, officer.sign(revocation.id(self.origin))))

    def withdraw(
        self, declaration: Declaration, party: Key = TRADER, replacement: DeclarationId = NO_DECLARATION
    ) -> None:
        withdrawal = Withdrawal(declaration.id(self.origin), 5, replacement)
        self.append(Withdrawn(declaration, withdrawal, party.sign(withdrawal.id(self.origin))))

    def post(
        self, attestation: AttestationId, member: DeclarationId, line: int, to: bytes, code: str, officer: Key
    ) -> None:
        """Move a certificate's line from its present sheet to ``to`` (a hash)."""
        present = self.history.sheet(LineName(attestation, member, line))
        posting = Posting(code, attestation, member, line, present, to)
        self.append(Posted(posting, officer.signer, officer.sign(posting.id(self.origin))))

    def checkpoint(self) -> SignedNote:
        size = self.history.size
        checkpoint = Checkpoint(self.origin, size, self.history.log.root(), self._indexed().root(size))
        note = signed(checkpoint, self.log_key, self.log.sign(checkpoint.text.encode()))
        for witness in self.witnesses:
            note = witness.cosign(note, self.now)
        return note

    def evidence(
        self,
        declaration: Declaration,
        signature: bytes,
        *sets: tuple[Root, int, list[DeclarationId]],
        document: Redacted | None = None,
    ) -> Evidence:
        inclusions = [BatchTree(ids).inclusion(declaration.id(self.origin)) for _, _, ids in sets]
        return assemble(
            self.history, self.checkpoint(), declaration, signature, inclusions, self.prove, self.prove_index, document
        )

    def prove_index(self, keys: Sequence[SubjectKey]) -> IndexProof:
        return self._indexed().prove(keys, self.history.size)

    def _indexed(self) -> SubjectIndex:
        """The index, advanced to all entries."""
        if self._index.size < self.history.size:
            size, root = self.history.size, self.history.log.root()
            self._index.advance(lists_of(self.entries[self._index.size : size], self.origin), Indexed(size, root))
        return self._index

    def prove(self, number: int) -> ProvenEntry:
        return ProvenEntry(self.entries[number], tuple(self.history.log.inclusion(number)))


def _order(key: Key) -> bytes:
    return keccak(key.signer)

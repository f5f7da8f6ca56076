"""Replay: one entry after the other, every rule of the contract, every signature, head and root recomputed.

Twin of ``contracts/History.sol`` and ``contracts/TradeLedger.sol``. ``Replay.apply`` raises ``HistoryBroken`` at the
first entry that the contract could not have written. docs/formats.md section 5.

A replay holds the register of agencies, the head and the edge of the tree, and asks a ``Memory`` for what earlier
entries said, so that whoever audits a long history can keep that on disk. ``history.History`` is the replay that
remembers all of it and answers questions.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple, Protocol, assert_never

from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName, Root, Signer
from ledger.core.history.agencies import Agencies
from ledger.core.history.council import check_quorum
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Entry, Posted, Revoked, Withdrawn
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import BALANCE_CONFIRMATION
from ledger.core.statements.resolutions import CouncilChange
from ledger.core.tree.merkle import node_hash
from ledger.core.tree.tiles import Frontier, Tiles
from ledger.errors import (
    AgencyMismatch,
    AttestationAlreadyRecorded,
    AttestationAlreadyRevoked,
    AttestationUnknown,
    DeclarationAlreadyWithdrawn,
    DeclarationMismatch,
    DeclarationReplacesItself,
    DefiniteNo,
    HistoryBroken,
    Malformed,
    PeriodMalformed,
    PostingMalformed,
    SetMalformed,
    SheetStale,
)


class Signatures(Protocol):
    """Checks the signatures of entries. One that checks later keeps what it is given and never raises."""

    def __call__(self, number: int, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None:
        """Take one signature of entry ``number``.

        :param is_party: whether the signer is a party, whose key alone can sign.
        :raises DefiniteNo: it does not fit.
        """
        ...


class Verify(Protocol):
    """Checks one signature of an entry; raises as ``Signatures`` does."""

    def __call__(self, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None: ...


class EntryRef(NamedTuple):
    """A reference to an entry: its number, and its block time in seconds."""

    number: int
    time: int


class AttestationRef(NamedTuple):
    """A reference to an attestation: the number of its entry, and the agency that made it."""

    number: int
    agency: str


class Memory(Protocol):
    """The facts of earlier entries that the rules for later entries need."""

    def anchored(self, root: Root, size: int) -> int | None:
        """Number of the entry that anchors a batch."""
        ...

    def attested(self, id_: AttestationId) -> AttestationRef | None:
        """The attestation of this id."""
        ...

    def revoked(self, attestation: AttestationId, member: DeclarationId) -> bool:
        """Whether a revocation ends the attestation for ``member``: of the whole set, or of this member."""
        ...

    def withdrawn(self, declaration: DeclarationId) -> int | None:
        """Number of the entry that withdraws a declaration."""
        ...

    def sheet(self, line: LineName) -> bytes:
        """The present sheet of a certificate's line (a hash, 32 bytes); zero before the first."""
        ...

    def keep(self, entry: EntryRef, topic: bytes, content: Content) -> None:
        """Remember an entry that is no resolution; ``topic`` is that of its log (docs/formats.md section 5)."""
        ...


class Replay:
    """The state that entries make, one after the other.

    ``tree`` takes the leaf hashes: a ``Frontier`` where only roots are asked for, ``Tiles`` where proofs are.
    """

    def __init__(self, origin: Origin, memory: Memory, tree: Frontier | Tiles, signatures: Signatures) -> None:
        self.origin = origin
        self.head = origin.separator
        self.last_time = 0
        self.agencies = Agencies()
        self._tree = tree
        self._memory = memory
        self._signatures = signatures

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._tree.size

    def root(self) -> Root:
        """RFC 9162 root over the entries so far."""
        return self._tree.root()

    def apply(self, entry: Entry) -> Content:
        """Take the next entry; returns its content.

        :raises HistoryBroken: naming the entry: a number out of order, an entry 0 that is not the origin's, time
            running backwards, a payload that is no encoding, a signature that does not fit, or a rule that the contract
            enforces and this entry breaks.
        :raises Unavailable: the memory or the signature checks do.
        """
        number = self._tree.size
        if entry.number != number:
            raise HistoryBroken("entries are not in order", expected=number, found=entry.number, number=number)
        entry.check_beginning(self.origin)
        if entry.time < self.last_time:
            raise HistoryBroken("time runs backwards", expected=f">= {self.last_time}", found=entry.time, number=number)
        try:
            content = entry.content
            self._take(EntryRef(number, entry.time), entry.topic(self.origin), content)
        except HistoryBroken:
            raise
        except DefiniteNo as error:
            raise HistoryBroken(
                "the contract could not have written this", expected="an entry within the rules", found=error,
                number=number,
            ) from error  # fmt: skip
        hash_ = entry.hash
        self._tree.append(hash_)
        self.head = node_hash(self.head, hash_)
        self.last_time = entry.time
        return content

    def check(self, content: Content, topic: bytes, at: int, verify: Verify) -> None:
        """Ask whether this could be the next entry at time ``at`` (seconds); nothing changes.

        Of a resolution it asks number and quorum; whether it can be carried out, ``Agencies.apply`` finds.

        :param topic: that of the entry's log (``topic_of``).
        :param verify: checks signatures.
        :raises Refused: the contract's reason. Malformed for a batch that is anchored already.
        :raises DefiniteNo: what ``verify`` raises for a signature that does not fit.
        """
        match content:
            case Anchored():
                self._check_anchor(content)
            case Attested():
                self._check_attestation(AttestationId(topic), content, at, verify)
            case Revoked():
                self._check_revocation(content, verify)
            case Withdrawn():
                self._check_withdrawal(content, verify)
            case Posted():
                self._check_posting(content, at, verify)
            case Enacted():
                self.agencies.check_number(content.resolution)
                check_quorum(content, self.origin, self.agencies.members, self.agencies.threshold, verify)
            case _:
                assert_never(content)

    def _take(self, entry: EntryRef, topic: bytes, content: Content) -> None:
        if entry.number == 0:
            self._found(content)
            return
        self.check(content, topic, entry.time, partial(self._signatures, entry.number))
        if isinstance(content, Enacted):
            self.agencies.apply(content.resolution, entry.time)
        else:
            self._memory.keep(entry, topic, content)

    def _found(self, content: Content) -> None:
        match content:
            case Enacted(CouncilChange(members, threshold, 0), ()):
                self.agencies.found(members, threshold)
            case _:
                raise Malformed("entry 0 is the first council, resolution 0, without endorsements")

    def _check_anchor(self, content: Anchored) -> None:
        if content.size == 0 or content.root == ZERO:
            raise SetMalformed(content.root, content.size)
        if self._memory.anchored(content.root, content.size) is not None:
            raise Malformed("this root and size are anchored already; a repeat makes no entry")

    def _check_attestation(self, id_: AttestationId, content: Attested, at: int, verify: Verify) -> None:
        attestation = content.attestation
        if attestation.size == 0 or attestation.root == ZERO:
            raise SetMalformed(attestation.root, attestation.size)
        if attestation.valid_from >= attestation.valid_until or attestation.valid_until <= at:
            raise PeriodMalformed(attestation.valid_from, attestation.valid_until, at)
        known = self._memory.attested(id_)
        if known is not None:
            raise AttestationAlreadyRecorded(id_, known.number)
        self.agencies.authorised_attester(content.signer, attestation.agency, attestation.kind, at)
        verify(content.signer, id_, content.signature)

    def _check_revocation(self, content: Revoked, verify: Verify) -> None:
        revocation = content.revocation
        known = self._memory.attested(revocation.attestation)
        if known is None:
            raise AttestationUnknown(revocation.attestation)
        attester = self.agencies.speaking_attester(content.signer)
        if attester.agency != known.agency:
            raise AgencyMismatch(content.signer, known.agency, attester.agency)
        if self._memory.revoked(revocation.attestation, revocation.member):
            raise AttestationAlreadyRevoked(revocation.attestation, revocation.member)
        verify(content.signer, revocation.id(self.origin), content.signature)

    def _check_withdrawal(self, content: Withdrawn, verify: Verify) -> None:
        id_ = content.declaration.id(self.origin)
        if content.withdrawal.declaration != id_:
            raise DeclarationMismatch(content.withdrawal.declaration, id_)
        if content.withdrawal.replacement == id_:
            raise DeclarationReplacesItself(id_)
        known = self._memory.withdrawn(id_)
        if known is not None:
            raise DeclarationAlreadyWithdrawn(id_, known)
        digest = content.withdrawal.id(self.origin)
        verify(content.declaration.party, digest, content.signature, is_party=True)

    def _check_posting(self, content: Posted, at: int, verify: Verify) -> None:
        posting, line = content.posting, content.posting.line_name
        if posting.to in (ZERO, posting.from_):
            raise PostingMalformed(posting.from_, posting.to)
        known = self._memory.attested(posting.attestation)
        if known is None:
            raise AttestationUnknown(posting.attestation)
        if self._memory.revoked(posting.attestation, posting.member):
            raise AttestationAlreadyRevoked(posting.attestation, posting.member)
        self.agencies.authorised_attester(content.signer, posting.agency, BALANCE_CONFIRMATION, at)
        if posting.from_ == ZERO and posting.agency != known.agency:
            raise AgencyMismatch(content.signer, known.agency, posting.agency)
        present = self._memory.sheet(line)
        if posting.from_ != present:
            raise SheetStale(*line, present)
        verify(content.signer, posting.id(self.origin), content.signature)

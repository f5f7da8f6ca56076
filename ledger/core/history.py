"""Replay: entries in, state out; every rule of the contract, every signature, head and root recomputed.

Twin of ``contracts/History.sol`` and ``contracts/TradeLedger.sol``. ``History.apply`` takes one entry after the other
and raises ``HistoryBroken`` at the first that the contract could not have written. docs/formats.md section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from ledger.core import codec as co
from ledger.core import statement as st
from ledger.core.agency import Agencies
from ledger.core.entry import Anchored, Attested, Content, Enacted, Entry, Revoked, Withdrawn, decode_payload
from ledger.core.merkle import Tree, node_hash
from ledger.core.signature import WalletUndecided, verify_signature
from ledger.core.tiles import Tiles
from ledger.core.typed_data import Origin, keccak
from ledger.errors import (
    AlreadyAttested,
    AlreadyRevoked,
    AlreadyWithdrawn,
    EndorsementsUnordered,
    HistoryBroken,
    LedgerError,
    Malformed,
    MalformedPeriod,
    MalformedSet,
    NotInCouncil,
    QuorumMissing,
    ReplacesItself,
    UnknownAttestation,
    VerificationFailed,
    WrongAgency,
)

Governed = bytes | str | tuple[str, int]
COUNCIL = ""
Verifier = Callable[[bytes, bytes, bytes], None]


class Standing(Enum):
    """Whether an attestation, or a member of its set, is in force at a time, and if not, why not."""

    IN_FORCE = "in force"
    UNKNOWN = "not attested"
    NOT_YET = "not yet attested"
    NOT_YET_VALID = "before its validity"
    EXPIRED = "expired"
    REVOKED = "revoked"
    COMPROMISED = "attester compromised"


class Mark(NamedTuple):
    """Where something happened: entry number and block time in seconds."""

    number: int
    time: int


class Recorded(NamedTuple):
    """An attestation as the history holds it."""

    mark: Mark
    attested: Attested


class Revocations(NamedTuple):
    """A revocation as the history holds it."""

    mark: Mark
    revoked: Revoked


def standing(
    recorded: Recorded, revocations: Iterable[Revocations], compromised_from: int | None, at: int
) -> tuple[Standing, Mark]:
    """Judge one attestation at ``at`` from its entry, the revocations that touch it and its attester's compromise.

    Returns the standing and the entry that decides it. docs/formats.md section 5, "In force at t".
    """
    attestation = recorded.attested.attestation
    if recorded.mark.time > at:
        return Standing.NOT_YET, recorded.mark
    for revocation in revocations:
        if revocation.mark.time <= at:
            return Standing.REVOKED, revocation.mark
    if compromised_from is not None and recorded.mark.time >= compromised_from:
        return Standing.COMPROMISED, recorded.mark
    if at < attestation.valid_from:
        return Standing.NOT_YET_VALID, recorded.mark
    if at >= attestation.valid_until:
        return Standing.EXPIRED, recorded.mark
    return Standing.IN_FORCE, recorded.mark


class History:
    """All entries of one origin, replayed: the state they make, the head, and the hashes for proofs.

    A signature by a wallet contract cannot be judged without the chain; such entries are listed in ``undecided`` for
    whoever has one.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.head = origin.separator
        self.log = Tiles()
        self.last_time = 0
        self.agencies = Agencies()
        self.anchors: dict[tuple[bytes, int], Mark] = {}
        self.attestations: dict[bytes, Recorded] = {}
        self._attested_sets: dict[tuple[bytes, int], list[bytes]] = {}
        self.revocations: dict[bytes, dict[bytes, Revocations]] = {}
        self.withdrawals: dict[bytes, tuple[Mark, Withdrawn]] = {}
        self.undecided: list[tuple[int, bytes, bytes, bytes]] = []
        self.governing: dict[Governed, list[int]] = {}
        self._tree: Tree | None = None

    @property
    def size(self) -> int:
        return self.log.size

    @property
    def hashes(self) -> list[bytes]:
        """Leaf hashes of all entries."""
        return [self.log.leaf(number) for number in range(self.size)]

    def tree(self) -> Tree:
        """The RFC 9162 tree over the entries so far; rebuilt only after new entries."""
        if self._tree is None or self._tree.size != self.size:
            self._tree = Tree(self.hashes)
        return self._tree

    def apply(self, entry: Entry) -> Content:
        """Take the next entry; returns its content.

        :raises HistoryBroken: naming the entry: a number out of order, time running backwards, a payload that is no
            encoding, a signature that does not fit, or a rule that the contract enforces and this entry breaks.
        """
        if entry.number != self.size:
            raise HistoryBroken("entries are not in order", expected=self.size, found=entry.number, number=self.size)
        if entry.time < self.last_time:
            raise HistoryBroken(
                "time runs backwards", expected=f">= {self.last_time}", found=entry.time, number=entry.number
            )
        try:
            content = decode_payload(entry.kind, entry.payload)
            self._enact(entry, content)
        except HistoryBroken:
            raise
        except LedgerError as error:
            raise HistoryBroken(
                "the contract could not have written this", expected="an entry within the rules", found=error,
                number=entry.number,
            ) from error  # fmt: skip
        hash_ = entry.hash
        self.log.append(hash_)
        self.head = node_hash(self.head, hash_)
        self.last_time = entry.time
        return content

    def standing(self, id_: bytes, member: bytes, at: int) -> tuple[Standing, Mark | None]:
        """Is this attestation in force at ``at`` for this member (declaration id or zero)? And which entry says so."""
        recorded = self.attestations.get(id_)
        if recorded is None:
            return Standing.UNKNOWN, None
        compromised = self.agencies.attesters[recorded.attested.signer].compromised_from
        return standing(recorded, self.revocations_of(id_, member), compromised, at)

    def attestations_of(self, sets: Iterable[tuple[bytes, int]]) -> list[bytes]:
        """Ids of the attestations about any of these sets (root, size), in the order of the history."""
        found = [id_ for key in sets for id_ in self._attested_sets.get(key, ())]
        return sorted(found, key=lambda id_: self.attestations[id_].mark.number)

    def revocations_of(self, id_: bytes, member: bytes) -> Sequence[Revocations]:
        """The revocations that end this attestation for this member: of the whole set, or of the member."""
        found = self.revocations.get(id_, {})
        return [found[key] for key in dict.fromkeys((co.ZERO, member)) if key in found]

    def _enact(self, entry: Entry, content: Content) -> None:
        mark = Mark(entry.number, entry.time)
        if mark.number == 0:
            self._found(content)
            return
        match content:
            case Enacted():
                self._decide(mark, content)
            case Anchored(root, size):
                if size == 0 or root == co.ZERO:
                    raise MalformedSet(root, size)
                if (root, size) in self.anchors:
                    raise Malformed("this root and size are anchored already; a repeat makes no entry")
                self.anchors[root, size] = mark
            case Attested():
                self._attest(mark, content)
            case Revoked():
                self._revoke(mark, content)
            case Withdrawn():
                self._withdraw(mark, content)

    def _found(self, content: Content) -> None:
        match content:
            case Enacted(st.CouncilChange(members, threshold, 0), ()):
                self.agencies.found(members, threshold)
                self.governing[COUNCIL] = [0]
            case _:
                raise Malformed("entry 0 is the first council, decision 0, without endorsements")

    def _decide(self, mark: Mark, content: Enacted) -> None:
        self.agencies.check_number(content.decision)
        members, threshold = self.agencies.members, self.agencies.threshold
        check_quorum(content, self.origin, members, threshold, self._verifier(mark.number))
        self.agencies.apply(content.decision, mark.time)
        self.governing.setdefault(governed_by(content.decision), []).append(mark.number)

    def _attest(self, mark: Mark, content: Attested) -> None:
        attestation = content.attestation
        id_ = attestation.id(self.origin)
        if attestation.size == 0 or attestation.root == co.ZERO:
            raise MalformedSet(attestation.root, attestation.size)
        if attestation.valid_from >= attestation.valid_until or attestation.valid_until <= mark.time:
            raise MalformedPeriod(attestation.valid_from, attestation.valid_until, mark.time)
        if id_ in self.attestations:
            raise AlreadyAttested(id_, self.attestations[id_].mark.number)
        self.agencies.authorise_attestation(content.signer, attestation.agency, attestation.kind, mark.time)
        self._verifier(mark.number)(content.signer, id_, content.signature)
        self.attestations[id_] = Recorded(mark, content)
        self._attested_sets.setdefault((attestation.root, attestation.size), []).append(id_)

    def _revoke(self, mark: Mark, content: Revoked) -> None:
        revocation = content.revocation
        recorded = self.attestations.get(revocation.attestation)
        if recorded is None:
            raise UnknownAttestation(revocation.attestation)
        attester = self.agencies.speaking_attester(content.signer)
        if attester.agency != recorded.attested.attestation.agency:
            raise WrongAgency(content.signer, recorded.attested.attestation.agency, attester.agency)
        if self.revocations_of(revocation.attestation, revocation.member):
            raise AlreadyRevoked(revocation.attestation, revocation.member)
        self._verifier(mark.number)(content.signer, revocation.id(self.origin), content.signature)
        self.revocations.setdefault(revocation.attestation, {})[revocation.member] = Revocations(mark, content)

    def _withdraw(self, mark: Mark, content: Withdrawn) -> None:
        id_ = content.declaration.id(self.origin)
        if content.withdrawal.declaration != id_:
            raise VerificationFailed("the withdrawal names another declaration")
        if content.withdrawal.replacement == id_:
            raise ReplacesItself(id_)
        if id_ in self.withdrawals:
            raise AlreadyWithdrawn(id_, self.withdrawals[id_][0].number)
        party = content.declaration.party
        self._verifier(mark.number)(party, content.withdrawal.id(self.origin), content.signature)
        self.withdrawals[id_] = (mark, content)

    def _verifier(self, number: int) -> Verifier:
        """Signature checking that notes what only the chain can decide, for the entry ``number``."""

        def verify(signer: bytes, digest: bytes, signature: bytes) -> None:
            try:
                verify_signature(self.origin, signer, digest, signature)
            except WalletUndecided:
                self.undecided.append((number, signer, digest, signature))

        return verify


def check_quorum(content: Enacted, origin: Origin, members: Sequence[bytes], threshold: int, verify: Verifier) -> None:
    """Check that a decision carries ``threshold`` signatures of distinct ``members`` (rule 1).

    :raises Refused: QuorumMissing, EndorsementsUnordered or NotInCouncil.
    :raises VerificationFailed: what ``verify`` raises for a signature that does not fit.
    """
    if len(content.endorsements) < threshold:
        raise QuorumMissing(threshold, len(content.endorsements))
    order = [keccak(endorsement.signer) for endorsement in content.endorsements]
    if any(left >= right for left, right in pairwise(order)):
        raise EndorsementsUnordered()
    id_ = content.decision.id(origin)
    for signer, signature in content.endorsements:
        if signer not in members:
            raise NotInCouncil(signer)
        verify(signer, id_, signature)


def governed_by(decision: st.Decision) -> Governed:
    """What a decision is about: an attester (signer), an agency (code), a mandate (code, kind), or the council."""
    match decision:
        case st.AttesterAuthorisation() | st.AttesterRetirement() | st.AttesterCompromise():
            return decision.attester
        case st.MandateGrant() | st.MandateWithdrawal():
            return decision.agency, decision.kind
        case st.AgencyEnrolment() | st.AgencySuspension() | st.AgencyReinstatement():
            return decision.agency
    return COUNCIL

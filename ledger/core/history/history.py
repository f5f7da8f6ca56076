"""The history: all entries of one origin replayed and remembered, with questions answered from what they say."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, assert_never

from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName, Root, SetName, Signer
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Entry, Posted, Revoked, Withdrawn
from ledger.core.history.replay import AttestationRef, EntryRef, Replay
from ledger.core.history.standing import RecordedAttestation, RecordedRevocation, Standing, standing_of
from ledger.core.statements.member_types import NO_DECLARATION, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided, verify_party_signature, verify_signature
from ledger.core.tree.tiles import Tiles
from ledger.errors import DefiniteNo, Unavailable

_RECENT = 1_024


class RecordedPosting(NamedTuple):
    """A posting in the history, and its entry."""

    entry: EntryRef
    posted: Posted


class DictMemory:
    """The memory of a replay in dictionaries, which keeps every fact."""

    def __init__(self) -> None:
        self.anchors: dict[SetName, EntryRef] = {}
        self.attestations: dict[AttestationId, RecordedAttestation] = {}
        self.attested_sets: dict[SetName, list[AttestationId]] = {}
        self.revocations: dict[AttestationId, dict[DeclarationId, RecordedRevocation]] = {}
        self.withdrawals: dict[DeclarationId, tuple[EntryRef, Withdrawn]] = {}
        self.postings: dict[LineName, list[RecordedPosting]] = {}

    def anchored(self, root: Root, size: int) -> int | None:
        entry = self.anchors.get(SetName(root, size))
        return None if entry is None else entry.number

    def attested(self, id_: AttestationId) -> AttestationRef | None:
        recorded = self.attestations.get(id_)
        return None if recorded is None else AttestationRef(recorded.entry.number, recorded.attested.attestation.agency)

    def revoked(self, attestation: AttestationId, member: DeclarationId) -> bool:
        found = self.revocations.get(attestation, {})
        return NO_DECLARATION in found or member in found

    def withdrawn(self, declaration: DeclarationId) -> int | None:
        found = self.withdrawals.get(declaration)
        return None if found is None else found[0].number

    def sheet(self, line: LineName) -> bytes:
        found = self.postings.get(line)
        return found[-1].posted.posting.to if found else ZERO

    def keep(self, entry: EntryRef, topic: bytes, content: Content) -> None:
        match content:
            case Anchored(root, size):
                self.anchors[SetName(root, size)] = entry
            case Attested(attestation):
                self.attestations[AttestationId(topic)] = RecordedAttestation(entry, content)
                name = SetName(attestation.root, attestation.size)
                self.attested_sets.setdefault(name, []).append(AttestationId(topic))
            case Revoked(revocation):
                self.revocations.setdefault(revocation.attestation, {})[revocation.member] = RecordedRevocation(
                    entry, content
                )
            case Withdrawn(withdrawal=withdrawal):
                self.withdrawals[withdrawal.declaration] = (entry, content)
            case Posted(posting):
                self.postings.setdefault(posting.line_name, []).append(RecordedPosting(entry, content))
            case Enacted():
                raise TypeError("resolutions are in the register of agencies")
            case _:
                assert_never(content)

    def forget(self, topic: bytes, content: Content) -> None:
        """Take back the last that was kept."""
        match content:
            case Anchored(root, size):
                del self.anchors[SetName(root, size)]
            case Attested(attestation):
                del self.attestations[AttestationId(topic)]
                name = SetName(attestation.root, attestation.size)
                self.attested_sets[name].pop()
                if not self.attested_sets[name]:
                    del self.attested_sets[name]
            case Revoked(revocation):
                del self.revocations[revocation.attestation][revocation.member]
                if not self.revocations[revocation.attestation]:
                    del self.revocations[revocation.attestation]
            case Withdrawn(withdrawal=withdrawal):
                del self.withdrawals[withdrawal.declaration]
            case Posted(posting):
                self.postings[posting.line_name].pop()
                if not self.postings[posting.line_name]:
                    del self.postings[posting.line_name]
            case Enacted():
                raise TypeError("resolutions cannot be taken back")
            case _:
                assert_never(content)


class _Before(NamedTuple):
    """What an entry changed: the head and the time before it, and what was kept of it; None for a resolution."""

    head: bytes
    last_time: int
    kept: tuple[bytes, Content] | None


class History(Replay):
    """All entries of one origin: the state they make, the head, and the log for proofs.

    The latest entries can be taken back, as a reorganisation of the chain does; see ``back_to``.

    Whether a wallet contract accepted a signature, only the contract could say when it wrote the entry. Such entries
    count like others, because a history is compared with the contract's head: ``by_wallets`` has their numbers.
    ``first_wallet_resolution`` is the first resolution of the council that such a signature endorses, if there is one.
    """

    def __init__(self, origin: Origin) -> None:
        self.log = Tiles()
        self.by_wallets: list[int] = []
        self.first_wallet_resolution: int | None = None
        self._facts = DictMemory()
        self._recent: deque[_Before] = deque(maxlen=_RECENT)
        super().__init__(origin, self._facts, self.log, self._check_signature)

    @property
    def anchors(self) -> dict[SetName, EntryRef]:
        """Batch root and size -> the entry that anchors it."""
        return self._facts.anchors

    @property
    def attestations(self) -> dict[AttestationId, RecordedAttestation]:
        """By id."""
        return self._facts.attestations

    @property
    def revocations(self) -> dict[AttestationId, dict[DeclarationId, RecordedRevocation]]:
        """By attestation id, then by member (a declaration id, zero for the whole set)."""
        return self._facts.revocations

    @property
    def withdrawals(self) -> dict[DeclarationId, tuple[EntryRef, Withdrawn]]:
        """By declaration id."""
        return self._facts.withdrawals

    @property
    def postings(self) -> dict[LineName, list[RecordedPosting]]:
        """By the certificate's line, in the order of the history."""
        return self._facts.postings

    def sheet(self, line: LineName) -> bytes:
        """The present sheet of a certificate's line (a hash, 32 bytes); zero if no agency has opened it."""
        return self._facts.sheet(line)

    def apply(self, entry: Entry) -> Content:
        """As ``Replay.apply``, and note what is needed to take the entry back."""
        head, last_time, wallets = self.head, self.last_time, len(self.by_wallets)
        try:
            content = super().apply(entry)
        except (DefiniteNo, Unavailable):
            del self.by_wallets[wallets:]
            raise
        is_resolution = isinstance(content, Enacted)
        self._recent.append(_Before(head, last_time, None if is_resolution else (entry.topic(self.origin), content)))
        if is_resolution and self.first_wallet_resolution is None and entry.number in self.by_wallets[-1:]:
            self.first_wallet_resolution = entry.number
        return content

    def back_to(self, size: int) -> bool:
        """Take back all entries from number ``size`` on. False, and nothing is changed, where that cannot be done.

        It cannot beyond the latest 1,024 entries, nor where one of them is a resolution of the council, which is rare:
        then a new history is to be replayed.
        """
        count = self.size - size
        if not 0 <= count <= len(self._recent):
            return False
        undone = list(self._recent)[len(self._recent) - count :]
        if any(before.kept is None for before in undone):
            return False
        for before in reversed(undone):
            assert before.kept is not None
            self._facts.forget(*before.kept)
            self.head, self.last_time = before.head, before.last_time
            self._recent.pop()
        self.log.cut(size)
        while self.by_wallets and self.by_wallets[-1] >= size:
            self.by_wallets.pop()
        return True

    def standing(self, id_: AttestationId, member: DeclarationId, at: int) -> tuple[Standing, EntryRef | None]:
        """Is this attestation in force at ``at`` for this member (declaration id or zero)? And which entry says so."""
        recorded = self.attestations.get(id_)
        if recorded is None:
            return Standing.UNKNOWN, None
        compromised = self.agencies.attesters[recorded.attested.signer].compromised_from
        return standing_of(recorded, self.revocations_of(id_, member), compromised, at)

    def attestations_of(self, sets: Iterable[SetName]) -> list[AttestationId]:
        """Ids of the attestations about any of these sets (root, size), in the order of the history."""
        found = [id_ for key in sets for id_ in self._facts.attested_sets.get(key, ())]
        return sorted(found, key=lambda id_: self.attestations[id_].entry.number)

    def revocations_of(self, id_: AttestationId, member: DeclarationId) -> Sequence[RecordedRevocation]:
        """The revocations that end this attestation for this member: of the whole set, or of the member."""
        found = self.revocations.get(id_, {})
        return [found[key] for key in dict.fromkeys((NO_DECLARATION, member)) if key in found]

    def _check_signature(
        self, number: int, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False
    ) -> None:
        if is_party:
            verify_party_signature(self.origin, signer, digest, signature)
            return
        try:
            verify_signature(self.origin, signer, digest, signature)
        except WalletUndecided:
            if number not in self.by_wallets[-1:]:
                self.by_wallets.append(number)

"""What a verdict is decided on: entries shown by the evidence (offline), or the whole replayed history (online).

``replayed`` says which of the two a verifier has. That nothing is left out of evidence, its index shows (``intact``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

from ledger.core.encoding.ids import AttestationId, Root, SetName, Signer, Subject
from ledger.core.evidence.closure import subjects_about
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.inclusion import sets_about
from ledger.core.evidence.payloads import contents
from ledger.core.history.agencies import Agency
from ledger.core.history.entry import Anchored, Attested, Enacted, Revoked, Withdrawn, decode_payload
from ledger.core.history.history import History
from ledger.core.history.replay import EntryRef
from ledger.core.history.standing import RecordedAttestation, RecordedRevocation
from ledger.core.statements.member_types import ZERO
from ledger.core.verification.authority import Authority, CarriedResolutions, Known, authority_of, compromised_from
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.wording import Param


class AsOf(NamedTuple):
    """The last entry that facts speak of, and its time in seconds, where that is known."""

    entry: int
    time: int | None


class Disorder(NamedTuple):
    """An entry that cannot come after the one shown before it, and what says so: a code of ``codes``."""

    code: str
    entry: int


class Empowered(NamedTuple):
    """The agency behind an attestation, and what says that it had authority: a code of ``codes``."""

    agency: Agency
    code: str
    params: Mapping[str, Param]


class Facts(Protocol):
    """Who said what about one declaration, and when."""

    @property
    def replayed(self) -> bool:
        """Whether these facts are the whole history, as a chain has it now."""
        ...

    def subjects(self) -> set[Subject]:
        """Of which subjects the evidence must show all entries."""
        ...

    @property
    def as_of(self) -> AsOf:
        """Up to where the facts reach."""
        ...

    def disorder(self) -> Disorder | None:
        """The first entry shown whose time or resolution goes back; None where all are in order."""
        ...

    def anchors(self, root: Root, size: int) -> Sequence[EntryRef]:
        """Entries that anchor a batch."""
        ...

    def withdrawal(self) -> tuple[EntryRef, Withdrawn] | None:
        """The declaration's earliest withdrawal, at whatever time."""
        ...

    def attestations(self) -> Mapping[AttestationId, RecordedAttestation]:
        """Attestations about the declaration by id, in the order of the history, at whatever time.

        Not those about other sets: evidence carries the newest entry, which mostly is about somebody else.
        """
        ...

    def revocations(self, attestation: AttestationId) -> Sequence[RecordedRevocation]:
        """Revocations that end an attestation for the declaration, at whatever time."""
        ...

    def compromised_from(self, signer: Signer) -> int | None:
        """The earliest date from which a key is declared compromised, in seconds."""
        ...

    def empowered(self, attestation: AttestationId, recorded: RecordedAttestation) -> Empowered:
        """What gave an attestation authority.

        :raises NotEmpowered: nothing did.
        """
        ...

    def revoker(self, revocation: RecordedRevocation, agency: str) -> Authority:
        """The entries that let the key of a revocation speak for ``agency``.

        :raises NotEmpowered: the key did not speak for the agency then.
        """
        ...

    def is_on_chain(self, attestation: AttestationId) -> bool:
        """Whether an attestation is in the replayed history, so that the contract accepted its signature."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """The entries of the evidence, and nothing else."""

    evidence: Evidence
    known: Known
    attested: Sequence[tuple[AttestationId, RecordedAttestation]]  # about the declaration; lawless logs repeat an id
    resolutions: CarriedResolutions
    replayed: bool = False

    @classmethod
    def of(cls, evidence: Evidence, cache: VerificationCache | None) -> Shown:
        """Decode the entries; Malformed, naming the entry, for a payload that is no encoding of its kind."""
        known = contents(evidence.entries, cache.decode if cache else decode_payload)
        ours = sets_about(evidence.id, evidence.inclusions)
        attested = [
            (content.attestation.id(evidence.origin), RecordedAttestation(entry, content))
            for entry, content in known
            if isinstance(content, Attested) and (content.attestation.root, content.attestation.size) in ours
        ]
        return cls(evidence, known, attested, CarriedResolutions(known, evidence.origin, cache))

    @property
    def as_of(self) -> AsOf:
        size = self.evidence.checkpoint.checkpoint.size
        latest = self.evidence.entries[-1].entry if self.evidence.entries else None
        return AsOf(size - 1, latest.time if latest is not None and latest.number == size - 1 else None)

    def disorder(self) -> Disorder | None:
        for (before, _), (entry, _) in pairwise(self.known):
            if entry.time < before.time:
                return Disorder("entries.times_go_back", entry.number)
        numbers = [(entry, content.resolution.number) for entry, content in self.known if isinstance(content, Enacted)]
        for (_, before_it), (entry, number) in pairwise(numbers):
            if number <= before_it:
                return Disorder("entries.resolutions_go_back", entry.number)
        return None

    def subjects(self) -> set[Subject]:
        evidence, sets = self.evidence, sets_about(self.evidence.id, self.evidence.inclusions)
        attested = [(id_, recorded.attested) for id_, recorded in self.attested]
        revoked = [content for _, content in self.known if isinstance(content, Revoked)]
        return subjects_about(evidence.id, sets, attested, revoked)

    def anchors(self, root: Root, size: int) -> Sequence[EntryRef]:
        return [entry for entry, content in self.known if content == Anchored(root, size)]

    def withdrawal(self) -> tuple[EntryRef, Withdrawn] | None:
        found = [
            (entry, content)
            for entry, content in self.known
            if isinstance(content, Withdrawn) and content.withdrawal.declaration == self.evidence.id
        ]
        return min(found, key=lambda item: item[0].time, default=None)

    def attestations(self) -> Mapping[AttestationId, RecordedAttestation]:
        return dict(self.attested)

    def revocations(self, attestation: AttestationId) -> Sequence[RecordedRevocation]:
        members = (ZERO, self.evidence.id)
        return [
            RecordedRevocation(entry, content)
            for entry, content in self.known
            if isinstance(content, Revoked)
            and content.revocation.attestation == attestation
            and content.revocation.member in members
        ]

    def compromised_from(self, signer: Signer) -> int | None:
        return compromised_from(signer, self.known)

    def empowered(self, attestation: AttestationId, recorded: RecordedAttestation) -> Empowered:
        said = recorded.attested.attestation
        found = authority_of(recorded.attested.signer, said.agency, said.kind, recorded.entry, self.resolutions)
        assert found.mandated is not None
        if found.undecided is not None:
            return Empowered(found.agency, "authority.only_contract", found.undecided._asdict())
        entries: dict[str, Param] = {
            "enrolled": found.enrolled.number,
            "authorised": found.authorised.number,
            "mandated": found.mandated.number,
        }
        return Empowered(found.agency, "authority.shown", entries)

    def revoker(self, revocation: RecordedRevocation, agency: str) -> Authority:
        return authority_of(revocation.revoked.signer, agency, None, revocation.entry, self.resolutions)

    def is_on_chain(self, attestation: AttestationId) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Replayed:
    """The whole history.

    Attestations that only the evidence contains are judged too; ``checkpoint on chain`` says that the chain lacks them.
    """

    history: History
    shown: Shown
    replayed: bool = True

    @property
    def as_of(self) -> AsOf:
        return AsOf(self.history.size - 1, self.history.last_time)

    def disorder(self) -> Disorder | None:
        return self.shown.disorder()

    def subjects(self) -> set[Subject]:
        return self.shown.subjects()

    def anchors(self, root: Root, size: int) -> Sequence[EntryRef]:
        entry = self.history.anchors.get(SetName(root, size))
        return [] if entry is None else [entry]

    def withdrawal(self) -> tuple[EntryRef, Withdrawn] | None:
        return self.history.withdrawals.get(self.shown.evidence.id)

    def attestations(self) -> Mapping[AttestationId, RecordedAttestation]:
        history, evidence = self.history, self.shown.evidence
        ours = history.attestations_of(sets_about(evidence.id, evidence.inclusions))
        known = {id_: history.attestations[id_] for id_ in ours}
        return known | {id_: item for id_, item in self.shown.attestations().items() if id_ not in known}

    def revocations(self, attestation: AttestationId) -> Sequence[RecordedRevocation]:
        return self.history.revocations_of(attestation, self.shown.evidence.id)

    def compromised_from(self, signer: Signer) -> int | None:
        attester = self.history.agencies.attesters.get(signer)
        return None if attester is None else attester.compromised_from

    def empowered(self, attestation: AttestationId, recorded: RecordedAttestation) -> Empowered:
        if not self.is_on_chain(attestation):
            return self.shown.empowered(attestation, recorded)
        agency = self.history.agencies.agency(recorded.attested.attestation.agency)
        first = self.history.first_wallet_resolution
        if first is not None and first < recorded.entry.number:
            return Empowered(agency, "authority.contract_accepted", {"entry": first})
        return Empowered(agency, "authority.replayed", {})

    def revoker(self, revocation: RecordedRevocation, agency: str) -> Authority:
        return self.shown.revoker(revocation, agency)

    def is_on_chain(self, attestation: AttestationId) -> bool:
        return attestation in self.history.attestations

"""What a verdict is decided on: entries shown by the evidence (offline), or the whole replayed history (online).

``replayed`` says which of the two a verifier has. That nothing is left out of evidence, its index shows (``intact``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

from ledger.core.encoding.ids import AttestationId, Root, Signer, Subject
from ledger.core.evidence.closure import subjects_about
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.inclusion import sets_about
from ledger.core.evidence.payloads import contents
from ledger.core.history.agencies import Agency
from ledger.core.history.entry import Anchored, Attested, Enacted, Revoked, Withdrawn, decode_payload
from ledger.core.history.replay import EntryRef
from ledger.core.history.standing import RecordedAttestation, RecordedRevocation
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.resolutions import AttesterCompromise
from ledger.core.verification.authority import AgencyStatement, Authority, Known, ShownAuthority
from ledger.core.verification.budget import UNLIMITED, Budget
from ledger.core.verification.cache import VerificationCache, check_carried
from ledger.core.verification.snapshot import Snapshot, Wanted
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

    def revoker(self, revocation: RecordedRevocation) -> Authority:
        """The entries that let the key of a revocation speak for the agency that made the attestation.

        :raises NotEmpowered: the key did not speak for the agency then.
        """
        ...

    def is_on_chain(self, attestation: AttestationId) -> bool:
        """Whether an attestation is in the replayed history, so that the contract accepted its signature."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """The entries of the evidence, and nothing else; what is asked of them often is looked up, not searched for.

    ``attested``: attestations about the declaration with their ids, in order; a lawless log repeats an id.
    ``ended``: by attestation, its revocations for the declaration. ``compromised``: by key, the earliest date.
    """

    evidence: Evidence
    known: Known
    attested: Sequence[tuple[AttestationId, RecordedAttestation]]
    ended: Mapping[AttestationId, Sequence[RecordedRevocation]]
    compromised: Mapping[Signer, int]
    authority: ShownAuthority
    replayed: bool = False

    @classmethod
    def of(cls, evidence: Evidence, cache: VerificationCache | None, budget: Budget = UNLIMITED) -> Shown:
        """Decode the entries; Malformed, naming the entry, for a payload that is no encoding of its kind."""
        known = contents(evidence.entries, cache.decode if cache else decode_payload)
        id_, ours = evidence.id, sets_about(evidence.id, evidence.inclusions)
        attested: list[tuple[AttestationId, RecordedAttestation]] = []
        ended: dict[AttestationId, list[RecordedRevocation]] = {}
        compromised: dict[Signer, int] = {}
        for entry, content in known:
            match content:
                case Attested(said) if (said.root, said.size) in ours:
                    attested.append((said.id(evidence.origin), RecordedAttestation(entry, content)))
                case Revoked(revocation) if revocation.member in (ZERO, id_):
                    ended.setdefault(revocation.attestation, []).append(RecordedRevocation(entry, content))
                case Enacted(AttesterCompromise(attester, since)):
                    compromised[attester] = min(since, compromised.get(attester, since))
        carried = cache.check_carried if cache else check_carried
        statements = _statements(attested, ended)
        authority = ShownAuthority(known, statements, evidence.origin, carried, budget)
        return cls(evidence, known, attested, ended, compromised, authority)

    @property
    def wanted(self) -> Wanted:
        """What a history is to be asked for a verdict with fresh facts."""
        evidence, batch = self.evidence, self.evidence.inclusions[0]
        return Wanted(
            evidence.id,
            batch.name,
            frozenset(sets_about(evidence.id, evidence.inclusions)),
            evidence.checkpoint.checkpoint.size,
            frozenset(recorded.attested.signer for _, recorded in self.attested),
        )

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
        return self.ended.get(attestation, ())

    def compromised_from(self, signer: Signer) -> int | None:
        return self.compromised.get(signer)

    def empowered(self, attestation: AttestationId, recorded: RecordedAttestation) -> Empowered:
        found = self.authority.of(recorded.entry.number)
        assert found.mandated is not None
        if found.undecided is not None:
            return Empowered(found.agency, "authority.only_contract", found.undecided._asdict())
        entries: dict[str, Param] = {
            "enrolled": found.enrolled.number,
            "authorised": found.authorised.number,
            "mandated": found.mandated.number,
        }
        return Empowered(found.agency, "authority.shown", entries)

    def revoker(self, revocation: RecordedRevocation) -> Authority:
        return self.authority.of(revocation.entry.number)

    def is_on_chain(self, attestation: AttestationId) -> bool:
        return False


def _statements(
    attested: Sequence[tuple[AttestationId, RecordedAttestation]],
    ended: Mapping[AttestationId, Sequence[RecordedRevocation]],
) -> Iterator[AgencyStatement]:
    """What agencies said of the declaration. A revocation must be made for the agency whose attestation it ends."""
    for entry, item in (recorded for _, recorded in attested):
        yield AgencyStatement(entry, item.signer, item.attestation.agency, item.attestation.kind)
    for id_, recorded in dict(attested).items():
        for entry, revoked in ended.get(id_, ()):
            yield AgencyStatement(entry, revoked.signer, recorded.attested.attestation.agency, None)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The whole history, as of one moment.

    Attestations that only the evidence contains are judged too; ``checkpoint on chain`` says that the chain lacks them.
    """

    history: Snapshot
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
        return [] if self.history.anchor is None else [self.history.anchor]

    def withdrawal(self) -> tuple[EntryRef, Withdrawn] | None:
        return self.history.withdrawal

    def attestations(self) -> Mapping[AttestationId, RecordedAttestation]:
        known = self.history.attestations
        return {**known, **{id_: item for id_, item in self.shown.attestations().items() if id_ not in known}}

    def revocations(self, attestation: AttestationId) -> Sequence[RecordedRevocation]:
        return self.history.revocations.get(attestation, ())

    def compromised_from(self, signer: Signer) -> int | None:
        return self.history.compromised.get(signer)

    def empowered(self, attestation: AttestationId, recorded: RecordedAttestation) -> Empowered:
        if not self.is_on_chain(attestation):
            return self.shown.empowered(attestation, recorded)
        agency = self.history.agencies[recorded.attested.attestation.agency]
        first = self.history.first_wallet_resolution
        if first is not None and first < recorded.entry.number:
            return Empowered(agency, "authority.contract_accepted", {"entry": first})
        return Empowered(agency, "authority.replayed", {})

    def revoker(self, revocation: RecordedRevocation) -> Authority:
        return self.shown.revoker(revocation)

    def is_on_chain(self, attestation: AttestationId) -> bool:
        return attestation in self.history.attestations

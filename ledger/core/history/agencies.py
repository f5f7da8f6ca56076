"""Was this key allowed to say that, at that time? Council, agencies, attesters and mandates.

Twin of ``contracts/Agencies.sol``: the same rules (docs/formats.md section 5, rules 1 to 5), the same refusals by name.
Signatures are checked elsewhere; here a resolution is taken to be signed and is judged by its content.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

from ledger.core.encoding.ids import Signer
from ledger.core.statements.member_types import MAX_COUNCIL, NO_END
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.errors import (
    AgencyAlreadyEnrolled,
    AgencyMismatch,
    AgencyNotActive,
    AgencyNotSuspended,
    AgencyUnknown,
    AttesterAlreadyAuthorised,
    AttesterDeclaredCompromised,
    AttesterNotActive,
    AttesterUnknown,
    CompromiseInFuture,
    CompromiseNotEarlier,
    CouncilMalformed,
    MandateMissing,
    MandateOverlaps,
    PeriodMalformed,
    ResolutionNumberMismatch,
)


class Period(NamedTuple):
    """Half-open span of time in seconds since 1970: ``from_`` <= t < ``until``."""

    from_: int
    until: int = NO_END

    def contains(self, at: int) -> bool:
        return self.from_ <= at < self.until


@dataclass(slots=True)
class Agency:
    """A public body: when it was active, and under which mandates (by UNCL 1001 kind)."""

    code: str
    name: str
    jurisdiction: str
    uri: str
    periods: list[Period]
    mandates: dict[int, list[Period]] = field(default_factory=dict)

    def mandated(self, kind: int, at: int) -> bool:
        return any(period.contains(at) for period in self.mandates.get(kind, ()))


@dataclass(slots=True)
class Attester:
    """One key of one agency. ``compromised_from`` is None unless the council declared it."""

    signer: Signer
    agency: str
    period: Period
    compromised_from: int | None = None


class Agencies:
    """The register as the council's resolutions have made it; every change is one ``apply``."""

    def __init__(self) -> None:
        self.members: tuple[Signer, ...] = ()
        self.threshold = 0
        self.resolutions = 0
        self.agencies: dict[str, Agency] = {}
        self.attesters: dict[Signer, Attester] = {}

    def found(self, members: tuple[Signer, ...], threshold: int) -> None:
        """Seat the first council, as the contract's constructor does; it is no resolution and has number 0."""
        self._seat(members, threshold)

    def apply(self, resolution: Resolution, at: int) -> None:
        """Carry out a resolution at time ``at``.

        :raises Refused: the subclass named as the contract's error; nothing has changed then.
        """
        self.check_number(resolution)
        match resolution:
            case CouncilChange():
                self._seat(resolution.members, resolution.threshold)
            case AgencyEnrolment():
                self._enrol(resolution, at)
            case AgencySuspension():
                agency = self.active_agency(resolution.agency)
                agency.periods[-1] = Period(agency.periods[-1].from_, at)
            case AgencyReinstatement():
                agency = self.agency(resolution.agency)
                if agency.periods[-1].until == NO_END:
                    raise AgencyNotSuspended(resolution.agency)
                agency.periods.append(Period(at))
            case AttesterAuthorisation():
                self.agency(resolution.agency)
                if resolution.attester in self.attesters:
                    known = self.attesters[resolution.attester]
                    raise AttesterAlreadyAuthorised(known.signer, known.agency)
                self.attesters[resolution.attester] = Attester(resolution.attester, resolution.agency, Period(at))
            case AttesterRetirement():
                attester = self.attester(resolution.attester)
                if attester.period.until != NO_END:
                    raise AttesterNotActive(attester.signer, *attester.period)
                attester.period = Period(attester.period.from_, at)
            case AttesterCompromise():
                self._compromise(resolution, at)
            case MandateGrant():
                self._grant(resolution, at)
            case MandateWithdrawal():
                self._withdraw_mandate(resolution, at)
            case _:
                assert_never(resolution)
        self.resolutions += 1

    def check_number(self, resolution: Resolution) -> None:
        """ResolutionNumberMismatch unless this is the next resolution."""
        if resolution.number != self.resolutions + 1:
            raise ResolutionNumberMismatch(self.resolutions + 1, resolution.number)

    def agency(self, code: str) -> Agency:
        """The agency, active or not; AgencyUnknown when it was never enrolled."""
        try:
            return self.agencies[code]
        except KeyError:
            raise AgencyUnknown(code) from None

    def active_agency(self, code: str) -> Agency:
        """The agency while it is not suspended, by the latest resolution; else AgencyNotActive."""
        agency = self.agency(code)
        if agency.periods[-1].until != NO_END:
            raise AgencyNotActive(code, agency.periods[-1].until)
        return agency

    def attester(self, signer: Signer) -> Attester:
        """The attester, active or not; AttesterUnknown when it was never authorised."""
        try:
            return self.attesters[signer]
        except KeyError:
            raise AttesterUnknown(signer) from None

    def speaking_attester(self, signer: Signer) -> Attester:
        """The attester if it may speak by the latest resolution: not retired, not compromised, agency not suspended."""
        attester = self.attester(signer)
        if attester.compromised_from is not None:
            raise AttesterDeclaredCompromised(signer, attester.compromised_from)
        if attester.period.until != NO_END:
            raise AttesterNotActive(signer, *attester.period)
        self.active_agency(attester.agency)
        return attester

    def authorised_attester(self, signer: Signer, agency: str, kind: int, at: int) -> Attester:
        """The attester who may speak for ``agency`` with a mandate for ``kind`` now (``at``).

        :raises Refused: the subclass that names the first hindrance.
        """
        attester = self.attester(signer)
        if attester.agency != agency:
            raise AgencyMismatch(signer, agency, attester.agency)
        self.speaking_attester(signer)
        if not self.agency(agency).mandated(kind, at):
            raise MandateMissing(agency, kind)
        return attester

    def _seat(self, members: tuple[Signer, ...], threshold: int) -> None:
        if not 0 < threshold <= len(members) <= MAX_COUNCIL:
            raise CouncilMalformed(len(members), threshold)
        self.members, self.threshold = members, threshold

    def _enrol(self, resolution: AgencyEnrolment, at: int) -> None:
        if resolution.agency in self.agencies:
            raise AgencyAlreadyEnrolled(resolution.agency)
        self.agencies[resolution.agency] = Agency(
            resolution.agency, resolution.name, resolution.jurisdiction, resolution.uri, [Period(at)]
        )

    def _compromise(self, resolution: AttesterCompromise, at: int) -> None:
        attester = self.attester(resolution.attester)
        if resolution.since > at:
            raise CompromiseInFuture(resolution.since, at)
        if attester.compromised_from is not None and resolution.since >= attester.compromised_from:
            raise CompromiseNotEarlier(resolution.since, attester.compromised_from)
        attester.compromised_from = resolution.since

    def _grant(self, resolution: MandateGrant, at: int) -> None:
        agency = self.agency(resolution.agency)
        begin = resolution.from_ or at
        if begin < at or resolution.until <= begin:
            raise PeriodMalformed(begin, resolution.until, at)
        periods = agency.mandates.setdefault(resolution.kind, [])
        if periods and begin < periods[-1].until:
            raise MandateOverlaps(resolution.agency, resolution.kind, periods[-1].until)
        periods.append(Period(begin, resolution.until))

    def _withdraw_mandate(self, resolution: MandateWithdrawal, at: int) -> None:
        periods = self.agency(resolution.agency).mandates.get(resolution.kind, [])
        if not periods or periods[-1].until <= at:
            raise MandateMissing(resolution.agency, resolution.kind)
        for index, period in enumerate(periods):
            if period.until > at:
                # One that has not begun is emptied, not turned inside out.
                periods[index] = Period(min(period.from_, at), at)

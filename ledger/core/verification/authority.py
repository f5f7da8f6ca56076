"""With what authority? Judged from proven entries alone, where the whole history is not at hand.

The contract enforces authority when it takes an attestation. These checks show the chain of entries that gave it, from
the council's signatures down, so that a verifier need not take the contract's word for it.

One pass over resolutions and statements, in the order of the entries, answers for all statements. So the work is in
proportion to the evidence, whatever it has much of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple, assert_never

from ledger.core.encoding.ids import Signer
from ledger.core.history.agencies import Agency, Period
from ledger.core.history.entry import Content, Enacted, Entry, encode_payload, kind_of
from ledger.core.history.replay import EntryRef
from ledger.core.statements.origin import Origin
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
from ledger.core.statements.signature import WalletUndecided
from ledger.core.verification.budget import UNLIMITED, Budget
from ledger.core.verification.cache import check_carried
from ledger.core.verification.codes import CODES
from ledger.core.verification.wording import Param
from ledger.errors import DefiniteNo, VerificationFailed

Known = Sequence[tuple[EntryRef, Content]]
Carried = Callable[[Enacted, Origin, CouncilChange], None]
"""``check_carried``, or that of a cache."""


class NotEmpowered(VerificationFailed):
    """A statement of an agency lacks authority by the entries shown; ``code`` and ``params`` say why, see ``codes``."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(CODES[code].words.fill(params))
        self.code = code
        self.params = params


class Undecided(NamedTuple):
    """A resolution that a wallet contract endorsed: whether it accepted the signature, only the contract could say."""

    entry: int
    reason: str


class AgencyStatement(NamedTuple):
    """What a key said for an agency, in an entry. ``kind``: of an attestation; None for a revocation."""

    entry: EntryRef
    signer: Signer
    agency: str
    kind: int | None


@dataclass(frozen=True, slots=True)
class Authority:
    """What empowered a statement of an agency: the agency, and the entries that enrolled it and authorised the key.

    ``mandated``: the entry that granted the mandate; None for a revocation, which needs none.
    ``undecided``: the first resolution before it of which only the contract could say whether it has its quorum.
    """

    agency: Agency
    enrolled: EntryRef
    authorised: EntryRef
    mandated: EntryRef | None
    undecided: Undecided | None


class ShownAuthority:
    """What empowered each statement, by the council's resolutions shown before it.

    Each resolution is held once to the quorum of the council seated then. Those that bear on other statements are held
    to it too: authority descends by all of them from entry 0.
    """

    def __init__(
        self,
        known: Known,
        statements: Iterable[AgencyStatement],
        origin: Origin,
        carried: Carried = check_carried,
        budget: Budget = UNLIMITED,
    ) -> None:
        """
        :param known: the entries shown, in order; their times do not go back.
        :param statements: whose authority will be asked for; one entry has at most one.
        """
        self._known = known
        self._statements = statements
        self._quorums = _Quorums(origin, carried, budget)
        self._found: dict[int, Authority | NotEmpowered] | None = None

    def of(self, number: int) -> Authority:
        """What empowered the statement of entry ``number``. Nothing is worked out before the first question.

        :raises NotEmpowered: something is missing, came too late, was undone before, or lacks the council's quorum.
        """
        if self._found is None:
            self._found = dict(self._all())
        found = self._found[number]
        if isinstance(found, NotEmpowered):
            raise NotEmpowered(found.code, **found.params)
        return found

    def _all(self) -> Iterator[tuple[int, Authority | NotEmpowered]]:
        statements = [(item.entry, item) for item in self._statements]
        last = max((at.number for at, _ in statements), default=0)
        resolutions = [(at, item) for at, item in self._known if isinstance(item, Enacted) and at.number < last]
        both: list[tuple[EntryRef, Enacted | AgencyStatement]] = [*statements, *resolutions]
        both.sort(key=lambda one: one[0].number)
        register, lacks = _Register(), None
        for at, item in both:
            if isinstance(item, AgencyStatement):
                yield at.number, lacks or register.authority(item, self._quorums.undecided)
            elif lacks is None:
                try:
                    self._quorums.check(at, item)
                except NotEmpowered as error:
                    lacks = error
                else:
                    register.apply(at, item.resolution)


class _Quorums:
    """Holds resolutions, in their order, to the quorum of the council seated then."""

    def __init__(self, origin: Origin, carried: Carried, budget: Budget) -> None:
        self._origin = origin
        self._check_carried = carried
        self._budget = budget
        self._council: CouncilChange | None = None
        self.undecided: Undecided | None = None

    def check(self, entry: EntryRef, content: Enacted) -> None:
        """Seat the council that it makes, if it makes one.

        :raises NotEmpowered: it lacks its quorum.
        """
        if entry.number == 0:
            if Entry(0, kind_of(content), entry.time, encode_payload(content)).hash != self._origin.salt:
                raise NotEmpowered("authority.other_first_entry")
        elif self._council is None:
            raise NotEmpowered("authority.no_first_council")
        else:
            self._budget.spend(signatures=len(content.endorsements))
            try:
                self._check_carried(content, self._origin, self._council)
            except WalletUndecided as error:
                self.undecided = self.undecided or Undecided(entry.number, str(error))
            except DefiniteNo as error:
                raise NotEmpowered("authority.no_quorum", entry=entry.number, reason=str(error)) from error
        if isinstance(content.resolution, CouncilChange):
            self._council = content.resolution


class _Register:
    """Who may speak for which agency about what, after the resolutions so far."""

    def __init__(self) -> None:
        self._enrolled: dict[str, tuple[EntryRef, Agency]] = {}
        self._suspended: set[str] = set()
        self._authorised: dict[tuple[Signer, str], EntryRef] = {}
        self._ended: set[Signer] = set()
        self._mandates: dict[tuple[str, int], _Mandate] = {}

    def apply(self, at: EntryRef, resolution: Resolution) -> None:
        match resolution:
            case AttesterAuthorisation(attester, code):
                self._authorised[attester, code] = at
            case AttesterRetirement(attester) | AttesterCompromise(attester):
                self._ended.add(attester)
            case AgencyEnrolment(code, name, jurisdiction, uri):
                self._enrolled[code] = at, Agency(code, name, jurisdiction, uri, [Period(at.time)])
            case AgencySuspension(code):
                self._suspended.add(code)
            case AgencyReinstatement(code):
                self._suspended.discard(code)
            case MandateGrant(code, kind, from_, until):
                self._mandates.setdefault((code, kind), _Mandate()).grant(at, Period(from_ or at.time, until))
            case MandateWithdrawal(code, kind):
                self._mandates.pop((code, kind), None)
            case CouncilChange():
                pass
            case _:
                assert_never(resolution)

    def authority(self, said: AgencyStatement, undecided: Undecided | None) -> Authority | NotEmpowered:
        """What empowers a statement now, or what it lacks."""
        code = said.agency
        mandated: EntryRef | None = None
        if code not in self._enrolled:
            return NotEmpowered("authority.not_enrolled", agency=code)
        authorised = self._authorised.get((said.signer, code))
        if authorised is None:
            return NotEmpowered("authority.not_authorised", agency=code)
        if said.kind is not None:
            mandated = self._mandates.get((code, said.kind), _Mandate()).at(said.entry.time)
            if mandated is None:
                return NotEmpowered("authority.no_mandate", agency=code, kind=said.kind)
        if code in self._suspended:
            return NotEmpowered("authority.suspended", agency=code)
        if said.signer in self._ended:
            return NotEmpowered("authority.attester_ended")
        enrolled, agency = self._enrolled[code]
        return Authority(agency, enrolled, authorised, mandated, undecided)


class _Mandate:
    """The grants of one mandate. Times that are asked for do not go back."""

    def __init__(self) -> None:
        self._to_begin: list[tuple[int, EntryRef, int]] = []  # a heap: begin, grant, end
        self._begun: list[tuple[int, EntryRef, int]] = []  # a heap, latest grant first: minus its number, grant, end

    def grant(self, granted: EntryRef, period: Period) -> None:
        heappush(self._to_begin, (period.from_, granted, period.until))

    def at(self, time: int) -> EntryRef | None:
        """The latest grant whose period has ``time``, in seconds."""
        while self._to_begin and self._to_begin[0][0] <= time:
            _, granted, until = heappop(self._to_begin)
            heappush(self._begun, (-granted.number, granted, until))
        while self._begun and self._begun[0][2] <= time:
            heappop(self._begun)
        return self._begun[0][1] if self._begun else None

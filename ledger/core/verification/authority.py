"""With what authority? Judged from proven entries alone, where the whole history is not at hand.

The contract enforces authority when it takes an attestation. These checks show the chain of entries that gave it, from
the council's signatures down, so that a verifier need not take the contract's word for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
)
from ledger.core.statements.signature import WalletUndecided
from ledger.core.verification.cache import VerificationCache, check_carried
from ledger.core.verification.codes import CODES
from ledger.core.verification.wording import Param
from ledger.errors import DefiniteNo, VerificationFailed

Known = Sequence[tuple[EntryRef, Content]]


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


class CarriedResolutions:
    """The council's resolutions among the entries shown, each held once to the quorum of the council seated then.

    Resolutions that bear on other attestations are checked too: authority descends by all of them from entry 0.
    """

    def __init__(self, known: Known, origin: Origin, cache: VerificationCache | None = None) -> None:
        self._origin = origin
        self._check_carried = check_carried if cache is None else cache.check_carried
        self._resolutions = [(entry, content) for entry, content in known if isinstance(content, Enacted)]
        self._carried = 0
        self._council: CouncilChange | None = None
        self._failure: NotEmpowered | None = None
        self._undecided: Undecided | None = None

    def before(self, number: int) -> list[tuple[EntryRef, Enacted]]:
        """Those with a lower number than ``number``, in order. Some may be undecided: see ``undecided_before``.

        :raises NotEmpowered: one of them lacks its quorum.
        """
        before = [item for item in self._resolutions if item[0].number < number]
        for entry, content in before[self._carried :]:
            if self._failure is None:
                try:
                    self._check(entry, content)
                except NotEmpowered as error:
                    self._failure = error
                except WalletUndecided as error:
                    self._undecided = self._undecided or Undecided(entry.number, str(error))
            if self._failure is not None:
                raise self._failure
            self._carried += 1
            if isinstance(content.resolution, CouncilChange):
                self._council = content.resolution
        return before

    def undecided_before(self, number: int) -> Undecided | None:
        """The first of those that ``before`` gave of which only the contract could say whether it has its quorum."""
        return self._undecided if self._undecided is not None and self._undecided.entry < number else None

    def _check(self, entry: EntryRef, content: Enacted) -> None:
        if entry.number == 0:
            if Entry(0, kind_of(content), entry.time, encode_payload(content)).hash != self._origin.salt:
                raise NotEmpowered("authority.other_first_entry")
        elif self._council is None:
            raise NotEmpowered("authority.no_first_council")
        else:
            try:
                self._check_carried(content, self._origin, self._council)
            except DefiniteNo as error:
                raise NotEmpowered("authority.no_quorum", entry=entry.number, reason=str(error)) from error


def authority_of(
    signer: Signer, code_: str, kind_: int | None, entry: EntryRef, resolutions: CarriedResolutions
) -> Authority:
    """Find the entries that let ``signer`` speak for the agency ``code_`` at ``entry``.

    ``kind_``: of an attestation, which needs a mandate for it; None for a revocation, which needs no mandate.

    :raises NotEmpowered: one is missing, came too late, was undone before, or lacks the council's quorum.
    """
    authorised = enrolled = mandated = None
    suspended = ended = False
    agency: Agency | None = None
    for at, content in resolutions.before(entry.number):
        match content.resolution:
            case AttesterAuthorisation(attester, code) if (attester, code) == (signer, code_):
                authorised = at
            case AttesterRetirement(attester) | AttesterCompromise(attester) if attester == signer:
                ended = True
            case AgencyEnrolment(code, name, jurisdiction, uri) if code == code_:
                enrolled, agency = at, Agency(code, name, jurisdiction, uri, [Period(at.time)])
            case AgencySuspension(code) if code == code_:
                suspended = True
            case AgencyReinstatement(code) if code == code_:
                suspended = False
            case MandateGrant(code, kind, from_, until) if (code, kind) == (code_, kind_):
                if Period(from_ or at.time, until).contains(entry.time):
                    mandated = at
            case MandateWithdrawal(code, kind) if (code, kind) == (code_, kind_):
                mandated = None
            case (
                AttesterAuthorisation() | AttesterRetirement() | AttesterCompromise() | AgencyEnrolment()
                | AgencySuspension() | AgencyReinstatement() | MandateGrant() | MandateWithdrawal() | CouncilChange()
            ):  # fmt: skip
                pass  # about another attester, agency or mandate, or about the council
            case _:
                assert_never(content.resolution)
    if agency is None or enrolled is None:
        raise NotEmpowered("authority.not_enrolled", agency=code_)
    if authorised is None:
        raise NotEmpowered("authority.not_authorised", agency=code_)
    if kind_ is not None and mandated is None:
        raise NotEmpowered("authority.no_mandate", agency=code_, kind=kind_)
    if suspended:
        raise NotEmpowered("authority.suspended", agency=code_)
    if ended:
        raise NotEmpowered("authority.attester_ended")
    return Authority(agency, enrolled, authorised, mandated, resolutions.undecided_before(entry.number))


def compromised_from(signer: Signer, known: Known) -> int | None:
    """The earliest date from which this attester is declared compromised, by any entry known."""
    dates = [
        content.resolution.since
        for _, content in known
        if isinstance(content, Enacted)
        and isinstance(content.resolution, AttesterCompromise)
        and content.resolution.attester == signer
    ]
    return min(dates, default=None)

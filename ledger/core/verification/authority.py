"""With what authority? Judged from proven entries alone, where the whole history is not at hand.

The contract enforces authority when it takes an attestation. These checks show the chain of entries that gave it, from
the council's signatures down, so that a verifier need not take the contract's word for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import assert_never

from ledger.core.history.agencies import Agency, Period
from ledger.core.history.entry import Attested, Content, Enacted
from ledger.core.history.history import Mark, Verifier, check_quorum
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import verify_signature
from ledger.core.statements.statement import (
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
from ledger.errors import DefiniteNo, VerificationFailed

Known = Sequence[tuple[Mark, Content]]


@dataclass(frozen=True, slots=True)
class Authority:
    """What empowered an attestation: the agency, and the entries that enrolled, authorised and mandated."""

    agency: Agency
    enrolled: Mark
    authorised: Mark
    mandated: Mark


def authority_of(attested: Attested, mark: Mark, known: Known, origin: Origin, verify: Verifier) -> Authority:
    """Find the entries that gave this attestation (made at ``mark``) its authority, and check
    the council's signatures.

    :raises VerificationFailed: an entry is missing, came too late, was undone before, or lacks the council's quorum.
    :raises Unavailable: what ``verify`` raises where nobody can say whether a wallet of the council signed.
    """
    attestation = attested.attestation
    before = [(at, content) for at, content in known if at.number < mark.number]
    authorised = enrolled = mandated = None
    suspended = retired = False
    agency: Agency | None = None
    for at, content in _enacted_by_council(before, origin, verify):
        match content.resolution:
            case AttesterAuthorisation(attester, code) if (attester, code) == (attested.signer, attestation.agency):
                authorised = at
            case AttesterRetirement(attester) | AttesterCompromise(attester) if attester == attested.signer:
                retired = True
            case AgencyEnrolment(code, name, jurisdiction, uri) if code == attestation.agency:
                enrolled, agency = at, Agency(code, name, jurisdiction, uri, [Period(at.time)])
            case AgencySuspension(code) if code == attestation.agency:
                suspended = True
            case AgencyReinstatement(code) if code == attestation.agency:
                suspended = False
            case MandateGrant(code, kind, from_, until) if (code, kind) == (attestation.agency, attestation.kind):
                if Period(from_ or at.time, until).contains(mark.time):
                    mandated = at
            case MandateWithdrawal(code, kind) if (code, kind) == (attestation.agency, attestation.kind):
                mandated = None
            case (
                AttesterAuthorisation() | AttesterRetirement() | AttesterCompromise() | AgencyEnrolment()
                | AgencySuspension() | AgencyReinstatement() | MandateGrant() | MandateWithdrawal() | CouncilChange()
            ):  # fmt: skip
                pass  # about another attester, agency or mandate, or about the council
            case _:
                assert_never(content.resolution)
    if agency is None or enrolled is None:
        raise VerificationFailed(f"no entry shows that {attestation.agency} was enrolled")
    if authorised is None:
        raise VerificationFailed(f"no entry shows that {attestation.agency} authorised this attester's key")
    if mandated is None:
        raise VerificationFailed(f"no entry shows a mandate of {attestation.agency} for kind {attestation.kind} then")
    if suspended or retired:
        raise VerificationFailed("the agency was suspended, or the attester retired or compromised, before it attested")
    return Authority(agency, enrolled, authorised, mandated)


def compromised_from(signer: bytes, known: Known) -> int | None:
    """The earliest date from which this attester is declared compromised, by any entry known."""
    dates = [
        content.resolution.since
        for _, content in known
        if isinstance(content, Enacted)
        and isinstance(content.resolution, AttesterCompromise)
        and content.resolution.attester == signer
    ]
    return min(dates, default=None)


def _check_quorum(content: Enacted, origin: Origin, council: CouncilChange, verify: Verifier) -> None:
    """As :func:`check_quorum`, but remember resolutions that keys alone carried: all that an agency attests rests on
    the same few. Resolutions signed by a wallet are asked about each time.
    """
    try:
        carried_by_keys(content, origin, council)
    except DefiniteNo:
        check_quorum(content, origin, council.members, council.threshold, verify)


@lru_cache(maxsize=1_024)
def carried_by_keys(content: Enacted, origin: Origin, council: CouncilChange) -> None:
    check_quorum(content, origin, council.members, council.threshold, partial(verify_signature, origin))


def _enacted_by_council(known: Known, origin: Origin, verify: Verifier) -> Iterator[tuple[Mark, Enacted]]:
    """All resolutions in order, each with the quorum of the council seated then, which descends from entry 0.

    Resolutions that bear on other attestations are checked too: whoever shows them answers for them.
    """
    council: CouncilChange | None = None
    for mark, content in known:
        if not isinstance(content, Enacted):
            continue
        if mark.number == 0:
            if not isinstance(content.resolution, CouncilChange) or content.resolution.number or content.endorsements:
                raise VerificationFailed("entry 0 is not the first council")
        elif council is None:
            raise VerificationFailed("entry 0, the first council, is not shown")
        else:
            try:
                _check_quorum(content, origin, council, verify)
            except DefiniteNo as error:
                raise VerificationFailed(f"entry {mark.number} was not enacted by the council: {error}") from error
        if isinstance(content.resolution, CouncilChange):
            council = content.resolution
        yield mark, content

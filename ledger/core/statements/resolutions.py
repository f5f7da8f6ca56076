"""The council's resolutions.

Each ends with its running number: 1 for the first that is signed, 0 for the first council.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

from ledger.core.encoding.ids import Signer
from ledger.core.statements.member_types import (
    AGENCY,
    JURISDICTION,
    MAX_NAME,
    MAX_URI,
    MEMBERS,
    SIGNER,
    UINT16,
    UINT40,
    UINT64,
    text,
)
from ledger.core.statements.statement import Statement, member_of


@dataclass(frozen=True, slots=True)
class CouncilChange(Statement):
    """New members (ERC-7913 signers) and threshold."""

    PRIMARY_TYPE: ClassVar[str] = "CouncilChange"
    members: tuple[Signer, ...] = member_of(MEMBERS)
    threshold: int = member_of(UINT16)
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AgencyEnrolment(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AgencyEnrolment"
    agency: str = member_of(AGENCY)
    name: str = member_of(text(MAX_NAME))
    jurisdiction: str = member_of(JURISDICTION)
    uri: str = member_of(text(MAX_URI))
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AgencySuspension(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AgencySuspension"
    agency: str = member_of(AGENCY)
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AgencyReinstatement(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AgencyReinstatement"
    agency: str = member_of(AGENCY)
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AttesterAuthorisation(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AttesterAuthorisation"
    attester: Signer = member_of(SIGNER)
    agency: str = member_of(AGENCY)
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AttesterRetirement(Statement):
    PRIMARY_TYPE: ClassVar[str] = "AttesterRetirement"
    attester: Signer = member_of(SIGNER)
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class AttesterCompromise(Statement):
    """From ``since`` on, which may lie in the past, the attester's word counts for nothing."""

    PRIMARY_TYPE: ClassVar[str] = "AttesterCompromise"
    attester: Signer = member_of(SIGNER)
    since: int = member_of(UINT40)
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class MandateGrant(Statement):
    """The agency may make attestations of ``kind`` (UNCL 1001) in [``from_``, ``until``)."""

    PRIMARY_TYPE: ClassVar[str] = "MandateGrant"
    agency: str = member_of(AGENCY)
    kind: int = member_of(UINT16)
    from_: int = member_of(UINT40, "from")
    until: int = member_of(UINT40)
    number: int = member_of(UINT64, "resolution")


@dataclass(frozen=True, slots=True)
class MandateWithdrawal(Statement):
    PRIMARY_TYPE: ClassVar[str] = "MandateWithdrawal"
    agency: str = member_of(AGENCY)
    kind: int = member_of(UINT16)
    number: int = member_of(UINT64, "resolution")


Resolution = (
    CouncilChange
    | AgencyEnrolment
    | AgencySuspension
    | AgencyReinstatement
    | AttesterAuthorisation
    | AttesterRetirement
    | AttesterCompromise
    | MandateGrant
    | MandateWithdrawal
)
RESOLUTIONS: tuple[type[Resolution], ...] = get_args(Resolution)


def make_resolution(kind: type[Resolution], members: Iterable[Any], number: int) -> Resolution:
    """A resolution of this kind from its members in order, without the number, and its number."""
    make: Callable[..., Resolution] = kind
    return make(*members, number)

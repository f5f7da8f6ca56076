"""Rights: what may the holder of a key read, by the register as it is now?

Whatever is written carries a signature of its own and is judged by that. So rights are only about reading.
docs/access.md is the page for people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest

from ledger.core.encoding.ids import Digest, Signer
from ledger.core.history.agencies import Agencies
from ledger.core.statements.declaration import Declaration
from ledger.errors import AgencyNotActive, AttesterUnknown

MayRead = Callable[[Declaration], bool]
"""Whether somebody may read a declaration, and what is said about it."""


class Role(StrEnum):
    """For whom a key speaks. Every key is a party's too: it may declare."""

    PARTY = "party"
    OFFICER = "officer"
    COUNCIL = "council"
    OPERATOR = "operator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Appointed:
    """The keys that the operator's settings name; no resolution of the council does."""

    operators: frozenset[Signer] = frozenset()
    auditors: frozenset[Signer] = frozenset()

    def __contains__(self, signer: Signer) -> bool:
        return signer in self.operators or signer in self.auditors


@dataclass(frozen=True, slots=True)
class Rights:
    """What the holder of a key may do, made by ``rights_of``.

    :param agency: the code of the agency for which the key speaks now; None if for none, or while it is suspended.
    """

    signer: Signer
    agency: str | None = None
    in_council: bool = False
    is_operator: bool = False
    is_auditor: bool = False

    @property
    def roles(self) -> tuple[Role, ...]:
        """All that the key is, always a party."""
        held = {
            Role.PARTY: True,
            Role.OFFICER: self.agency is not None,
            Role.COUNCIL: self.in_council,
            Role.OPERATOR: self.is_operator,
            Role.AUDITOR: self.is_auditor,
        }
        return tuple(role for role, is_held in held.items() if is_held)

    @property
    def reads_all(self) -> bool:
        """Whether it may read every party's declarations: officers and auditors may, council and operator may not."""
        return self.agency is not None or self.is_auditor

    def may_read(self, declaration: Declaration) -> bool:
        """Whether it may read a declaration: its own, or any."""
        return self.reads_all or declaration.party == self.signer


def rights_of(signer: Signer, agencies: Agencies, appointed: Appointed) -> Rights:
    """What the holder of a key may do by the latest resolutions.

    A key that was retired or declared compromised is over: it may do nothing at all, whatever else it is. While its
    agency is suspended, an attester is a party like others.

    :raises AttesterDeclaredCompromised: the council declared it.
    :raises AttesterNotActive: the council retired it.
    """
    try:
        agency = agencies.speaking_attester(signer).agency
    except (AttesterUnknown, AgencyNotActive):
        agency = None
    return Rights(
        signer, agency, signer in agencies.members, signer in appointed.operators, signer in appointed.auditors
    )


def anybody(declaration: Declaration) -> bool:
    """Whoever asks may read everything: a command on the operator's own machine."""
    return True


def holder_of(digest: Digest) -> MayRead:
    """Whoever has the digest of a document may read what is said about it: id and digest are in every evidence."""
    return lambda declaration: compare_digest(declaration.digest, digest)

"""The posting: an agency's move of a line of a certificate from one sheet to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName
from ledger.core.statements.member_types import AGENCY, HASH, UINT32
from ledger.core.statements.statement import Statement, member_of

BALANCE_CONFIRMATION = 182
"""UNCL 1001: the kind of mandate that an agency needs to post."""


@dataclass(frozen=True, slots=True)
class Posting(Statement):
    """An agency moves a line of a certificate from one sheet to the next; both are hashes, zero where there is none.

    ``attestation`` issued the certificate, and ``member`` is the certificate's declaration.
    """

    PRIMARY_TYPE: ClassVar[str] = "Posting"
    agency: str = member_of(AGENCY)
    attestation: AttestationId = member_of(HASH)
    member: DeclarationId = member_of(HASH)
    line: int = member_of(UINT32)
    from_: bytes = member_of(HASH, "from")
    to: bytes = member_of(HASH)

    @property
    def line_name(self) -> LineName:
        """The line that it moves."""
        return LineName(self.attestation, self.member, self.line)

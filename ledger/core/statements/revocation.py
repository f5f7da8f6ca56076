"""The revocation: the end of an attestation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.statements.member_types import HASH, NO_DECLARATION, UINT16
from ledger.core.statements.statement import Statement, member_of


@dataclass(frozen=True, slots=True)
class Revocation(Statement):
    """Ends an attestation, or one member of its set (a declaration id; zero is the whole set). Reason by UNCL 1373."""

    PRIMARY_TYPE: ClassVar[str] = "Revocation"
    attestation: AttestationId = member_of(HASH)
    member: DeclarationId = member_of(HASH, default=NO_DECLARATION)
    reason: int = member_of(UINT16, default=41)

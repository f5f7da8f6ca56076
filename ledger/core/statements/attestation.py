"""The attestation: an agency's statement about a set of declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.core.encoding.ids import AttestationId, Root
from ledger.core.statements.member_types import AGENCY, HASH, UINT16, UINT40, UINT64
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Statement, member_of


@dataclass(frozen=True, slots=True)
class Attestation(Statement):
    """An agency's words about a set of declarations, named by RFC 9162 root and size."""

    PRIMARY_TYPE: ClassVar[str] = "Attestation"
    agency: str = member_of(AGENCY)
    kind: int = member_of(UINT16)
    outcome: int = member_of(UINT16)
    detail: bytes = member_of(HASH)
    valid_from: int = member_of(UINT40)
    valid_until: int = member_of(UINT40)
    root: Root = member_of(HASH)
    size: int = member_of(UINT64)
    salt: bytes = member_of(HASH)

    def id(self, origin: Origin) -> AttestationId:
        return AttestationId(origin.digest(self.struct_hash()))

"""The declaration: a party's statement about one document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.core.encoding.ids import DeclarationId, Digest, Signer
from ledger.core.statements.member_types import HASH, NO_DECLARATION, SIGNER, UINT16
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Statement, member_of


@dataclass(frozen=True, slots=True)
class Declaration(Statement):
    """A party's words: this digest, of this document type (UNCL 1001), is mine, replacing that one (or zero)."""

    PRIMARY_TYPE: ClassVar[str] = "Declaration"
    party: Signer = member_of(SIGNER)
    digest: Digest = member_of(HASH)
    document_type: int = member_of(UINT16)
    replaces: DeclarationId = member_of(HASH, default=NO_DECLARATION)

    def id(self, origin: Origin) -> DeclarationId:
        return DeclarationId(origin.digest(self.struct_hash()))

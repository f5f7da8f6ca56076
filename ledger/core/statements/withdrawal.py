"""The withdrawal: a party's end of its declaration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.core.encoding.ids import DeclarationId
from ledger.core.statements.member_types import HASH, NO_DECLARATION, UINT16
from ledger.core.statements.statement import Statement, member_of


@dataclass(frozen=True, slots=True)
class Withdrawal(Statement):
    """The party ends its declaration; reason by UNCL 1225, replacement is a declaration id or zero."""

    PRIMARY_TYPE: ClassVar[str] = "Withdrawal"
    declaration: DeclarationId = member_of(HASH)
    reason: int = member_of(UINT16)
    replacement: DeclarationId = member_of(HASH, default=NO_DECLARATION)

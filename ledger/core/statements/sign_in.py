"""The sign-in: a signer's statement to a site. It is no entry of the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.core.encoding.ids import Signer
from ledger.core.statements.member_types import HASH, MAX_URI, SIGNER, UINT40, text
from ledger.core.statements.statement import Statement, member_of


@dataclass(frozen=True, slots=True)
class SignIn(Statement):
    """A signer's words to a site: let me in. ``nonce`` is the site's own; the contract has no use for it.

    Who judges it is ``signature.verify_signature``. Which site, nonce and time (seconds) are taken is the site's rule.
    """

    PRIMARY_TYPE: ClassVar[str] = "SignIn"
    site: str = member_of(text(MAX_URI))
    signer: Signer = member_of(SIGNER)
    nonce: bytes = member_of(HASH)
    time: int = member_of(UINT40)

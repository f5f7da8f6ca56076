"""The sign-in: a signer's statement to a site. It is no entry of the history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from ledger.core.encoding.ids import Signer
from ledger.core.statements.member_types import HASH, MAX_URI, SIGNER, UINT40, text
from ledger.core.statements.statement import Statement, member_of
from ledger.errors import SignInElsewhere, SignInUntimely

MOST_SECONDS_OFF = 300
"""How far the time of a sign-in may be from the clock of the site."""


@dataclass(frozen=True, slots=True)
class SignIn(Statement):
    """A signer's words to a site: let me in. ``nonce`` is the site's own; the contract has no use for it.

    Who judges the signature is ``signature.verify_signature``; whether the nonce was given, its store knows.
    """

    PRIMARY_TYPE: ClassVar[str] = "SignIn"
    site: str = member_of(text(MAX_URI))
    signer: Signer = member_of(SIGNER)
    nonce: bytes = member_of(HASH)
    time: int = member_of(UINT40)

    def check(self, sites: Collection[str], at: int) -> None:
        """Check that it is for one of these sites, and was made about ``at`` (seconds); returns nothing.

        :raises SignInElsewhere: it is for another site.
        :raises SignInUntimely: its time is too far from ``at``, before or after.
        """
        if self.site not in sites:
            raise SignInElsewhere()
        if abs(self.time - at) > MOST_SECONDS_OFF:
            raise SignInUntimely(MOST_SECONDS_OFF)

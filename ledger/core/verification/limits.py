"""How much evidence a server judges for strangers. Who verifies for himself needs no limits."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.evidence.evidence import Evidence
from ledger.core.verification.facts import Shown
from ledger.errors import Malformed


@dataclass(frozen=True, slots=True)
class VerificationLimits:
    """The most ``entries`` shown, and the most ``attestations`` about the declaration among them."""

    entries: int
    attestations: int

    def check_entries(self, evidence: Evidence) -> None:
        """Before anything is decoded.

        :raises Malformed: it has more.
        """
        _check(len(evidence.entries), self.entries, "entries")

    def check_attestations(self, shown: Shown) -> None:
        """:raises Malformed: it has more."""
        _check(len(shown.attested), self.attestations, "attestations")


def _check(count: int, most: int, what: str) -> None:
    if count > most:
        raise Malformed(
            f"it has {count:,} {what}, and this server judges at most {most:,}: use `ledger verify`", "evidence"
        )

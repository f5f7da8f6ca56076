"""Signatures that only the contract could judge, when it wrote the entry: of wallet contracts and foreign verifiers.

A wallet is never asked here. It may have changed its owners, it may be gone (a wallet that is made, used and destroyed
in one transaction leaves no code behind), and an account may have taken back its delegation to it (EIP-7702). What it
says today is no judge of the past. The contract asked it then: if the contract has the shipped code and the head to
which these entries lead, it accepted every signature in them. docs/adr/0011.
"""

from __future__ import annotations

from ledger.core.verification.verdict import Status
from ledger.journeys.audit.findings import Finding

_NAMED = 10  # entries named in a finding


class WalletSignatures:
    """Counts such signatures, and remembers the few that the finding names."""

    def __init__(self) -> None:
        self._count = 0
        self._first: list[int] = []
        self._last = -1

    def note(self, number: int) -> None:
        """Note a signature of entry ``number``; entries come in order, one for each such signature."""
        self._count += 1
        if number != self._last and len(self._first) <= _NAMED:
            self._first.append(number)
        self._last = number

    def finish(self, trusted: bool) -> Finding:
        """The finding about all of them.

        :param trusted: whether the contract has the shipped code and the head to which all entries lead.
        """
        if not self._count:
            return Finding("wallets", Status.VALID, "every signature is by a key and was checked")
        named = ", ".join(map(str, self._first[:_NAMED])) + (", …" if len(self._first) > _NAMED else "")
        words = f"{self._count} signatures by wallet contracts or foreign verifiers, in entries {named}"
        if trusted:
            words += (
                ": the contract accepted them when the entries were written, as its code and head match; the wallets "
                "cannot be asked about the past"
            )
        else:
            words += ": code and head do not both match, so nothing says whether the contract accepted them"
        return Finding("wallets", Status.SKIPPED, words)

"""Signatures that only a contract can judge. Wallets are asked as of the block in which the entry was made."""

from __future__ import annotations

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.verification.verdict import Status
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.node import NodeRefused
from ledger.edges.signature_pool import Signed
from ledger.errors import HistoryBroken, VerificationFailed
from ledger.journeys.audit.findings import Finding

_NAMED = 10  # entries named in a finding


class Wallets:
    """Judges such signatures one by one and remembers the few that it must name."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._count = 0
        self._refused: list[int] = []
        self._forged: HistoryBroken | None = None

    def judge(self, signed: Signed) -> None:
        """Ask the wallet as of the entry's block, then as of the one before, as it may have changed in between.

        If the wallet accepts the signature at neither time, that is no contradiction: it may have changed within the
        block. An address without code is one: no wallet was there that could have accepted it.
        """
        self._count += 1
        try:
            if any(self._accepts(signed, block) for block in (signed.block, signed.block - 1)):
                return
            there = any(self._chain.has_code(signed.signer[:20], block) for block in (signed.block, signed.block - 1))
        except NodeRefused:
            # Not an archive node: it does not know the state of old blocks, so the present state is asked.
            if self._accepts(signed, None):
                return
            there = True
        if there:
            self._refused.append(signed.number)
        elif self._forged is None:
            self._forged = HistoryBroken(
                "a signature does not fit", expected=f"a signature by {hex_text(signed.signer)}",
                found="another key's, and no contract at that address", number=signed.number,
            )  # fmt: skip

    def is_contract(self, signer: Signer) -> bool:
        """Whether a signer (ERC-7913) is, or names, a contract now."""
        return self._chain.has_code(signer[:20])

    def finish(self) -> Finding:
        """The finding about all of them."""
        if self._forged is not None:
            return Finding.of("wallets", self._forged)
        words = f"{self._count} signatures by contracts"
        if not self._refused:
            return Finding("wallets", Status.VALID, f"{words}, each accepted by its contract")
        named = ", ".join(map(str, self._refused[:_NAMED])) + (", …" if len(self._refused) > _NAMED else "")
        words = f"{words}; {len(self._refused)} that their contracts no longer accept, or cannot be asked about"
        return Finding("wallets", Status.SKIPPED, f"{words}: entries {named}")

    def _accepts(self, signed: Signed, block: int | None) -> bool:
        try:
            self._chain.wallet_accepts(signed.signer, signed.digest, signed.signature, block)
        except VerificationFailed:
            return False
        return True

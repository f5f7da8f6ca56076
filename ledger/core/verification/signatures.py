"""Who signed? Judged here, and for wallet contracts by asking their chain, where there is one to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.core.encoding.ids import Signer
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided, verify_signature

WalletCheck = Callable[[Signer, bytes, bytes], None]
"""Signer, digest (32 bytes), signature. Raises VerificationFailed for no, Unavailable where the chain is away."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """How one verification judges signatures. ``wallets`` asks the chain; None where the network stays off."""

    origin: Origin
    wallets: WalletCheck | None = None

    def verify(self, signer: Signer, digest: bytes, signature: bytes) -> None:
        """Check that ``signer`` signed ``digest``; returns nothing.

        :raises WalletUndecided: only a contract on the chain could have taken it, and no chain is at hand.
        :raises DefiniteNo: it did not.
        :raises Unavailable: the chain would have to be asked, and it is away.
        """
        try:
            verify_signature(self.origin, signer, digest, signature)
        except WalletUndecided:
            if self.wallets is None:
                raise
            self.wallets(signer, digest, signature)

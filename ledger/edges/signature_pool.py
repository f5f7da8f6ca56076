"""Check signatures in bulk on all processors, while the caller goes on.

Checking is pure (``core.statements.signature``) and takes most of a replay's time. Portions go to processes in order.
Few portions wait at a time, so memory stays flat. The first failure in order is reported, as if signatures were checked
one after the other.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import NamedTuple, Self

from ledger.core.encoding.ids import Signer
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided, verify_party_signature, verify_signature
from ledger.errors import DefiniteNo, HistoryBroken, Source, Unavailable

_PORTION = 2_000  # signatures; about a tenth of a second


class Signed(NamedTuple):
    """A signature to check: number of its entry, ERC-7913 signer, digest, signature, whether the signer is a party."""

    number: int
    signer: Signer
    digest: bytes
    signature: bytes
    is_party: bool = False


class Checked(NamedTuple):
    """The result of a portion: the first failure (entry number, reason), and entries that only a wallet signed."""

    failed: tuple[int, str] | None
    by_wallets: list[int]


def check(origin: Origin, portion: Sequence[Signed]) -> Checked:
    """Check signatures in order, up to the first failure."""
    by_wallets = []
    for item in portion:
        verify = verify_party_signature if item.is_party else verify_signature
        try:
            verify(origin, item.signer, item.digest, item.signature)
        except WalletUndecided:
            by_wallets.append(item.number)
        except DefiniteNo as error:
            return Checked((item.number, str(error)), by_wallets)
    return Checked(None, by_wallets)


class SignatureChecks:
    """Takes signatures one by one; call ``finish`` after the last. Use it as a context, which ends the processes.

    ``on_wallet`` gets, in order, the entry number of every signature that only the contract could judge. ``count`` is
    how many others were taken.
    """

    def __init__(self, origin: Origin, on_wallet: Callable[[int], None], processes: int | None = None) -> None:
        self._origin = origin
        self._on_wallet = on_wallet
        self._processes = processes or os.cpu_count() or 1
        self._portion: list[Signed] = []
        self._waiting: deque[Future[Checked]] = deque()
        self._pool: ProcessPoolExecutor | None = None
        self._failed: HistoryBroken | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def add(self, signed: Signed) -> None:
        """Take a signature; waits if too many are waiting.

        :raises HistoryBroken: an earlier signature does not fit; the error names its entry.
        :raises Unavailable: the processes died.
        """
        self._portion.append(signed)
        self.count += 1
        if len(self._portion) == _PORTION:
            self._send()
            while len(self._waiting) > 2 * self._processes or (self._waiting and self._waiting[0].done()):
                self._settle()

    def finish(self) -> None:
        """Wait for all signatures taken. Raises what ``add`` raises, also again what it raised before."""
        if self._failed is not None:
            raise self._failed
        while self._waiting:
            self._settle()
        self._judge(check(self._origin, self._portion))
        self._portion = []

    def _send(self) -> None:
        if self._pool is None:
            # Started only for enough work, and spawned, because the caller may have threads and open connections.
            self._pool = ProcessPoolExecutor(self._processes, get_context("spawn"))
        self._waiting.append(self._pool.submit(check, self._origin, self._portion))
        self._portion = []

    def _settle(self) -> None:
        try:
            checked = self._waiting.popleft().result()
        except BrokenProcessPool:
            raise Unavailable(
                "a process that checks signatures was ended: free some memory and run again", source=Source.MACHINE
            ) from None
        self._judge(checked)

    def _judge(self, checked: Checked) -> None:
        self.count -= len(checked.by_wallets)
        for number in checked.by_wallets:
            self._on_wallet(number)
        if checked.failed is not None:
            number, words = checked.failed
            self._failed = HistoryBroken(
                "a signature does not fit", expected="the signer's signature", found=words, number=number
            )
            raise self._failed

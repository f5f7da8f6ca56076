"""Quotas: how much of what a client declares or shares is stored. Each process counts for itself, and remembers few
clients.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from api.kit import metrics
from api.kit.clients import CLIENT, Buckets
from ledger.errors import LedgerError

HOUR = 3_600
ROW_BYTES = 256  # what a row takes beside its signature: id, party, digest, index entries


SHARES, SHARED_BYTES = 120, 200 << 20
"""How many shares, and how many bytes of them, a client may make in an hour."""


class OverQuota(LedgerError):
    """The client has handed in as much as it may in an hour. ``retry_after``: seconds until there is room again."""

    def __init__(self, words: str, retry_after: int) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class Signed(Protocol):
    """Something with a signature."""

    @property
    def signature(self) -> bytes: ...


class IntakeQuota:
    """Two token buckets for each client: declarations and their bytes, each refilled over an hour."""

    def __init__(self, declarations: int, size: int) -> None:
        """:param declarations: how many a client may declare in an hour, and ``size`` how many bytes of them."""
        self._declarations = declarations
        self._rows = Buckets(declarations / HOUR, declarations)
        self._bytes = Buckets(size / HOUR, size)

    def take(self, received: Sequence[Signed]) -> None:
        """Take room for these from the client whose request is under way.

        :raises OverQuota: it has not as much left. Nothing was taken.
        """
        wait = self._take(received)
        if wait > 0:
            raise self._refused(len(received), wait)

    def take_some(self, received: Sequence[Signed]) -> tuple[int, OverQuota | None]:
        """Take room for as many of these, from the first on, as there is for: how many, and why not all."""
        if self._take(received) <= 0:
            return len(received), None
        for count, item in enumerate(received):
            wait = self._take([item])
            if wait > 0:
                return count, self._refused(len(received) - count, wait)
        return len(received), None

    def give_back(self, received: Sequence[Signed]) -> None:
        """These were not stored: they were there before, or could not be."""
        client = CLIENT.get()
        self._rows.give_back(client, len(received))
        self._bytes.give_back(client, size_of(received))

    def _take(self, received: Sequence[Signed]) -> float:
        """0, or how many seconds until there is room; then nothing was taken."""
        client = CLIENT.get()
        wait = self._rows.take(client, len(received))
        if wait <= 0:
            wait = self._bytes.take(client, size_of(received))
            if wait > 0:
                self._rows.give_back(client, len(received))
        return wait

    def _refused(self, count: int, wait: float) -> OverQuota:
        metrics.over_quota(count)
        seconds = min(HOUR, math.ceil(wait))
        return OverQuota(
            f"this address has declared as much as it may in an hour ({self._declarations:,} declarations): go on in "
            f"{seconds} seconds, or ask the operator for more", seconds,
        )  # fmt: skip


class ShareQuota:
    """Two token buckets for each client: shares and their bytes. What a key may make is bounded in the store; this
    bounds what one client may make with many keys.
    """

    def __init__(self, shares: int = SHARES, size: int = SHARED_BYTES) -> None:
        """:param shares: how many a client may make in an hour, and ``size`` how many bytes of them."""
        self._shares = Buckets(shares / HOUR, shares)
        self._bytes = Buckets(size / HOUR, size)

    def take(self, size: int) -> None:
        """Take room for a share of so many bytes from the client whose request is under way.

        :raises OverQuota: it has not as much left. Nothing was taken.
        """
        client = CLIENT.get()
        wait = self._shares.take(client)
        if wait <= 0:
            wait = self._bytes.take(client, size)
            if wait > 0:
                self._shares.give_back(client, 1)
        if wait > 0:
            seconds = min(HOUR, math.ceil(wait))
            raise OverQuota(
                f"this address has shared as much as it may in an hour: go on in {seconds} seconds", seconds
            )

    def give_back(self, size: int) -> None:
        """This share was not stored: it was there before, or could not be."""
        client = CLIENT.get()
        self._shares.give_back(client, 1)
        self._bytes.give_back(client, size)


def size_of(received: Sequence[Signed]) -> int:
    """Bytes that these take in the store, about."""
    return sum([ROW_BYTES + len(item.signature) for item in received])

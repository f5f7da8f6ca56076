"""What one verification may cost. The core counts; whoever has a clock, or a client who may leave, decides."""

from __future__ import annotations

from typing import Protocol


class Budget(Protocol):
    """Asked before signatures are checked and hashes are made. It ends a verification by an error of its own."""

    def spend(self, *, signatures: int = 0, hashes: int = 0) -> None:
        """So many signatures are to be checked now, or so many hashes made."""
        ...


class Unlimited:
    """The budget of one who verifies for himself."""

    def spend(self, *, signatures: int = 0, hashes: int = 0) -> None:
        """Everything is granted."""


UNLIMITED = Unlimited()

"""Gas fees of a transaction (EIP-1559), and what a replacement must pay."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GasFees:
    """Wei per gas (EIP-1559): the tip (max priority fee), and the most to pay in all (max fee)."""

    tip: int
    most: int


def bumped(before_: GasFees, now: GasFees, limit: int | None) -> GasFees:
    """Fees for a replacement: an eighth more than before, as nodes demand a tenth, and not less than the current fees.

    If the limit forbids that, or if the chain demands no fees, the same as before: a node that dropped the transaction
    accepts it.
    """
    if now.most == 0:
        return before_
    tip = max(before_.tip + before_.tip // 8 + 1, now.tip)
    most = max(before_.most + before_.most // 8 + 1, now.most, tip)
    if limit is not None and most > limit:
        return before_
    return GasFees(tip, most)

"""Gas fees of a transaction (EIP-1559), and what a replacement must pay."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas (EIP-1559): the tip, and the most to pay in all."""

    tip: int
    most: int


def bumped(before_: Fees, now: Fees, limit: int | None) -> Fees:
    """Fees for a replacement: an eighth more than before, for nodes ask for a tenth, and no less than is asked now.

    Where the limit forbids it, or where nothing is asked at all, the same again: a node that forgot it takes it.
    """
    if now.most == 0:
        return before_
    tip = max(before_.tip + before_.tip // 8 + 1, now.tip)
    most = max(before_.most + before_.most // 8 + 1, now.most, tip)
    if limit is not None and most > limit:
        return before_
    return Fees(tip, most)

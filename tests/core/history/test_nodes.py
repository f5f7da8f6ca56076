"""Which of two nodes to go by: every combination of what they can say."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from ledger.core.history.nodes import MOST_BEHIND, Compared, Stated, Use, View, Wrong, choose, settled_number
from ledger.errors import NodesDiffer

SEEN = 10
HEAD, OTHER = b"\x01" * 32, b"\x02" * 32


def at(number: int) -> Stated:
    return Stated(number, f"0x{number:064x}", number, HEAD)


VIEWS: list[View] = [None, Wrong("another chain"), *map(at, range(SEEN - 3, SEEN + 4))]
COMMON = at(SEEN)
COMPARED = {
    "nothing": Compared(),
    "the same": Compared(common=(COMMON, COMMON)),
    "another head": Compared(common=(COMMON, replace(COMMON, head=OTHER))),
    "another size": Compared(common=(COMMON, replace(COMMON, size=1))),
    "the same settled block": Compared(settled=("0x01", "0x01")),
    "another settled block": Compared(settled=("0x01", "0x02")),
}


def has(view: View) -> bool:
    return isinstance(view, Stated) and view.number >= SEEN


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize(("first", "second"), list(product(VIEWS, VIEWS)))
def test_every_combination(first: View, second: View, name: str) -> None:
    if isinstance(first, Wrong) or isinstance(second, Wrong) or name.startswith("another"):
        with pytest.raises(NodesDiffer):
            choose(first, second, COMPARED[name], SEEN)
        return
    use = choose(first, second, COMPARED[name], SEEN)
    if use is Use.FIRST:
        assert has(first), "it has what was seen"
    elif use is Use.SECOND:
        assert has(second)
        far = isinstance(first, Stated) and isinstance(second, Stated) and second.number - first.number > MOST_BEHIND
        assert far or not has(first), "the first is away, or behind"
    else:
        assert not has(first)
        assert not has(second)
        assert (use is Use.NONE_IS_AWAY) == (first is None and second is None)


def test_the_first_may_be_a_little_behind() -> None:
    used = [choose(at(SEEN), at(SEEN + ahead), Compared(), SEEN) for ahead in range(4)]
    assert used == [Use.FIRST, Use.FIRST, Use.FIRST, Use.SECOND]


def test_a_difference_shows_both_sides() -> None:
    with pytest.raises(NodesDiffer, match=f"block 10: expected 10 entries, 0x{HEAD.hex()}, found 10 entries, 0x02"):
        choose(at(SEEN), at(SEEN), COMPARED["another head"], SEEN)
    with pytest.raises(NodesDiffer, match="expected 10 entries, .* found another chain"):
        choose(Wrong("another chain"), at(SEEN), Compared(), SEEN)
    with pytest.raises(NodesDiffer, match="counts already: expected 0x01, found 0x02"):
        choose(at(SEEN), at(SEEN), COMPARED["another settled block"], SEEN)


@pytest.mark.parametrize(
    ("common", "confirmations", "number"), [(10, 1, 10), (10, 3, 8), (2, 3, 0), (1, 3, None), (0, 1, 0)]
)
def test_the_newest_block_that_counts(common: int, confirmations: int, number: int | None) -> None:
    assert settled_number(common, confirmations) == number

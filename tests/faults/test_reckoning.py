"""The reckoning notices what it is there to notice."""

from __future__ import annotations

from hashlib import sha256

from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from tests.faults.reckoning import Name, Tally, tally

ONE, TWO, THREE = (sha256(bytes([n])).digest() for n in range(3))


def batch(*leaves: bytes) -> Name:
    return root_of_hashes([leaf_hash(leaf) for leaf in leaves]), len(leaves)


FIRST, SECOND = batch(ONE, TWO), batch(THREE)
LEAVES = {FIRST: (ONE, TWO), SECOND: (THREE,)}


def test_each_once() -> None:
    assert tally([ONE, TWO, THREE], LEAVES, [FIRST, SECOND]) == Tally(3, 0, 0)


def test_lost_where_its_batch_is_not_in_the_history() -> None:
    assert tally([ONE, TWO, THREE], LEAVES, [FIRST]) == Tally(2, 0, 1)


def test_lost_where_no_batch_has_it() -> None:
    assert tally([ONE, TWO, sha256(b"").digest()], LEAVES, [FIRST, SECOND]) == Tally(2, 0, 1)


def test_doubled_where_two_batches_of_the_history_have_it() -> None:
    other = batch(TWO, THREE)
    assert tally([ONE, TWO, THREE], LEAVES | {other: (TWO, THREE)}, [FIRST, other]) == Tally(2, 1, 0)


def test_doubled_where_one_batch_is_in_the_history_twice() -> None:
    assert tally([ONE, TWO], LEAVES, [FIRST, FIRST]) == Tally(0, 2, 0)


def test_an_anchor_that_no_batch_explains_may_hold_anything() -> None:
    assert tally([ONE, TWO], LEAVES, [FIRST, batch(ONE, THREE)]) == Tally(2, 2, 0)


def test_leaves_that_do_not_lead_to_the_root_count_for_nothing() -> None:
    assert tally([ONE, TWO], {FIRST: (ONE, THREE)}, [FIRST]) == Tally(0, 2, 2)

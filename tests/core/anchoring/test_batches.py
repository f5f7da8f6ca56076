"""Batches: which state follows which, and what is sent next; by cases, and on a small chain made by the test."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.anchoring.batches import Account, Batch, BatchState, Event, Offer, Rules, after, before, offers, rest
from ledger.core.anchoring.fees import GasFees, bumped

FEES = GasFees(1_000, 10_000)
RULES = Rules(resend_after=20, in_flight=4)
NOW = 1_000_000
STATES = get_args(BatchState)


def batch(id_: int, nonce: int | None = None, sent_at: int | None = NOW, **more: object) -> Batch:
    """A batch that waits, or one that is sent under a nonce."""
    made = Batch(id_, bytes([id_]) * 32, 1, "batched", NOW - 60)
    if nonce is not None:
        made = replace(
            made, state="sent", nonce=nonce, tip=1_000, max_fee=10_000, tries=1, sent_at=sent_at, tx_hash=f"0x{id_}"
        )
    return replace(made, **more)  # type: ignore[arg-type]


def ours(*batches: Batch) -> set[str]:
    return {one.tx_hash for one in batches if one.tx_hash is not None}


def made(
    waiting: list[Batch], account: Account, at: int = NOW, offered: set[str] | None = None
) -> list[tuple[int, int]]:
    """(batch, nonce) of what is handed over."""
    found = offers(waiting, account, FEES, RULES, at, ours(*waiting) if offered is None else offered)
    return [(offer.batch.id, offer.nonce) for offer in found]


# ------------------------------------------------------------------------------------------------------------- states


def test_every_state_can_be_reached_and_left_towards_final() -> None:
    reached, new = {"batched"}, {"batched"}
    while new:
        new = {after(state, event) for state in new for event in Event} - {None} - reached  # type: ignore[arg-type]
        reached |= new  # type: ignore[arg-type]
    assert reached == set(STATES)
    assert all(any(after(state, event) for event in Event) for state in STATES)


def test_only_an_entry_anchors_and_only_confirmations_make_final() -> None:
    for event in Event:
        for state in STATES:
            following = after(state, event)
            assert (following == "anchored") == (event is Event.ENTERED and state in before(event))
            assert (following == "final") == (event is Event.CONFIRMED and state in before(event))
            assert (following is not None) == (state in before(event))


# ------------------------------------------------------------------------------------------------------------- offers


def test_new_batches_take_the_next_nonces_in_order() -> None:
    assert made([batch(1), batch(2)], Account(5, 5)) == [(1, 5), (2, 6)]
    assert made([batch(1), batch(2)], Account(5, 7)) == [(1, 7), (2, 8)]  # two of somebody else's wait


def test_no_nonce_is_used_again_where_the_node_forgot_what_waits() -> None:
    sent = batch(1, 5)
    assert made([sent, batch(2)], Account(5, 5)) == [(2, 6)]


def test_no_more_are_under_way_than_permitted() -> None:
    under_way = [batch(id_, 4 + id_) for id_ in (1, 2, 3)]
    assert made([*under_way, batch(4), batch(5)], Account(5, 8)) == [(4, 8)]


def test_what_waits_too_long_is_replaced_under_its_nonce_for_more() -> None:
    sent = batch(1, 5)
    assert made([sent], Account(5, 6), NOW + 19) == []
    (offer,) = offers([sent], Account(5, 6), FEES, RULES, NOW + 20, ours(sent))
    assert offer == Offer(sent, 5, GasFees(1_126, 11_251))


def test_what_the_node_forgot_is_offered_again_soon_and_as_it_was() -> None:
    sent = [batch(1, 5), batch(2, 6), batch(3, 7)]
    assert made(sent, Account(5, 6), NOW + 1) == []
    assert made(sent, Account(5, 6), NOW + 2) == [(2, 6), (3, 7)]
    assert offers(sent, Account(5, 6), GasFees(9_000, 90_000), RULES, NOW + 2, ours(*sent))[0].fees == FEES


def test_what_this_process_has_not_handed_over_itself_is_offered_as_it_was_noted() -> None:
    sent = batch(1, 5)
    (offer,) = offers([sent], Account(5, 5), GasFees(9_000, 90_000), RULES, NOW + 1, set())
    assert offer == Offer(sent, 5, GasFees(1_000, 10_000))


def test_what_a_reorganisation_took_back_is_offered_at_once() -> None:
    assert made([batch(1, 5, None)], Account(5, 5)) == [(1, 5)]


def test_a_nonce_that_is_spent_on_something_else_is_given_up() -> None:
    assert made([batch(1, 5), batch(2, 6)], Account(6, 7)) == [(1, 7)]


def test_a_nonce_that_nobody_fills_is_filled_by_the_oldest() -> None:
    stuck = [batch(1, 6), batch(2, 7)]
    assert made(stuck, Account(5, 5), NOW + 1) == []
    assert made(stuck, Account(5, 5), NOW + 5) == [(1, 6), (2, 7)]  # whoever has nonce 5 may still send
    assert made(stuck, Account(5, 5), NOW + 20) == [(1, 5), (1, 6), (2, 7)]
    assert made(stuck, Account(5, 6), NOW + 20) == [(1, 6), (2, 7)]  # somebody's transaction waits at 5


def test_a_batch_that_was_refused_rests_and_holds_up_nobody() -> None:
    poisoned = batch(1, problem="no", retry_at=NOW + 8)
    assert made([poisoned, batch(2)], Account(5, 5)) == [(2, 5)]
    assert made([poisoned, batch(2)], Account(5, 5), NOW + 8) == [(1, 5), (2, 6)]
    assert [rest(tries) for tries in (0, 1, 2, 7, 8, 1_000_000)] == [2, 4, 8, 256, 300, 300]


@pytest.mark.parametrize("jump", [-1, -3_600, -NOW, 3_600, 10**9])
def test_a_clock_that_jumps_makes_nobody_wait(jump: int) -> None:
    assert made([batch(1, 5)], Account(5, 6), NOW + jump) == [(1, 5)]
    if not -300 <= jump < 0:
        assert made([batch(1, retry_at=NOW)], Account(5, 5), NOW + jump) == [(1, 5)]


@given(
    some.integers(0, 10**12),
    some.integers(0, 10**12),
    some.integers(0, 10**12),
    some.integers(0, 10**12),
    some.none() | some.integers(0, 10**13),
)
def test_a_replacement_pays_a_tenth_more_or_is_the_same_again(
    tip: int, more: int, asked: int, room: int, limit: int | None
) -> None:
    was, now = GasFees(tip, tip + more), GasFees(asked, asked + room)
    found = bumped(was, now, limit)
    if found != was:
        assert found.tip * 10 >= was.tip * 11
        assert found.most * 10 >= was.most * 11
        assert found.tip >= now.tip
        assert found.most >= max(now.most, found.tip)
        assert limit is None or found.most <= limit
    else:
        assert now.most == 0 or limit is not None


# ------------------------------------------------------------------------------------- against a chain that misbehaves


@dataclass
class Pool:
    """An account on a chain: what is mined and what waits, by nonce, each with the batch that it carries (0: none)."""

    mined: list[int] = field(default_factory=list)
    waits: dict[int, int] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        waiting = len(self.mined)
        while waiting in self.waits:
            waiting += 1
        return Account(len(self.mined), waiting)

    def mine(self) -> None:
        while len(self.mined) in self.waits:
            self.mined.append(self.waits.pop(len(self.mined)))

    def forget(self) -> None:
        self.waits.clear()

    def undo(self, depth: int, forget: bool) -> None:
        for _ in range(min(depth, len(self.mined))):
            nonce = len(self.mined) - 1
            carried = self.mined.pop()
            if not forget:
                self.waits[nonce] = carried

    def stranger(self) -> None:
        self.waits.setdefault(self.account.waiting, 0)


MISCHIEF = some.sampled_from(
    ["none", "none", "mine", "mine", "forget", "undo", "undo and forget", "stranger", "restart", "lost"]
)


@settings(max_examples=300)
@given(some.integers(1, 6), some.lists(MISCHIEF, max_size=40))
def test_every_batch_arrives_whatever_the_chain_does(count: int, mischief: list[str]) -> None:
    """Any number of reorganisations, forgotten pools, strangers and restarts; then quiet: all are anchored soon."""
    pool, offered, at = Pool(), set[str](), NOW
    batches = {id_: batch(id_) for id_ in range(1, count + 1)}
    for what in [*mischief, *["mine"] * 12]:
        at += 21
        anchored = set(pool.mined)
        for id_, one in batches.items():
            if one.is_open and id_ in anchored:
                batches[id_] = replace(one, state="anchored")
            elif not one.is_open and id_ not in anchored:
                batches[id_] = replace(one, state="sent", sent_at=None)
        waiting = [one for one in batches.values() if one.is_open]
        for offer in offers(waiting, pool.account, FEES, RULES, at, offered):
            tx_hash = f"{offer.batch.id}/{offer.nonce}/{offer.fees}"
            batches[offer.batch.id] = replace(
                offer.batch, state="sent", nonce=offer.nonce, tip=offer.fees.tip, max_fee=offer.fees.most, sent_at=at,
                tx_hash=tx_hash,
            )  # fmt: skip
            if what == "lost":
                continue  # the process died between noting and handing over
            offered.add(tx_hash)
            if offer.nonce >= len(pool.mined):
                pool.waits[offer.nonce] = offer.batch.id
        match what:
            case "mine":
                pool.mine()
            case "forget":
                pool.forget()
            case "undo" | "undo and forget":
                pool.undo(2, what != "undo")
            case "stranger":
                pool.stranger()
            case "restart":
                offered.clear()
    assert {id_ for id_ in batches if id_ not in pool.mined} == set()

"""Reorganisations of depth 1 to 10, with the same transactions mined again and without, at several confirmations."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.reckoning import Outcome, anchors, reckon, settle
from tests.faults.site import Site, site

DEEPEST = 10
_ANCHORS = 3  # in the blocks that are taken back, at most


def reorganise(made: Site, depths: Sequence[int], sign: bool = False) -> Outcome:
    """For each depth, twice: fill blocks with anchors, and take them back.

    :param sign: give the servers the key of the log only when all is over.
    """
    clients = Clients.of(made)
    made.chain.mine(2 * DEEPEST)  # anvil takes back no block from before its start
    undone = 0
    for depth in depths:
        for again in (True, False):
            for _ in range(min(depth, _ANCHORS)):
                _anchor_one(made, clients)
            undone += made.chain.reorganise(depth, again)
            settle(made)
    assert undone > 0, "nothing was taken back"
    if sign:
        made.environment["LEDGER_LOG_KEY"] = "log"
        for server in made.servers:
            server.stop()
            server.environment["LEDGER_LOG_KEY"] = "log"
            server.start()
            server.await_live()
    words = f"depths {', '.join(map(str, depths))}: {undone} transactions taken back"
    name = f"reorgs, {made.environment['LEDGER_CONFIRMATIONS']} confirmation(s)"
    return reckon(made, clients, name, words=words)


def _anchor_one(made: Site, clients: Clients) -> None:
    before = len(anchors(made))
    clients.declare(2)
    assert until(lambda: len(anchors(made)) > before, 20), made.servers[0].words()


@pytest.mark.parametrize("confirmations", [1, 3])
def test_taken_back_and_anchored_again(
    confirmations: int, tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]
) -> None:
    """Deeper than the confirmations, so what counted as confirmed is undone: no checkpoint is signed before the end."""
    with site(tmp_path, CONFIRMATIONS=str(confirmations), LOG_KEY="", RESEND_AFTER_SECONDS="1") as made:
        told(reorganise(made, chance.sample(range(1, DEEPEST + 1), 2), sign=True))


def test_what_is_signed_is_never_taken_back(
    tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]
) -> None:
    """With more confirmations than the reorganisation is deep, every checkpoint holds for good, as the audit finds."""
    with site(tmp_path, CONFIRMATIONS=str(DEEPEST + 1), RESEND_AFTER_SECONDS="1") as made:
        told(reorganise(made, [chance.randint(1, DEEPEST), DEEPEST]))

"""The long run: ``python -m tests.faults.deep --kills 1000``. Kills without end on one store, minutes without a chain.

Two servers, the node and PostgreSQL are killed in turn, under load; first over SQLite, then over PostgreSQL where it is
installed. Every ``ROUND`` kills the ledger is let come to rest, and each 202 so far is counted by content; at the end
of each store the audit and a stranger's verifier look at it too. Exit 1 at the first promise that is broken.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from ledger.testing import postgres
from tests.faults import figures
from tests.faults.clients import Clients
from tests.faults.reckoning import Outcome, Watch, check, count
from tests.faults.site import site
from tests.faults.stores import KINDS, home
from tests.faults.storm import SEED, Storm, seed
from tests.faults.test_kills import BLOCKS_EVERY, DEEP_ENOUGH, victims
from tests.faults.test_outage import outage
from tests.faults.test_reorg import DEEPEST, reorganise

ROUND = 50
_SERVERS = 2


def main() -> int:
    """Run all of it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.deep", description="The faults, at length.")
    parser.add_argument("--kills", type=int, default=1000, help="how many, over all stores")
    parser.add_argument("--away", type=float, default=180, help="seconds for which the chain is stopped")
    parser.add_argument("--store", choices=KINDS, action="append", help="these only")
    given = parser.parse_args()
    chance = random.Random(seed())
    outcomes: list[Outcome] = []
    try:
        stores = given.store or (KINDS if postgres.programs() else KINDS[:1])
        for kind in stores:
            outcomes += _kills(kind, given.kills // len(stores), chance)
        with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as made:
            outcomes.append(outage(made, given.away))
        for confirmations in (1, 3, DEEPEST + 1):
            signs = confirmations > DEEPEST
            settings = {
                "CONFIRMATIONS": str(confirmations),
                "RESEND_AFTER_SECONDS": "1",
                "LOG_KEY": "log" if signs else "",
            }
            with tempfile.TemporaryDirectory() as folder, site(Path(folder), 1, **settings) as made:
                outcomes.append(reorganise(made, range(1, DEEPEST + 1), sign=not signs))
    except AssertionError as broken:
        print(f"BROKEN (repeat with {SEED} as above): {broken}")
        return 1
    finally:
        print(figures.table([figures.row(outcome) for outcome in outcomes]))
    return 0


def _kills(kind: str, kills: int, chance: random.Random) -> list[Outcome]:
    """Kills over one store of this kind; the last outcome counts them all."""
    begun = time.monotonic()
    settings = {"CONFIRMATIONS": str(DEEP_ENOUGH), "RESEND_AFTER_SECONDS": "2"}
    with (
        tempfile.TemporaryDirectory() as folder,
        home(kind, Path(folder)) as store,
        site(Path(folder), _SERVERS, store.url, **settings) as made,
        made.chain.growing(BLOCKS_EVERY),
    ):
        clients, watch, storm = Clients.of(made), Watch(), Storm(chance)
        for done in range(0, kills, ROUND):
            with clients.working(), watch.over(made):
                storm.rage(min(ROUND, kills - done), made.servers, victims(made, store))
            so_far = storm.times.total()
            outcome = count(made, clients, f"kills, {kind}", DEEP_ENOUGH // 4, so_far, watch, storm.words())
            print(f"{time.monotonic() - begun:6.0f} s  {'  '.join(figures.row(outcome))}", flush=True)
        check(made, clients)
    return [outcome]


if __name__ == "__main__":
    sys.exit(main())

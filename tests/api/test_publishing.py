"""A server publishes at least twice in a witness's grace while entries come, however rarely it looks for work."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from starlette.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.app import App
from ledger.edges.store import Store
from ledger.testing.local_ledger import LocalLedger
from tests import houses

GRACE = 2


def test_it_publishes_twice_in_a_grace(house: LocalLedger, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'server.sqlite'}"
    given = {"store_url": url, "poll_interval_seconds": 3_600, "witness_grace_seconds": GRACE}
    settings = type(house.settings)(**(house.settings.model_dump(exclude_unset=True) | given))
    with TestClient(create_app(open_services(settings))), closing(Store.open(url, house.chain.origin)) as store:
        begun = time.monotonic()
        while time.monotonic() < begun + 3 * GRACE:
            houses.anchored(house)
            time.sleep(0.2)
        sizes = [note.checkpoint.size for note in store.checkpoints.each()]
    assert len(sizes) >= 5, "one each half of a grace"


def test_a_witness_is_left_alone_for_half_a_grace_at_most(house: LocalLedger, tmp_path: Path) -> None:
    settings = house.settings.model_copy(update={"state_dir": tmp_path, "witness_grace_seconds": 40})
    with App(settings, origin=house.chain.origin) as app:
        assert app.witnesses.longest_pause == 20

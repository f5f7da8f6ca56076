"""A 202 is a promise: it survives kill -9 of the server at any moment, and ends anchored once."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from ledger.core.codec import hex_text
from ledger.core.entry import EntryKind
from ledger.edges.keys import Algorithm
from ledger.journeys.audit import Scope, audit
from scripts.house import House
from tests import houses


@contextmanager
def served(house: House, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """``ledger serve`` in a process of its own; killed at the end, not stopped."""
    environment = os.environ | {
        "LEDGER_RPC_URL": house.devchain.url,
        "LEDGER_CONTRACT": house.contract_file.read_text().strip(),
        "LEDGER_STATE_DIR": str(house.folder),
        "LEDGER_PASSPHRASE_FILE": str(house.passphrase_file),
        "LEDGER_LOG_KEY": "log",
        "LEDGER_API_PORT": str(port),
        "LEDGER_ANCHOR_MAX_AGE_SECONDS": "0",
        "LEDGER_POLL_INTERVAL_SECONDS": "0.05",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli", "serve"], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/health/live")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_every_202_is_anchored_once_whatever_dies(house: House) -> None:
    house.key("log", Algorithm.ED25519)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, accepted = f"http://127.0.0.1:{port}/v1/declarations", []
    for seed in range(3):
        with served(house, port):
            until = time.monotonic() + random.Random(seed).uniform(0.3, 0.9)
            while time.monotonic() < until:
                made, signature = houses.declaration(house)
                body = {"declaration": made.to_json(), "signature": hex_text(signature)}
                answer = httpx.post(url, json=body)
                assert answer.status_code == 202
                accepted.append(answer.json()["id"])
    with served(house, port):
        for id_ in accepted:
            for _ in range(200):
                state = httpx.get(f"{url}/{id_}").json()
                if state["state"] == "final":
                    break
                time.sleep(0.1)
            assert state["state"] == "final"
    assert len(accepted) > 10
    report = audit(house.chain, Scope(store=house.store)).report
    assert report.good, report
    batches = list(house.store.batches("final"))
    assert report.kinds[EntryKind.ANCHORED] == len(batches)
    assert sum(batch.size for batch in batches) == len(accepted)

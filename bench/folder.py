"""Measure a folder of small documents, declared through a server on the same two cores: from the disk to 202.

What ``ledger declare FOLDER --api URL --no-anchor`` does between its key and its tables: find the files, tell their
types, wrap, sign, write the wrapped copies and the map, and hand the declarations in.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement
from bench.running_server import running_server
from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.profiles import Profiles
from ledger.journeys.declare import Declared, declare_files
from ledger.journeys.file_map import FileMap
from ledger.journeys.login import SeenServer
from ledger.journeys.server_service import ServerService
from ledger.journeys.sources import TypeOf, sources_of

FILES, _QUICK_FILES = 10_000, 50
_INVOICE = 380


def _write_documents(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        document = {
            "invoice": f"INV-{number}",
            "seller": {"name": "Kauri Orchards", "country": "NZ"},
            "total": {"amount": f"{number}.50", "currency": "EUR"},
            "lines": [{"number": 1, "hs": "080440", "quantity": number}],
        }
        (folder / f"{number:05}.json").write_text(json.dumps(document))


def _believed(server: SeenServer) -> None:
    """It was started here."""


def measure(bench: Bench) -> Iterator[Row]:
    """Measure files in a second. Each round has another key, so that all declarations are new."""
    count = _QUICK_FILES if bench.quick else FILES
    folder = bench.disk_folder / "intake-folder"
    _write_documents(folder / "in", count)
    with running_server(folder / "server") as server:
        made = partial(
            ServerService, f"http://127.0.0.1:{server.port}", Profiles(folder / "known"), _believed,
            lambda: int(time.time()),
        )  # fmt: skip

        def one_round() -> float:
            key, out = SigningKey(Algorithm.SECP256K1, secrets.token_bytes(32)), folder / secrets.token_hex(8)
            begun = time.perf_counter()
            service = made()
            sources = sources_of([folder / "in"], TypeOf(None, _INVOICE))
            files = FileMap.read(out, service.origin)
            told = declare_files(sources.files, out, key, service, lambda: secrets.token_bytes(32), files)
            new = sum(isinstance(item, Declared) and item.is_new for item in told)
            seconds = time.perf_counter() - begun
            if new != count:
                raise AssertionError(f"{new} of {count} files were declared")
            return count / seconds

        one_round()
        rates = [one_round() for _ in range(bench.rounds)]
    what = f"small JSON files declared through a server on the same machine, {count:,} in a folder, from disk to 202"
    row = RowSpec("intake-folder", what, "1/s", bar=Bar(">=", 1_500, "ours")).row(rates)
    if row.holds is False:
        bench.profile("intake-folder", one_round)
    yield row


MEASUREMENTS = [Measurement(("intake-folder",), 60, measure)]

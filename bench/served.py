"""Measure how fast a server hands out evidence and verdicts. The load comes from another process."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Sequence

from bench import load, sample_data
from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement
from bench.running_server import RunningServer, running_server
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import Format, wrap
from ledger.journeys.checkpoint import note_key

_BATCH, _QUICK_BATCH = 1_000, 20
_CONNECTIONS = 16
ROUND_SECONDS = 4.0


def measure(bench: Bench) -> Iterator[Row]:
    """Measure all rows of this file with one server on SQLite, one batch and one attestation."""
    size = _QUICK_BATCH if bench.quick else _BATCH
    with running_server(bench.disk_folder / "served") as server:
        wrapped = wrap(sample_data.document(), Format.JSON, secrets.token_bytes(32))
        (mine,) = server.declarations(1, wrapped.digest)
        posted = [mine, *server.declarations(size - 1)]
        load.send(bench.disk_folder, server.port, [item.request for item in posted], _CONNECTIONS).require_status(202)
        server.evidence(posted[-1])
        server.attest([mine.id])
        spec = RowSpec("served-evidence", f"evidence over HTTP, of any of {size:,} in a store", "1/s",
                      bar=Bar(">=", 1_000, "ours"))  # fmt: skip
        yield _row(bench, server, spec, [load.http_request("GET", item.evidence_path) for item in posted] * 8)

        trust = TrustRoot.of(
            server.local_ledger.chain.origin, note_key(server.local_ledger.chain.origin, server.local_ledger.log_key)
        )
        for id_, what, online in (
            ("served-verification", "the document and its whole evidence, with fresh facts", True),
            ("served-verification-offline", "the document and its whole evidence, by a trust root", False),
        ):
            asked = {
                "evidence": json.loads(server.evidence(mine)), "online": online,
                "document": base64.b64encode(wrapped.to_bytes()).decode(),
                "trust": None if online else json.loads(trust.to_bytes()),
            }  # fmt: skip
            body = json.dumps(asked).encode()
            status, answer = server.ask("POST", "/v1/verifications", body)
            if status != 200 or json.loads(answer)["conclusion"] != "GOOD":
                raise AssertionError(f"good evidence was refused: {answer!r}")
            spec = RowSpec(id_, f"verification over HTTP: {what}", "1/s", bar=Bar(">=", 500, "ours"))
            yield _row(bench, server, spec, [load.http_request("POST", "/v1/verifications", body)] * (4 * size))


def _row(bench: Bench, server: RunningServer, spec: RowSpec, requests: Sequence[bytes]) -> Row:
    def one_round() -> float:
        found = load.send(bench.disk_folder, server.port, requests, _CONNECTIONS, seconds=ROUND_SECONDS).require_status(
            200
        )
        return found.answered / found.seconds

    one_round()
    row = spec.row([one_round() for _ in range(bench.rounds)])
    if row.holds is False:
        bench.profile_process(spec.id, server.process.pid, one_round)
    return row


MEASUREMENTS = [Measurement(("served-evidence", "served-verification", "served-verification-offline"), 60, measure)]

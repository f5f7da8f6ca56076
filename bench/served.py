"""What a server does for those who ask: evidence handed out, and verdicts. Load comes from another process."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Sequence

from bench import load, materials
from bench.rows import Bar, Row, Title
from bench.runner import Bench, Work
from bench.site import Site, site
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import Format, wrap
from ledger.core.encoding.reading import hex_text
from ledger.journeys.checkpoint import note_key

_BATCH, _QUICK_BATCH = 1_000, 20
_CONNECTIONS = 16
ROUND_SECONDS = 4.0


def measure(bench: Bench) -> Iterator[Row]:
    """All rows of this file, of one server over SQLite with one batch and one attestation."""
    size = _QUICK_BATCH if bench.quick else _BATCH
    with site(bench.on_disk / "served") as made:
        wrapped = wrap(materials.document(), Format.JSON, secrets.token_bytes(32))
        (mine,) = made.declarations(1, wrapped.digest)
        posted = [mine, *made.declarations(size - 1)]
        load.run(bench.on_disk, made.port, [item.request for item in posted], _CONNECTIONS).only(202)
        made.evidence(posted[-1].id)
        made.attest([mine.id])
        paths = [f"/v1/declarations/{hex_text(item.id)}/evidence" for item in posted]
        title = Title("served-evidence", f"evidence over HTTP, of any of {size:,} in a store", "1/s",
                      bar=Bar(">=", 1_000, "ours"))  # fmt: skip
        yield _row(bench, made, title, [load.request("GET", path) for path in paths] * 8)

        trust = TrustRoot(made.house.chain.origin, note_key(made.house.chain.origin, made.house.log_key))
        for id_, words, online in (
            ("served-verification", "the document and its whole evidence, with fresh facts", True),
            ("served-verification-offline", "the document and its whole evidence, by a trust root", False),
        ):
            asked = {
                "evidence": json.loads(made.evidence(mine.id)), "online": online,
                "document": base64.b64encode(wrapped.to_bytes()).decode(),
                "trust": None if online else json.loads(trust.to_bytes()),
            }  # fmt: skip
            body = json.dumps(asked).encode()
            status, answer = made.ask("POST", "/v1/verifications", body)
            if status != 200 or json.loads(answer)["conclusion"] != "GOOD":
                raise AssertionError(f"good evidence was refused: {answer!r}")
            title = Title(id_, f"verification over HTTP: {words}", "1/s", bar=Bar(">=", 500, "ours"))
            yield _row(bench, made, title, [load.request("POST", "/v1/verifications", body)] * (4 * size))


def _row(bench: Bench, made: Site, title: Title, requests: Sequence[bytes]) -> Row:
    def once() -> float:
        found = load.run(bench.on_disk, made.port, requests, _CONNECTIONS, seconds=ROUND_SECONDS).only(200)
        return found.answered / found.seconds

    once()
    row = title.row([once() for _ in range(bench.rounds)])
    if row.holds is False:
        bench.profile_process(title.id, made.process.pid, once)
    return row


WORKS = [Work(("served-evidence", "served-verification", "served-verification-offline"), 60, measure)]

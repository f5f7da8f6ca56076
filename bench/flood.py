"""Measure intake and evidence while fifty clients ask for verdicts about evidence that is made to be expensive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench import load
from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement
from bench.running_server import RunningServer, running_server
from ledger.core.encoding.ids import Digest
from ledger.core.statements.resolutions import AgencyReinstatement, AgencySuspension
from ledger.testing.world import PLANT, World

_CLIENTS = 50
_FLOOD_REQUESTS = 600
_ROUNDS_OF_EVIDENCE = 80  # each an attestation and two resolutions that it rests on
_RATE, _QUICK_RATE = 100, 10  # requests a second
_SECONDS, _QUICK_SECONDS = 6.0, 1.0
_CONNECTIONS = 16
_QUIET = "the same server without the flood"


def measure(bench: Bench) -> Iterator[Row]:
    """Measure p99 of both with one server on SQLite, beside the flood and without it, in turns."""
    rate, seconds = (_QUICK_RATE, _QUICK_SECONDS) if bench.quick else (_RATE, _SECONDS)
    flood = [load.http_request("POST", "/v1/verifications", _expensive())] * _FLOOD_REQUESTS
    found: dict[str, tuple[list[float], list[float]]] = {"intake": ([], []), "evidence": ([], [])}
    with running_server(bench.disk_folder / "flood") as server:
        posted = server.declarations(20)
        load.send(bench.disk_folder, server.port, [item.request for item in posted], 1).require_status(202)
        server.evidence(posted[-1])
        paths = [item.evidence_path for item in posted]
        count = round(rate * seconds)
        evidence = [load.http_request("GET", paths[number % len(paths)]) for number in range(count)]
        flood_folder = bench.disk_folder / "flood-requests"
        flood_folder.mkdir(exist_ok=True)

        def p99(requests: list[bytes], status: int) -> float:
            return load.send(bench.disk_folder, server.port, requests, _CONNECTIONS, rate).require_status(status).p99

        for _ in range(bench.rounds):
            for name, requests, status in (
                ("intake", _intake(server, 2 * count), 202), ("evidence", evidence * 2, 200),
            ):  # fmt: skip
                found[name][1].append(p99(requests[:count], status))
                with ThreadPoolExecutor(1) as pool:
                    flooded = pool.submit(load.send, flood_folder, server.port, flood, _CLIENTS, seconds=seconds + 1)
                    found[name][0].append(p99(requests[count:], status))
                    if not set(flooded.result().answers) <= {"200", "503"}:
                        raise AssertionError(f"the flood was answered otherwise: {flooded.result().answers}")
    for name, (beside, quiet) in found.items():
        spec = RowSpec(
            f"beside-flood-{name}", f"{name} at {rate} a second beside {_CLIENTS} clients' hostile verifications, p99",
            "ms", _QUIET, Bar("<=", 2),
        )  # fmt: skip
        yield spec.row(beside, quiet)


def _intake(server: RunningServer, count: int) -> list[bytes]:
    return [item.request for item in server.declarations(count)]


def _expensive() -> bytes:
    """A request for a verdict about somebody's own history, in which every check goes on to the next."""
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    declaration, signature = world.declare(Digest(bytes(32)), 851)
    batch = world.anchor([declaration])
    for _ in range(_ROUNDS_OF_EVIDENCE):
        world.attest("NZ-MPI", 851, *batch[:2], PLANT)
        world.enact(AgencySuspension, "NZ-MPI")
        world.enact(AgencyReinstatement, "NZ-MPI")
    evidence = json.loads(world.evidence(declaration, signature, batch).to_bytes())
    return json.dumps({"evidence": evidence, "trust": json.loads(world.trust.to_bytes()), "online": False}).encode()


MEASUREMENTS = [Measurement(("beside-flood-intake", "beside-flood-evidence"), 140, measure)]

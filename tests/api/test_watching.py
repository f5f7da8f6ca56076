"""What a server says of itself: figures, log lines, spans, readiness. All of it, and nothing of what it was given."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from api import traces
from api.logs import lines
from ledger.core.codec import hex_text
from ledger.core.statement import Declaration
from tests.api.conftest import Served
from tests.faults.node import until
from tests.faults.site import site
from tests.world import TRADER

DOCS = Path(__file__).parents[2] / "docs"
MARK = "MARKED-c0ffee"


def figures(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples by name and labels."""
    text = client.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def declared(served: Served, number: int) -> dict[str, Any]:
    made = Declaration(TRADER.signer, number.to_bytes(32), 380)
    origin = served.house.chain.origin
    return {"declaration": made.to_json(), "signature": hex_text(TRADER.sign(made.id(origin)))}


# --------------------------------------------------------------------------------------------------------- figures


def test_the_page_for_operators_names_every_figure(served: Served) -> None:
    exposed = {
        name
        for name in re.findall(r"^# TYPE (ledger_\w+)", served.client.get("/metrics").text, re.MULTILINE)
        if not name.endswith("_created")
    }
    table = "\n".join(
        line for line in (DOCS / "operations.md").read_text().splitlines() if line.startswith("| `ledger_")
    )
    assert set(re.findall(r"`(ledger_\w+)`", table)) == exposed


def test_alert_rules_are_of_figures_that_exist(served: Served) -> None:
    exposed = {name for name, _ in figures(served.client)}
    (group,) = yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        named = set(re.findall(r"ledger_\w+", rule["expr"]))
        assert named, rule["alert"]
        # One that has counted nothing yet has no samples with labels.
        assert named <= exposed | {"ledger_http_unavailable_total"}, rule["alert"]


def test_what_comes_in_is_counted_by_what_came_of_it(served: Served) -> None:
    before = figures(served.client)

    def more(outcome: str, door: str = "single") -> float:
        name = "ledger_declarations_received_total", (("door", door), ("outcome", outcome))
        return figures(served.client)[name] - before[name]

    body = declared(served, 1)
    assert served.client.post("/v1/declarations", json=body).status_code == 202
    assert served.client.post("/v1/declarations", json=body).status_code == 202
    forged = body | {"signature": "0x" + "11" * 65}
    assert served.client.post("/v1/declarations", json=forged).status_code == 403
    assert served.client.post("/v1/declarations", json={"declaration": MARK}).status_code == 422
    two = "\n".join(json.dumps(item) for item in (declared(served, 2), forged))
    served.client.post("/v1/declarations/bulk", content=two, headers={"Content-Type": "application/x-ndjson"})
    assert (more("new"), more("known"), more("refused")) == (1, 1, 2)
    assert (more("new", "bulk"), more("refused", "bulk")) == (1, 1)


def test_the_history_and_the_backlog_are_what_the_store_says(served: Served) -> None:
    body = declared(served, 3)
    served.client.post("/v1/declarations", json=body)
    assert until(lambda: figures(served.client)["ledger_backlog_declarations", ()] == 0, 20)
    entries = ("ledger_history_entries", ())
    assert until(lambda: figures(served.client)[entries] == served.house.chain.head()[0], 20)
    now = figures(served.client)
    assert now["ledger_chain_up", ()] == now["ledger_store_up", ()] == now["ledger_leads", ()] == 1
    assert now["ledger_batch_size_declarations_count", ()] >= 1


def test_two_processes_say_what_both_have_counted(tmp_path: Path) -> None:
    with site(tmp_path, API_PROCESSES="2") as made:
        (server,) = made.servers
        origin = made.house.chain.origin
        for number in range(30):  # each on a connection of its own, which either process may take
            said = Declaration(TRADER.signer, number.to_bytes(32), 380)
            body = {"declaration": said.to_json(), "signature": hex_text(TRADER.sign(said.id(origin)))}
            assert server.ask("POST", "/v1/declarations", body)[0] == 202
        wanted = 'ledger_declarations_received_total{door="single",outcome="new"} 30.0'
        for _ in range(6):
            text = server.fetch("GET", "/metrics")[1].decode()
            assert wanted in text
        assert until(lambda: "\nledger_leads 1.0" in server.fetch("GET", "/metrics")[1].decode(), 10)


# ------------------------------------------------------------------------------------------------------------- logs


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """All lines as they are written, of every logger but the client's."""
    found: list[str] = []
    form = lines("json")

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name != "httpx":
                found.append(form.format(record))

    handler, root = Keeping(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_request_is_known_by_one_id_everywhere(served: Served, said: list[str]) -> None:
    answer = served.client.post("/v1/declarations", json={}, headers={"X-Request-Id": "desk-7.42"})
    assert answer.headers["x-request-id"] == "desk-7.42"
    assert answer.json()["request"] == "desk-7.42"
    (line,) = [json.loads(text) for text in said if '"desk-7.42"' in text]
    assert (line["request"], line["method"], line["route"], line["status"]) == (
        "desk-7.42", "POST", "/v1/declarations", 422,
    )  # fmt: skip
    assert line["problem"]
    for unfit in ("two words", "x" * 65, "<b>"):
        other = served.client.get("/health/live", headers={"X-Request-Id": unfit}).headers["x-request-id"]
        assert other != unfit
        assert re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", other)


def test_nothing_of_what_was_sent_is_in_a_line(served: Served, said: list[str]) -> None:
    """Every route is sent the mark in its path, its query and its body."""
    paths = served.client.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for method in methods:
            if path == "/v1/stream":
                continue  # which has no end
            marked = re.sub(r"\{\w+\}", MARK, path)
            served.client.request(
                method.upper(), f"{marked}?q={MARK}&party={MARK}", json={"declaration": MARK, "evidence": {"a": MARK}},
                headers={"Authorization": MARK, "Idempotency-Key": MARK},
            )  # fmt: skip
    body = declared(served, 4)
    served.client.post("/v1/declarations", json=body)
    assert len(said) > len(paths)
    text = "\n".join(said)
    for secret in (MARK, body["declaration"]["digest"], body["declaration"]["party"], body["signature"]):
        assert secret not in text


def test_plain_lines_are_for_people() -> None:
    record = logging.LogRecord("api", logging.WARNING, "", 0, "anchoring %s", ("waits",), None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z WARNING api  anchoring waits", lines("text").format(record))


# ------------------------------------------------------------------------------------------------------------ spans


def test_spans_of_a_request_where_they_are_wanted(served: Served) -> None:
    kept = InMemorySpanExporter()
    traces.use(SimpleSpanProcessor(kept))
    try:
        trace = "0af7651916cd43dd8448eb211c80319c"
        headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        served.client.post("/v1/declarations", json=declared(served, 5), headers=headers)
        assert until(lambda: any(item.name == "anchoring round" for item in kept.get_finished_spans()), 20)
    finally:
        traces.stop()
    spans = {item.name: item for item in kept.get_finished_spans()}
    mine = spans["POST /v1/declarations"]
    assert mine.context is not None
    assert f"{mine.context.trace_id:032x}" == trace
    assert mine.attributes is not None
    assert mine.attributes["http.response.status_code"] == 202
    assert spans["commit"].attributes == {"declarations": 1}
    served.client.get("/health/live")
    assert len(kept.get_finished_spans()) == len(spans) or "GET /health/live" not in spans


# -------------------------------------------------------------------------------------------------------- readiness


def test_ready_says_why_it_is_degraded(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def ready() -> dict[str, Any]:
        answer = served.client.get("/health/ready")
        assert answer.status_code == 200
        return dict(answer.json())

    assert until(lambda: ready()["status"] == "ready", 10)
    served.house.devchain.stop()
    served.client.post("/v1/declarations", json=declared(served, 6))
    codes = [reason["code"] for reason in ready()["reasons"]]
    assert "chain_away" in codes
    served.house.devchain.start()
    assert until(lambda: ready()["status"] == "ready", 20)


def test_reasons_are_explained_to_operators() -> None:
    source = (Path(__file__).parents[2] / "api/outlook.py").read_text()
    codes = set(re.findall(r'"([a-z]+_[a-z]+)"', source)) & {
        "chain_away", "chain_wrong", "anchoring_waits", "batch_refused", "backlog_old",
    }  # fmt: skip
    page = (DOCS / "operations.md").read_text()
    assert len(codes) == 5
    assert all(f"| `{code}` |" in page for code in codes)

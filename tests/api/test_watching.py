"""What a server says of itself: figures, log lines, spans. All of it, and nothing of what it was given."""

from __future__ import annotations

import contextvars
import json
import logging
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal

import pytest
import yaml
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from api.kit import traces
from api.kit.logs import begin, formatter
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.edges.store import Store
from ledger.testing.world import TRADER
from tests.api.conftest import Served
from tests.api.office import Office
from tests.edges.stored import ORIGIN, some_entries
from tests.faults.node import until
from tests.faults.site import site

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
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        assert set(rule) | {"for"} == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"[0-9]+[smh]", rule.get("for", "0s")), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "warn"}, rule["alert"]
        assert set(rule["annotations"]) == {"summary"}, rule["alert"]
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


def test_what_anchoring_spent_and_what_was_decided_is_counted(served: Served) -> None:
    before = figures(served.client)

    def more(name: str, **labels: str) -> float:
        key = name, tuple(sorted(labels.items()))
        return figures(served.client)[key] - before.get(key, 0)

    body = declared(served, 7)
    id_ = served.client.post("/v1/declarations", json=body).json()["id"]
    assert until(lambda: more("ledger_batch_final_seconds_count") >= 1, 20)
    assert more("ledger_anchor_transactions_total", kind="first") == more("ledger_batch_anchored_seconds_count") == 1
    assert 21_000 < more("ledger_anchor_gas_sum") < 200_000
    assert more("ledger_anchor_fees_wei_total") > 0
    shown = {"Ledger-Digest": body["declaration"]["digest"]}
    evidence = served.client.get(f"/v1/declarations/{id_}/evidence", headers=shown).json()
    served.client.post("/v1/verifications", json={"evidence": evidence})
    assert more("ledger_verdicts_total", conclusion="good") == 1
    assert more("ledger_verdict_answers_total", question="in_force", status="valid") == 1


def test_reorganisations_are_counted_by_their_depth(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    store.entries.append(some_entries(7))
    with TestClient(Office(store, tmp_path).app) as client:
        depth = "ledger_reorganisation_depth_entries"
        assert figures(client)[f"{depth}_count", ()] == 0
        store.entries.truncate(6)
        store.entries.truncate(2)
        now = figures(client)
    assert (now[f"{depth}_count", ()], now[f"{depth}_sum", ()]) == (2, 5)
    assert [now[f"{depth}_bucket", (("le", bound),)] for bound in ("1.0", "2.0", "5.0", "+Inf")] == [1, 1, 2, 2]
    assert now["ledger_history_entries", ()] == 2


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
    form = formatter("json")

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
    line = formatter("text").format(record)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[warning +\] anchoring waits +\[api\]", line)


def test_an_unexpected_error_is_told_in_words_only_where_no_request_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message of an exception could repeat what a request sent."""

    def line(form: Literal["json", "text"]) -> str:
        try:
            try:
                raise ValueError(f"cannot read {MARK}")
            except ValueError as error:
                raise KeyError(MARK) from error
        except KeyError as error:
            exc_info = (type(error), error, error.__traceback__)
        return formatter(form).format(logging.LogRecord("api", logging.ERROR, "", 0, "it broke", None, exc_info))

    def alone(work: Callable[[], str]) -> str:
        return contextvars.Context().run(work)

    def of_a_request() -> str:
        begin("request", b"desk-7")
        return line("json") + line("text")

    def of_a_round() -> str:
        begin("round")
        return line("json")

    said = alone(of_a_request)
    assert MARK not in said
    assert said.count("desk-7") == said.count("builtins.KeyError") == said.count("caused by builtins.ValueError") == 2
    told = json.loads(alone(of_a_round))
    assert set(told) == {"time", "level", "logger", "message", "round", "exception"}
    assert f"builtins.ValueError: cannot read {MARK}" in told["exception"]


# ------------------------------------------------------------------------------------------------------------ spans


@pytest.fixture
def kept() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.use(SimpleSpanProcessor(exporter))
    yield exporter
    traces.stop()


def test_spans_of_a_request_within_its_clients_trace(served: Served, kept: InMemorySpanExporter) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    served.client.post("/v1/declarations", json=declared(served, 5), headers=headers)
    assert until(lambda: any(item.name == "anchoring round" for item in kept.get_finished_spans()), 20)
    spans = {item.name: item for item in kept.get_finished_spans()}
    mine = spans["POST /v1/declarations"]
    assert mine.context is not None
    assert f"{mine.context.trace_id:032x}" == trace
    assert dict(mine.attributes or {}) == {
        "http.request.method": "POST", "http.route": "/v1/declarations", "http.response.status_code": 202,
    }  # fmt: skip
    assert spans["commit"].attributes == {"declarations": 1}


def test_spans_tell_nothing_of_what_was_sent(served: Served, kept: InMemorySpanExporter) -> None:
    served.client.get(f"/v1/declarations/{MARK}?party={MARK}", headers={"X-Request-Id": MARK})
    served.client.post("/v1/verifications", json={"evidence": {MARK: MARK}})
    assert {item.name for item in kept.get_finished_spans()} >= {
        "GET /v1/declarations/{id}", "POST /v1/verifications",
    }  # fmt: skip
    assert MARK not in "".join(item.to_json() for item in kept.get_finished_spans())


def test_the_frameworks_own_spans_are_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have the path in them, and whoever sets a provider for the whole process would get them."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    assert served.client.get(f"/v1/agencies/{MARK}").status_code == 422
    assert kept.get_finished_spans() == ()


def test_no_span_is_made_where_nobody_asked(served: Served, kept: InMemorySpanExporter) -> None:
    traces.stop()
    traces.start(None)
    served.client.get("/health/live")
    with traces.span("commit") as span:
        assert span is None
    assert kept.get_finished_spans() == ()


def test_a_collector_gets_spans_by_the_time_the_server_ends() -> None:
    posted: list[tuple[str, int]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append((self.path, len(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        traces.start(f"http://127.0.0.1:{collector.server_port}/v1/traces")
        with traces.span("commit", declarations=3):
            pass
        traces.stop()
        collector.shutdown()
    assert [path for path, _ in posted] == ["/v1/traces"]
    assert posted[0][1] > 0


def test_without_the_extra_it_serves_and_says_what_spans_need() -> None:
    """What the extra brings is neither imported nor missed unless a collector is set."""
    words = """
        import sys
        sys.modules["opentelemetry.sdk"] = sys.modules["opentelemetry.exporter"] = None
        from api import main
        from api.kit import traces
        from ledger.errors import Malformed
        traces.start(None)
        try:
            traces.start("http://127.0.0.1:1/v1/traces")
        except Malformed as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(words)], capture_output=True, text=True, check=True)
    assert done.stdout == "otlp_endpoint: needs more packages: pip install 'trade-ledger[otel]'\n"

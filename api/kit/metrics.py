"""``/metrics`` for Prometheus: what the processes of this server did, and the present state of the store.

Each process counts in ``COUNTED``. Several processes behind one port share their counts through files, in a folder that
``ledger serve`` makes and ``PROMETHEUS_MULTIPROC_DIR`` names. What all have in common is read from the store at each
request. No label names a party, a declaration or a key. docs/operations.md lists all metrics.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from ledger.journeys.anchor import Round

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
STREAM = "/v1/stream"  # not measured: it lasts as long as its reader likes
Door = Literal["single", "bulk"]
Reception = Literal["new", "known", "refused", "failed"]

COUNTED = CollectorRegistry()
_REQUESTS = Histogram(
    "ledger_http_request_duration_seconds",
    "Requests by route and status, and how long they took.",
    ["method", "route", "status"],
    registry=COUNTED,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_LIMITED = Counter("ledger_http_limited", "Requests refused as their client sent too many (429).", registry=COUNTED)
_UNAVAILABLE = Counter(
    "ledger_http_unavailable",
    "Answers 503, by what could not answer: chain, store, queue, and so on.",
    ["reason"],
    registry=COUNTED,
)
_RECEIVED = Counter(
    "ledger_declarations_received",
    "Declarations by the door that they came to, and what came of them.",
    ["door", "outcome"],
    registry=COUNTED,
)
_RECEIVED_AS = {
    (door, outcome): _RECEIVED.labels(door, outcome) for door in get_args(Door) for outcome in get_args(Reception)
}
_VERDICTS = Counter("ledger_verdicts", "Verdicts by conclusion.", ["conclusion"], registry=COUNTED)
_ANSWERS = Counter(
    "ledger_verdict_answers", "Answers of verdicts, by question and status.", ["question", "status"], registry=COUNTED
)
_FORMED = Histogram(
    "ledger_batch_size_declarations",
    "Declarations in a batch that was formed.",
    registry=COUNTED,
    buckets=(1, 10, 100, 1_000, 10_000, 100_000, 1_000_000),
)
_SENT = Counter(
    "ledger_anchor_transactions",
    "Transactions for batches: first ones, those that replace one or offer it again, and those that the node refused.",
    ["kind"],
    registry=COUNTED,
)
_GAS = Histogram(
    "ledger_anchor_gas",
    "Gas that the transaction of an anchored batch used.",
    registry=COUNTED,
    buckets=(50_000, 75_000, 100_000, 150_000, 200_000, 500_000),
)
_FEES = Counter("ledger_anchor_fees_wei", "Wei paid for transactions that anchored a batch.", registry=COUNTED)
_WAITS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600)
_ANCHORED = Histogram(
    "ledger_batch_anchored_seconds",
    "From the forming of a batch to the time of its entry.",
    registry=COUNTED,
    buckets=_WAITS,
)
_FINAL = Histogram(
    "ledger_batch_final_seconds",
    "From the forming of a batch until its entry had its confirmations.",
    registry=COUNTED,
    buckets=_WAITS,
)
_LEADS = Gauge(
    "ledger_leads",
    "1 where this server, or one of its processes, anchors.",
    registry=COUNTED,
    multiprocess_mode="livesum",
)
_NOT_RELAYED = Counter(
    "ledger_relay_refused",
    "Statements that the relayer did not pay for, by the class of the reason.",
    ["reason"],
    registry=COUNTED,
)
_READERS = Gauge("ledger_stream_readers", "Streams that are open.", registry=COUNTED, multiprocess_mode="livesum")
_WORKING = Gauge(
    "ledger_capacity_in_use",
    "Calls that are being worked on, by kind of work.",
    ["kind"],
    registry=COUNTED,
    multiprocess_mode="livesum",
)
_WAITING = Gauge(
    "ledger_capacity_waiting",
    "Calls that wait for a thread, by kind of work.",
    ["kind"],
    registry=COUNTED,
    multiprocess_mode="livesum",
)
_TURNED_AWAY = Counter(
    "ledger_capacity_refused",
    "Calls that were refused because their kind of work was full, or their client had its share of it.",
    ["kind"],
    registry=COUNTED,
)
_CONNECTIONS = Gauge("ledger_connections", "Connections that are open.", registry=COUNTED, multiprocess_mode="livesum")
_CLOSED = Counter(
    "ledger_connections_refused",
    "Connections that were refused or closed, by the limit that they met.",
    ["limit"],
    registry=COUNTED,
)
_OVER_QUOTA = Counter(
    "ledger_declarations_over_quota", "Declarations refused because their client had spent its quota.", registry=COUNTED
)
_children: dict[tuple[str, str, int], Histogram] = {}
_PID = re.compile(r"gauge_live\w+_(\d+)\.db")


def answered(method: str, route: str, status: int, seconds: float, source: str) -> None:
    """Count a request."""
    if route == STREAM:
        return
    key = method, route, status
    child = _children.get(key)
    if child is None:  # a lookup by labels takes three times as long
        child = _children[key] = _REQUESTS.labels(method, route, str(status))
    child.observe(seconds)
    if status == 429:
        _LIMITED.inc()
    elif status == 503:
        _UNAVAILABLE.labels(source or "other").inc()
    if status >= 400 and (method, route) == ("POST", "/v1/declarations"):
        received("single", "refused" if status < 500 and status != 429 else "failed")


def received(door: Door, outcome: Reception, count: int = 1) -> None:
    """Count declarations that came in."""
    _RECEIVED_AS[door, outcome].inc(count)


def verified(conclusion: str, questions: Mapping[str, str]) -> None:
    """Count a verdict, by its conclusion and the answer to each question, in lower case."""
    _VERDICTS.labels(conclusion).inc()
    for question, answer in questions.items():
        _ANSWERS.labels(question, answer).inc()


def not_relayed(reason: str) -> None:
    """Count a statement that the relayer did not pay for; ``reason``: the class of the error."""
    _NOT_RELAYED.labels(reason).inc()


def leads(is_leading: bool) -> None:
    """Set whether this process anchors."""
    _LEADS.set(is_leading)


def reading(change: int) -> None:
    """Count a stream that opened (1) or closed (-1)."""
    _READERS.inc(change)


def has_capacity(kind: str) -> None:
    """Show the figures of a kind of work from the beginning, so that an alert sees the first refusal as one more."""
    for figure in (_WORKING, _WAITING, _TURNED_AWAY):
        figure.labels(kind)


def working(kind: str, change: int) -> None:
    """Count calls that are being worked on: more (positive) or fewer."""
    _WORKING.labels(kind).inc(change)


def waiting(kind: str, change: int) -> None:
    """Count calls that wait for a thread: more (positive) or fewer."""
    _WAITING.labels(kind).inc(change)


def turned_away(kind: str) -> None:
    """Count a call that was refused because its kind is full."""
    _TURNED_AWAY.labels(kind).inc()


def limits_connections(limits: Iterable[str]) -> None:
    """Show the figures of these limits from the beginning."""
    for limit in limits:
        _CLOSED.labels(limit)


def connected(change: int) -> None:
    """Count a connection that opened (1) or closed (-1)."""
    _CONNECTIONS.inc(change)


def cut_off(limit: str) -> None:
    """Count a connection that was refused or closed because of a limit."""
    _CLOSED.labels(limit).inc()


def over_quota(count: int) -> None:
    """Count declarations that were refused because their client had spent its quota."""
    _OVER_QUOTA.inc(count)


def anchored(done: Round, at: int) -> None:
    """Count what a round of anchoring did; ``at``: now, in seconds."""
    for batch in done.formed:
        _FORMED.observe(batch.size)
    for kind, count in ("first", done.sent - done.replaced), ("again", done.replaced), ("refused", done.refused):
        if count:
            _SENT.labels(kind).inc(count)
    for report in done.anchored:
        _ANCHORED.observe(max(0, (report.batch.entry_time or at) - report.batch.created_at))
        if report.receipt is not None:
            _GAS.observe(report.receipt.gas_used)
            _FEES.inc(report.receipt.gas_used * report.receipt.effective_gas_price)
    for batch in done.final:
        _FINAL.observe(max(0, at - batch.created_at))


def exposition(common: Collector) -> bytes:
    """All metrics in Prometheus' text format: the counts, and what ``common`` collects now."""
    registry = CollectorRegistry(auto_describe=False)
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        registry.register(_Counted())
        ProcessCollector(registry=registry)
    else:
        _forget_the_dead(Path(folder))
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    registry.register(common)
    return generate_latest(registry)


class _Counted(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from COUNTED.collect()


def _forget_the_dead(folder: Path) -> None:
    """Drop the gauges of processes that ended, however they ended; their counts stay."""
    for file in folder.glob("gauge_live*.db"):
        found = _PID.fullmatch(file.name)
        if found is not None:
            try:
                os.kill(int(found[1]), 0)
            except ProcessLookupError:
                with contextlib.suppress(FileNotFoundError):
                    mark_process_dead(found[1], str(folder))  # type: ignore[no-untyped-call]
            except PermissionError:
                pass

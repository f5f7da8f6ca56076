"""The status of this server: why it is degraded, and the figures that all its processes have in common."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from api.kit.readiness import NodeState
from api.schemas import DegradedReason
from api.services import Services
from ledger import __version__
from ledger.core.anchoring.batches import BatchState
from ledger.core.anchoring.interval import wait
from ledger.core.checkpoints.note import SignedNote
from ledger.core.relaying.rules import PayerKind
from ledger.edges.store import StoreStatus
from ledger.errors import LedgerError, NodesDiffer

_DEPTHS = (1, 2, 5, 10, 20, 50, 100, 1_000)  # upper bounds, in entries
_STATES: tuple[BatchState, ...] = ("batched", "sent", "anchored")


def degraded_reasons(services: Services, status: StoreStatus, seen: NodeState) -> list[DegradedReason]:
    """Why this server is degraded, the cause before its consequences; empty if it is not."""
    found: list[DegradedReason] = []
    finding = services.app.finding
    if seen.problem is not None and not seen.differs:
        found.append(DegradedReason(code="chain_away" if seen.is_away else "chain_wrong", detail=seen.problem))
    if nodes_differ(services, seen):
        words = seen.problem if seen.differs else str(finding)
        found.append(DegradedReason(code="nodes_differ", detail=words or ""))
    elif finding is not None:
        found.append(DegradedReason(code="history_broken", detail=str(finding)))
    if seen.nodes:
        found.append(DegradedReason(code="node_away", detail="; ".join(seen.nodes)))
    waits = services.waits.get("anchoring")
    if waits and seen.problem is None and finding is None:
        found.append(DegradedReason(code="anchoring_waits", detail=waits))
    if status.problem is not None:
        refused = sum(state.problems for name, state in status.under_way.items() if name != "anchored")
        found.append(DegradedReason(code="batch_refused", detail=f"{refused} not sent; the oldest: {status.problem}"))
    age = _age(services, status.oldest)
    if age is not None and age > _wait(services, status) + services.settings.backlog_alarm_seconds:
        found.append(DegradedReason(code="backlog_old", detail=f"the oldest declaration has waited for {age} seconds"))
    return found


def nodes_differ(services: Services, seen: NodeState) -> bool:
    """Whether two nodes contradict each other, as this process sees it."""
    return seen.differs or isinstance(services.app.finding, NodesDiffer)


def who_anchors(services: Services) -> str:
    """Who anchors, as far as this process knows."""
    if not services.has_anchor_key:
        return "elsewhere: there is no relayer key here"
    return "here" if services.leads else "elsewhere: another process leads"


def _wait(services: Services, status: StoreStatus) -> int:
    """How long, at most, a declaration waits now for others to share its batch."""
    pace = services.app.pace
    return wait(pace, services.store.batches.spent(pace.full_size, services.clock()), status.pending)


def _age(services: Services, since: int | None) -> int | None:
    return None if since is None else max(0, services.clock() - since)


class StatusFigures(Collector):
    """Figures that are read from store and chain when Prometheus asks; every process gives the same."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        services = self._services
        about = GaugeMetricFamily("ledger_build_info", "The version of this program.", labels=["version"])
        about.add_metric([__version__], 1)
        yield about
        seen = services.readiness.look()
        yield _gauge(
            "ledger_chain_up", "1 where the chain's node answers, and is of the right chain.", not seen.problem
        )
        differ = nodes_differ(services, seen)
        yield _gauge("ledger_nodes_differ", "1 where two nodes contradict each other.", differ)
        broken = services.app.finding is not None and not differ
        yield _gauge("ledger_history_broken", "1 where the chain's log contradicts the contract's head.", broken)
        yield _gauge("ledger_nodes_away", "Nodes that are away or wrong while another one serves.", len(seen.nodes))
        if seen.block is not None and seen.time is not None:
            yield _gauge("ledger_chain_block", "Number of the newest block.", seen.block)
            age = max(0, services.clock() - seen.time)
            yield _gauge("ledger_chain_block_age_seconds", "Time since the newest block, by its own clock.", age)
        wanted = services.settings.confirmations
        yield _gauge("ledger_chain_confirmations", "Blocks until an entry counts, as set.", wanted)
        try:
            status, newest = services.store.status.read(), services.store.checkpoints.newest()
            spent = list(self._spent(status))
            highest = services.readiness.highest
            confirmed = None if highest == 0 else services.store.entries.size_as_of(highest - wanted + 1)
        except LedgerError:
            yield _gauge("ledger_store_up", "1 where the store can be read.", 0)
            return
        yield _gauge("ledger_store_up", "1 where the store can be read.", 1)
        yield from self._stored(status, newest)
        yield from spent
        if confirmed is not None:
            yield _gauge("ledger_history_confirmed_entries", "Entries that have their confirmations.", confirmed)

    def _spent(self, status: StoreStatus) -> Iterator[Metric]:
        """What relayer and anchorer spent in the last day, and may spend."""
        services, at = self._services, self._services.clock()
        limits, pace, found = services.app.relay_limits, services.app.pace, services.store.relaying.spent(at)
        anchors = services.store.batches.spent(pace.full_size, at)
        gas = GaugeMetricFamily("ledger_relay_gas_day", "Gas for relayed statements in 24 hours.", labels=["payer"])
        for kind in PayerKind:
            gas.add_metric([kind], sum(item.cost.gas for item in found if item.payer.kind is kind))
        yield gas
        most = GaugeMetricFamily("ledger_relay_gas_day_limit", "The most of it.", labels=["payer"])
        most.add_metric(["party"], limits.parties)
        most.add_metric(["all"], limits.total)
        yield most
        fees = sum(item.cost.fees for item in found)
        yield _gauge("ledger_relay_fees_day_gwei", "Fees for relayed statements in 24 hours.", fees)
        most_fees = float("inf") if limits.fees is None else limits.fees
        yield _gauge("ledger_relay_fees_day_gwei_limit", "The most of it.", most_fees)
        yield _gauge("ledger_anchor_gas_day", "Gas for batches in 24 hours.", anchors.day)
        yield _gauge("ledger_anchor_gas_day_limit", "The gas at which declarations wait longest.", pace.day_gas)
        yield _gauge("ledger_anchor_small_gas_hour", "Gas for small batches in an hour.", anchors.small_hour)
        yield _gauge(
            "ledger_anchor_wait_seconds", "How long a declaration waits for others now.", _wait(services, status)
        )

    def _stored(self, status: StoreStatus, newest: SignedNote | None) -> Iterator[Metric]:
        services = self._services
        yield _gauge("ledger_backlog_declarations", "Declarations that wait for a batch.", status.pending)
        age = _age(services, status.oldest) or 0
        yield _gauge("ledger_backlog_oldest_seconds", "Age of the oldest that is not anchored; 0 without any.", age)
        batches = GaugeMetricFamily("ledger_batches", "Batches that are not final.", labels=["state"])
        inside = GaugeMetricFamily("ledger_batches_declarations", "Declarations in them.", labels=["state"])
        oldest = GaugeMetricFamily("ledger_batches_oldest_seconds", "Age of the oldest of them.", labels=["state"])
        for state in _STATES:
            there = status.under_way.get(state)
            batches.add_metric([state], there.batches if there else 0)
            inside.add_metric([state], there.declarations if there else 0)
            oldest.add_metric([state], _age(services, there.oldest) or 0 if there else 0)
        yield from (batches, inside, oldest)
        refused = sum(state.problems for state in status.under_way.values())
        yield _gauge("ledger_batches_refused", "Batches that a node refused when they were last sent.", refused)
        yield _gauge("ledger_history_entries", "Entries that the index has.", status.entries)
        size, lines = (0, 0) if newest is None else (newest.checkpoint.size, max(0, len(newest.signatures) - 1))
        yield _gauge("ledger_checkpoint_entries", "Entries that the newest checkpoint covers.", size)
        yield _gauge("ledger_checkpoint_cosignatures", "Signatures of witnesses on the newest checkpoint.", lines)
        yield _gauge("ledger_witnesses", "Witnesses that are asked to cosign.", len(services.witnesses.states()))
        yield _depths(status.depths)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _depths(found: dict[int, int]) -> Metric:
    """Reorganisations that took back entries, as the store noted them."""
    bounds = [*map(float, _DEPTHS), float("inf")]
    buckets = [
        ("+Inf" if bound == float("inf") else str(bound), float(sum(n for depth, n in found.items() if depth <= bound)))
        for bound in bounds
    ]
    total = sum(depth * count for depth, count in found.items())
    made = HistogramMetricFamily("ledger_reorganisation_depth_entries", "Entries that a reorganisation took back.")
    made.add_metric([], buckets, total)
    return made

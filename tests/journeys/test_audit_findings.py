"""Whatever a node rewrites, hides or forges is found by an audit, and named with both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Anchored, Attested, EntryKind
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.verification.verdict import Status
from ledger.errors import Malformed, Unavailable
from ledger.journeys.audit.audit import Audited, Scope, audit
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.edges.authorities import rpc
from tests.edges.faulty_node import FaultyNode, Reply, faulty_node
from tests.journeys.auditing import (
    Change,
    Log,
    added,
    altered_anchor,
    by_name,
    checkpoint,
    connect,
    different,
    dropped,
    fill,
    forged,
    logs_rule,
    lying,
    number_of,
    other,
    place,
    reordered,
    trust_of,
    with_notes,
)


@pytest.fixture(scope="module")
def told(house: LocalLedger) -> LocalLedger:
    return fill(house)


# ----------------------------------------------------------------------------------------------------------- all good


def test_a_clean_history_is_good_and_says_what_was_compared(told: LocalLedger) -> None:
    audited = audit(
        told.chain, Scope(store=told.store, trust=trust_of(told), other_nodes=[other(told, told.devchain.url)])
    )
    report = audited.report
    assert report.good, report.findings
    assert {finding.status for finding in report.findings} == {Status.VALID}
    assert [finding.name for finding in report.findings] == [
        "code", "replay", "head", f"node {told.chain.node_address}", "store entries", "wallets", "store checkpoints",
        "store index", "store declarations", "store batches", "store sets", "store inclusions", "block",
    ]  # fmt: skip
    history = told.follower.refresh()
    assert (report.size, report.head, report.root) == (
        history.size, hex_text(history.head), hex_text(history.log.root()),
    )  # fmt: skip
    assert sum(report.kinds.values()) == history.size
    assert report.first_difference is None
    assert audited.newest is not None
    assert audited.newest.checkpoint.root == history.log.root()


def test_progress_ends_at_all_entries(told: LocalLedger) -> None:
    seen: list[tuple[int, int]] = []
    report = audit(told.chain, Scope(), lambda done, of: seen.append((done, of))).report
    assert seen[-1] == (report.size, report.size)


# ------------------------------------------------------------------------------------------------- the first node lies


@pytest.mark.parametrize(
    ("change", "words", "offset"),
    [(dropped, "dropped", 0), (added, "added", 1), (reordered, "reordered", 0)],
    ids=["dropped", "added", "reordered"],
)
def test_a_log_that_the_node_misplaces(
    told: LocalLedger, change: Callable[[int], Change], words: str, offset: int
) -> None:
    number = place(told, EntryKind.ANCHORED)
    with lying(told, change(number)) as chain:
        found = different(audit(chain, Scope()))
    assert set(found) == {"replay"}
    assert words in found["replay"].words
    assert found["replay"].number == number + offset
    assert found["replay"].expected == f"number {number + offset}"
    assert "hash 0x" in found["replay"].found


def test_the_last_log_dropped(told: LocalLedger) -> None:
    size = told.chain.head()[0]
    with lying(told, dropped(size - 1)) as chain:
        found = different(audit(chain, Scope(store=told.store)))
    assert found["head"].number == found["store entries"].number == size - 1


def test_a_log_altered_within_the_rules_is_found_by_the_head_and_named(told: LocalLedger) -> None:
    number = place(told, EntryKind.ANCHORED)
    with lying(told, altered_anchor(told, number)) as chain:
        audited = audit(chain, Scope())
    found = different(audited)
    assert set(found) == {"head"}
    assert found["head"].number == number
    assert f"entry {number}" in found["head"].words
    assert audited.report.first_difference == found["head"]
    assert found["head"].expected != found["head"].found


def test_a_node_without_old_state_cannot_name_the_entry_but_finds_the_difference(told: LocalLedger) -> None:
    with faulty_node(told.devchain.url) as faulty:
        logs = logs_rule(told, altered_anchor(told, place(told, EntryKind.ANCHORED)))
        latest = told.chain.head()[2]

        def rule(method: str, params: list[Any]) -> Reply | None:
            if method == "eth_call" and isinstance(params[1], str) and int(params[1], 16) < latest:
                return Reply(error={"code": -32000, "message": "missing trie node"})
            return logs(method, params)

        faulty.rule = rule
        found = different(audit(connect(told, faulty.url), Scope()))
    assert found["head"].number is None
    assert "keeps no old state" in found["head"].words


def test_a_log_altered_against_the_rules_is_found_by_the_replay(told: LocalLedger) -> None:
    number = place(told, EntryKind.ATTESTED)
    (item,) = [item for item in told.chain.entries(0) if item.entry.number == number]
    content = item.entry.content
    assert isinstance(content, Attested)

    def change(logs: list[Log]) -> list[Log]:
        later = replace(content, attestation=replace(content.attestation, kind=132))
        return [forged(told, log, later, number) if number_of(log) == number else log for log in logs]

    with lying(told, change) as chain:
        found = different(audit(chain, Scope()))
    assert "no mandate for kind 132" in found["replay"].words
    assert found["replay"].number == number


def test_a_signature_altered_by_the_node(told: LocalLedger) -> None:
    number = place(told, EntryKind.ATTESTED)
    (item,) = [item for item in told.chain.entries(0) if item.entry.number == number]
    content = item.entry.content
    assert isinstance(content, Attested)

    def change(logs: list[Log]) -> list[Log]:
        other = replace(content, signature=told.key("trader").sign(bytes(32)))
        return [forged(told, log, other, number) if number_of(log) == number else log for log in logs]

    with lying(told, change) as chain:
        audited = audit(chain, Scope())
        found = different(audited)
        wallets = by_name(audited)["wallets"]
    assert set(found) == {"head"}
    assert found["head"].number == number
    assert wallets.status is Status.SKIPPED
    assert f"in entries {number}: code and head do not both match" in wallets.words


def test_an_attestation_by_a_key_retired_before(told: LocalLedger) -> None:
    """A log forged at the end, well signed by an officer whose key the council had retired."""
    size, gone = told.chain.head()[0], told.key("gone-officer")
    statement = Attestation(houses.MPI, 851, 1, ZERO, 0, NO_END, b"\x11" * 32, 1, ZERO)
    content = Attested(statement, gone.address, gone.sign(statement.id(told.chain.origin)))

    def change(logs: list[Log]) -> list[Log]:
        return [*logs, forged(told, logs[-1], content, size)] if logs else logs

    with lying(told, change) as chain:
        found = different(audit(chain, Scope()))
    assert found["replay"].number == size
    assert "attester" in found["replay"].words
    assert "is retired" in found["replay"].words


def test_an_entry_made_up_within_the_rules(told: LocalLedger) -> None:
    size = told.chain.head()[0]

    def change(logs: list[Log]) -> list[Log]:
        return [*logs, forged(told, logs[-1], Anchored(b"\x22" * 32, 1), size)] if logs else logs

    with lying(told, change) as chain:
        found = different(audit(chain, Scope()))
    assert set(found) == {"head"}


def test_a_contract_with_other_code(told: LocalLedger) -> None:
    code = rpc(told.devchain.url, "eth_getCode", hex_text(told.chain.origin.contract), "latest")
    with faulty_node(told.devchain.url) as faulty:
        patched = code[:-2] + ("00" if code[-2:] != "00" else "01")
        faulty.rule = lambda method, params: Reply(result=patched) if method == "eth_getCode" else None
        found = different(audit(connect(told, faulty.url), Scope()))
    assert set(found) == {"code"}
    assert "not the shipped contract's" in found["code"].words


# --------------------------------------------------------------------------------------------------- the second node


def beside(house: LocalLedger, rule: Callable[[str, list[Any]], Reply | None]) -> Audited:
    """An audit beside a second node with these faults."""
    with faulty_node(house.devchain.url) as faulty:
        faulty.rule = rule
        return audit(house.chain, Scope(other_nodes=[other(house, faulty.url)]))


@pytest.mark.parametrize(
    ("change", "words", "offset"),
    [(dropped, "dropped", 0), (added, "added", 1), (reordered, "reordered", 0)],
    ids=["hides", "adds", "reorders"],
)
def test_a_second_node_that_misplaces_entries(
    told: LocalLedger, change: Callable[[int], Change], words: str, offset: int
) -> None:
    number = place(told, EntryKind.REVOKED)
    found = different(beside(told, logs_rule(told, change(number))))
    (finding,) = found.values()
    assert finding.name.startswith("node ")
    assert words in finding.words
    assert finding.number == number + offset
    assert "hash 0x" in finding.expected
    assert "hash 0x" in finding.found


def test_a_second_node_that_alters_an_entry(told: LocalLedger) -> None:
    number = place(told, EntryKind.ANCHORED)
    (finding,) = different(beside(told, logs_rule(told, altered_anchor(told, number)))).values()
    assert "altered" in finding.words
    assert finding.number == number


def test_a_second_node_that_hides_the_last_entry(told: LocalLedger) -> None:
    size = told.chain.head()[0]
    (finding,) = different(beside(told, logs_rule(told, dropped(size - 1)))).values()
    assert (finding.number, finding.found) == (size - 1, "no entry")


def test_a_second_node_that_makes_one_up_at_the_end(told: LocalLedger) -> None:
    size = told.chain.head()[0]

    def change(logs: list[Log]) -> list[Log]:
        return [*logs, forged(told, logs[-1], Anchored(b"\x22" * 32, 1), size)] if logs else logs

    (finding,) = different(beside(told, logs_rule(told, change))).values()
    assert (finding.number, finding.expected) == (size, "no entry")


def test_a_second_node_that_moves_an_entry(told: LocalLedger) -> None:
    def change(logs: list[Log]) -> list[Log]:
        return [log | {"transactionHash": "0x" + "0" * 64} if number_of(log) == 3 else log for log in logs]

    (finding,) = different(beside(told, logs_rule(told, change))).values()
    assert finding.number == 3
    assert "another place" in finding.words


@pytest.mark.parametrize(
    ("method", "result", "words"),
    [("eth_getBlockByNumber", None, "another block"), ("eth_call", "0x" + "00" * 32, "another head")],
)
def test_a_second_node_with_another_word_on_block_or_head(
    told: LocalLedger, method: str, result: str | None, words: str
) -> None:
    def rule(asked: str, params: list[Any]) -> Reply | None:
        if asked != method:
            return None
        if result is not None:
            return Reply(result=result)
        return Reply(result=rpc(told.devchain.url, asked, *params) | {"hash": "0x" + "12" * 32})

    (finding,) = different(beside(told, rule)).values()
    assert words in finding.words


def test_a_second_node_that_is_away_is_an_error_and_not_good(told: LocalLedger) -> None:
    report = audit(told.chain, Scope(other_nodes=[other(told, "http://127.0.0.1:1")])).report
    (finding,) = report.with_status(Status.ERROR)
    assert "cannot be reached" in finding.words
    assert not report.good
    assert not report.with_status(Status.INVALID)


def test_a_second_node_that_falls_silent_is_an_error(told: LocalLedger) -> None:
    audited = beside(told, lambda method, params: Reply(dead=True) if method == "eth_getLogs" else None)
    (finding,) = audited.report.with_status(Status.ERROR)
    assert finding.name.startswith("node ")


def test_a_second_node_that_is_behind_is_an_error(told: LocalLedger) -> None:
    def rule(method: str, params: list[Any]) -> Reply | None:
        return Reply(result=None) if method == "eth_getBlockByNumber" else None

    (finding,) = beside(told, rule).report.with_status(Status.ERROR)
    assert "has no block" in finding.words


def test_a_first_node_that_falls_silent_is_an_error(told: LocalLedger) -> None:
    with faulty_node(told.devchain.url) as faulty:
        chain = connect(told, faulty.url)
        faulty.rule = lambda method, params: Reply(dead=True) if method == "eth_getLogs" else None
        report = audit(chain, Scope(store=told.store)).report
    assert {finding.name for finding in report.with_status(Status.ERROR)} == {"replay"}
    assert not report.with_status(Status.INVALID)


# ------------------------------------------------------------------------------------------------ from, to, reorganised


def test_beginning_after_the_first_entry_is_malformed(told: LocalLedger) -> None:
    first = next(told.chain.entries(0)).block_number
    assert audit(told.chain, Scope(first_block=first)).report.good
    with pytest.raises(Malformed, match="begin with the block of entry 0"):
        audit(told.chain, Scope(first_block=first + 1))


def test_as_of_an_earlier_block_later_things_are_passed_over(told: LocalLedger) -> None:
    items = list(told.chain.entries(0))
    half = items[len(items) // 2]
    audited = with_notes(told, checkpoint(told, 3), checkpoint(told), store=told.store, last_block=half.block_number)
    report = audited.report
    assert report.good, report.findings
    assert report.size == half.entry.number + 1
    assert by_name(audited)["checkpoint file 1"].status is Status.SKIPPED
    assert audited.newest is not None
    assert audited.newest.checkpoint.size <= report.size


def test_a_reorganisation_in_the_middle_of_the_audit(tmp_path: Path) -> None:
    with houses.house(tmp_path) as house:
        houses.anchored(house, 2)

        def reorganise(done: int, of: int) -> None:
            rpc(house.devchain.url, "anvil_reorg", 2, [])

        report = audit(house.chain, Scope(), reorganise).report
        assert not report.good
        (finding,) = report.with_status(Status.ERROR)
        assert finding.name == "block"
        assert "reorganised during the audit" in finding.words
        assert "run again" in finding.words
        assert audit(house.chain, Scope()).report.good


def test_a_first_node_that_is_away_is_unavailable(told: LocalLedger) -> None:
    with faulty_node(told.devchain.url) as faulty:
        chain = connect(told, faulty.url)
        faulty.rule = lambda method, params: Reply(dead=True)
        with pytest.raises(Unavailable):
            audit(chain, Scope())


def test_the_faulty_node_is_asked(told: LocalLedger) -> None:
    """The lying node is asked indeed: without it these tests would find nothing to find."""
    with faulty_node(told.devchain.url) as faulty:
        assert isinstance(faulty, FaultyNode)
        audit(connect(told, faulty.url), Scope())
        assert faulty.count("eth_getLogs") > 0

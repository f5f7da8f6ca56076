"""Logs <-> entries, without a chain."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.history.entry import Anchored, Entry, EntryKind, encode_payload
from ledger.edges.chain.events import ENTRY_TOPIC, entry_of, is_entry, logged_entry
from ledger.errors import HistoryBroken
from ledger.testing.world import CUSTOMS, ORIGIN, TRADER, World
from tests.logs import log_of


def history() -> list[Entry]:
    """Entries of every sort that has a payload of its own."""
    world = World()
    world.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    declaration, _ = world.declare(bytes(32))
    root, size, ids = world.anchor([declaration])
    id_ = world.attest("NZ-CUSTOMS", 132, root, size, CUSTOMS)
    world.revoke(id_, CUSTOMS, ids[0])
    world.withdraw(declaration, TRADER)
    return world.entries


ENTRIES = history()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind.name)
def test_every_entry_survives_its_log(entry: Entry) -> None:
    topics, data = log_of(entry, ORIGIN)
    assert len(topics) == 4
    assert entry_of(topics, data, ORIGIN) == entry


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind.name)
@given(data=some.data())
def test_no_changed_bit_of_a_log_gives_the_same_entry(entry: Entry, data: some.DataObject) -> None:
    topics, body = log_of(entry, ORIGIN)
    whole = b"".join(topics) + body
    bit = data.draw(some.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    split = [bytes(changed[at : at + 32]) for at in range(0, 128, 32)]
    with suppress(HistoryBroken):
        assert entry_of(split, bytes(changed[128:]), ORIGIN) != entry


def words(entry: Entry) -> tuple[list[bytes], bytes]:
    topics, data = log_of(entry, ORIGIN)
    return list(topics), data


ANCHOR = Entry(7, EntryKind.ANCHORED, 1_790_000_000, encode_payload(Anchored(b"\x01" * 32, 3)))


@pytest.mark.parametrize(
    ("change", "words_"),
    [
        (lambda t, d: (t[:3], d), "not an entry"),
        (lambda t, d: ([bytes(32), *t[1:]], d), "not an entry"),
        (lambda t, d: ([], d), "not an entry"),
        (lambda t, d: ([t[0], b"\x00" + t[1], *t[2:]], d), "not an entry"),
        (lambda t, d: ([t[0], b"\x01" * 32, *t[2:]], d), "64 bits"),
        (lambda t, d: ([*t[:2], len(EntryKind).to_bytes(32, "big"), t[3]], d), "unknown kind"),
        (lambda t, d: ([*t[:2], (10).to_bytes(32, "big"), t[3]], d), "invalid payload for this kind"),
        (lambda t, d: ([*t[:3], bytes(32)], d), "topic"),
        (lambda t, d: (t, b""), "time, payload"),
        (lambda t, d: (t, d + bytes(32)), "standard encoding"),
        (lambda t, d: (t, b"\x00" * 24 + b"\xff" * 8 + d[32:]), "40 bits"),
    ],
)
def test_what_contradicts_itself_is_broken_and_says_how(change: Any, words_: str) -> None:
    with pytest.raises(HistoryBroken, match=words_):
        entry_of(*change(*words(ANCHOR)), ORIGIN)


def log(**changes: Any) -> dict[str, Any]:
    topics, data = words(ANCHOR)
    made = {
        "address": "0x" + ORIGIN.contract.hex().upper(), "topics": topics, "data": data,
        "blockNumber": 5, "logIndex": 2, "blockHash": b"\x0b" * 32, "transactionHash": b"\x0c" * 32, "removed": False,
    }  # fmt: skip
    return made | changes


def test_a_log_says_where_it_was_found() -> None:
    logged = logged_entry(log(), ORIGIN)
    assert logged.entry == ANCHOR
    assert (logged.block_number, logged.log_index) == (5, 2)
    assert (logged.block_hash, logged.tx_hash) == ("0x" + "0b" * 32, "0x" + "0c" * 32)


def test_a_log_as_the_node_writes_it_is_read_the_same() -> None:
    plain = log()
    hexes = {name: "0x" + plain[name].hex() for name in ("data", "blockHash", "transactionHash")}
    topics = ["0x" + topic.hex() for topic in plain["topics"]]
    written = plain | hexes | {"topics": topics, "blockNumber": "0x5", "logIndex": "0x2"}
    assert logged_entry(written, ORIGIN) == logged_entry(plain, ORIGIN)


@pytest.mark.parametrize(
    "change",
    [{"data": "0xzz"}, {"data": 7}, {"topics": None}, {"blockNumber": None}, {"logIndex": "x"}, {"blockHash": 1}],
)
def test_what_is_no_log_is_said_to_be_none(change: dict[str, Any]) -> None:
    with pytest.raises(HistoryBroken, match="cannot be read"):
        logged_entry(log(**change), ORIGIN)
    with pytest.raises(HistoryBroken, match="cannot be read"):
        logged_entry({}, ORIGIN)


@pytest.mark.parametrize("change", [{"removed": True}, {"address": "0x" + "11" * 20}])
def test_a_log_that_does_not_stand_here_is_broken(change: dict[str, Any]) -> None:
    with pytest.raises(HistoryBroken, match="not asked for"):
        logged_entry(log(**change), ORIGIN)


def test_other_events_and_other_contracts_are_told_apart() -> None:
    assert is_entry(log(), ORIGIN)
    assert not is_entry(log(topics=[]), ORIGIN)
    assert not is_entry(log(topics=[bytes(32)]), ORIGIN)
    assert not is_entry(log(address="0x" + "11" * 20), ORIGIN)
    assert log()["topics"][0] == ENTRY_TOPIC

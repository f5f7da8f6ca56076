"""Logs <-> entries: the contract's ``Entry`` event, read strictly. Pure functions; docs/formats.md section 5.

``event Entry(uint64 indexed number, uint8 indexed kind, bytes32 indexed subject, uint64 time, bytes payload)``
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError

from ledger.core.codec import NO_END
from ledger.core.entry import Entry, EntryKind, decode_payload, subject_of
from ledger.core.typed_data import Origin, keccak, uint_word
from ledger.errors import HistoryBroken, Malformed

ENTRY_TOPIC = keccak(b"Entry(uint64,uint8,bytes32,uint64,bytes)")
_DATA = ["uint64", "bytes"]
_TOPICS = 4
_MAX_NUMBER = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry and where the node found it. Hashes are the node's names, lower-case hex with ``0x`` (66 characters)."""

    entry: Entry
    block_number: int
    block_hash: str
    tx_hash: str
    log_index: int


def entry_of(topics: Sequence[bytes], data: bytes, origin: Origin) -> Entry:
    """The entry that an ``Entry`` log carries.

    :param topics: the log's four topics, 32 bytes each.
    :param data: the log's data.
    :raises HistoryBroken: the log is none that the contract at ``origin`` could have written: unknown kind, another
        encoding than the standard one, a payload of another kind, or a topic that contradicts the payload.
    """
    if len(topics) != _TOPICS or topics[0] != ENTRY_TOPIC:
        raise HistoryBroken(
            "a log is no entry", expected=f"{_TOPICS} topics, the first 0x{ENTRY_TOPIC.hex()}", found=_hexes(topics)
        )
    number, kind = int.from_bytes(topics[1]), int.from_bytes(topics[2])
    if number > _MAX_NUMBER:
        raise HistoryBroken("an entry's number has more than 64 bits", expected=f"<= {_MAX_NUMBER}", found=number)
    if kind > max(EntryKind):
        raise HistoryBroken("unknown kind of entry", expected=f"<= {max(EntryKind)}", found=kind, number=number)
    try:
        time, payload = abi_decode(_DATA, data)
    except (DecodingError, OverflowError) as error:
        raise HistoryBroken(
            "the log's data is no (time, payload)", expected="ABI encoding", found=type(error).__name__, number=number
        ) from None
    entry = Entry(number, EntryKind(kind), time, bytes(payload))
    if time > NO_END:
        raise HistoryBroken("an entry's time has more than 40 bits", expected=f"<= {NO_END}", found=time, number=number)
    try:
        expected = log_of(entry, origin)
    except Malformed as error:
        raise HistoryBroken(
            "the payload is none of its kind", expected=EntryKind(kind).name, found=error, number=number
        ) from None
    if expected[0][3] != topics[3]:
        raise HistoryBroken(
            "the subject is not the payload's", expected=expected[0][3].hex(), found=topics[3].hex(), number=number
        )
    if expected != (tuple(topics), data):
        raise HistoryBroken(
            "the log is not in standard encoding", expected=expected[1].hex(), found=data.hex(), number=number
        )
    return entry


def log_of(entry: Entry, origin: Origin) -> tuple[tuple[bytes, ...], bytes]:
    """Topics and data of the log that the contract writes for ``entry``; Malformed when the payload is none."""
    subject = subject_of(decode_payload(entry.kind, entry.payload), origin)
    topics = (ENTRY_TOPIC, uint_word(entry.number), uint_word(entry.kind), subject)
    return topics, bytes(abi_encode(_DATA, [entry.time, entry.payload]))


def logged_entry(log: Mapping[str, Any], origin: Origin) -> LoggedEntry:
    """Read a log as web3 gives it.

    :raises HistoryBroken: what ``entry_of`` raises; also another contract's log, or one taken back by a reorganisation.
    """
    address = bytes.fromhex(str(log["address"]).removeprefix("0x"))
    if address != origin.contract or log.get("removed"):
        raise HistoryBroken(
            "the node gave a log that was not asked for",
            expected=f"a standing log of 0x{origin.contract.hex()}",
            found=f"{'a removed log' if log.get('removed') else 'a log'} of 0x{address.hex()}",
        )
    entry = entry_of([bytes(topic) for topic in log["topics"]], bytes(log["data"]), origin)
    return LoggedEntry(
        entry,
        int(log["blockNumber"]),
        "0x" + bytes(log["blockHash"]).hex(),
        "0x" + bytes(log["transactionHash"]).hex(),
        int(log["logIndex"]),
    )


def is_entry(log: Mapping[str, Any], origin: Origin) -> bool:
    """Whether a log is an ``Entry`` of this contract; other events and contracts share receipts with it."""
    return (
        str(log["address"]).lower() == "0x" + origin.contract.hex()
        and len(log["topics"]) > 0
        and bytes(log["topics"][0]) == ENTRY_TOPIC
    )


def _hexes(values: Sequence[bytes]) -> str:
    return ", ".join("0x" + value.hex() for value in values) or "none"

"""Read entries from logs of the contract's ``Entry`` event, strictly. Pure functions; docs/formats.md section 5.

``event Entry(uint64 indexed number, uint8 indexed kind, bytes32 indexed topic, uint64 time, bytes payload)``
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.core.encoding.abi import WORD, AbiTuple
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry, EntryKind
from ledger.core.statements.member_types import NO_END
from ledger.core.statements.origin import Origin
from ledger.errors import HistoryBroken, Malformed

ENTRY_TOPIC = keccak(b"Entry(uint64,uint8,bytes32,uint64,bytes)")
_DATA = AbiTuple("uint64", "bytes")
_KINDS = {int(kind): kind for kind in EntryKind}
_TOPIC_LENGTHS = [WORD] * 4
_MAX_NUMBER = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry, and its position on the chain. Hashes are lower-case hex with ``0x`` (66 characters)."""

    entry: Entry
    block_number: int
    block_hash: str
    tx_hash: str
    log_index: int


def entry_of(topics: Sequence[bytes], data: bytes, origin: Origin) -> Entry:
    """The entry that an ``Entry`` log carries.

    :param topics: the log's four topics, 32 bytes each.
    :param data: the log's data.
    :raises HistoryBroken: the contract at ``origin`` could not have written the log: an unknown kind, an encoding other
        than the standard one, a payload of another kind, a topic that contradicts the payload, or an entry 0 that the
        origin does not name.
    """
    if [len(topic) for topic in topics] != _TOPIC_LENGTHS or topics[0] != ENTRY_TOPIC:
        raise HistoryBroken(
            "a log is not an entry",
            expected=f"{len(_TOPIC_LENGTHS)} topics of {WORD} bytes, the first 0x{ENTRY_TOPIC.hex()}",
            found=_hexes(topics),
        )
    number, kind = int.from_bytes(topics[1]), int.from_bytes(topics[2])
    if number > _MAX_NUMBER:
        raise HistoryBroken("an entry's number has more than 64 bits", expected=f"<= {_MAX_NUMBER}", found=number)
    if kind not in _KINDS:
        raise HistoryBroken("unknown kind of entry", expected=f"<= {max(EntryKind)}", found=kind, number=number)
    try:
        time, payload = _DATA.decode(data)
    except Malformed as error:
        raise HistoryBroken(
            "the log's data is not (time, payload) in standard encoding",
            expected="ABI encoding",
            found=error,
            number=number,
        ) from None
    if time > NO_END:
        raise HistoryBroken("an entry's time has more than 40 bits", expected=f"<= {NO_END}", found=time, number=number)
    entry = Entry(number, _KINDS[kind], time, payload)
    entry.check_beginning(origin)
    try:
        topic = entry.topic(origin)
    except Malformed as error:
        raise HistoryBroken(
            "invalid payload for this kind of entry", expected=entry.kind.name, found=error, number=number
        ) from None
    if topic != topics[3]:
        raise HistoryBroken(
            "the topic does not follow from the payload", expected=topic.hex(), found=topics[3].hex(), number=number
        )
    return entry


def logged_entry(log: Mapping[str, Any], origin: Origin) -> LoggedEntry:
    """Read a log: the node's JSON with hex, or the same with bytes and numbers.

    :raises HistoryBroken: see ``entry_of``; also if it is not a log, another contract's log, or one that a
        reorganisation removed.
    """
    try:
        address = str(log["address"]).lower()
        removed = bool(log.get("removed"))
        topics = [_bytes(topic) for topic in log["topics"]]
        data = _bytes(log["data"])
        position = _number(log["blockNumber"]), _hex(log["blockHash"]), _hex(log["transactionHash"])
        index = _number(log["logIndex"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise HistoryBroken(
            "the node gave a log that cannot be read", expected="an Ethereum log", found=repr(error)
        ) from None
    if address != hex_text(origin.contract) or removed:
        raise HistoryBroken(
            "the node gave a log that was not asked for",
            expected=f"a log of {hex_text(origin.contract)}",
            found=f"{'a removed log' if removed else 'a log'} of {address}",
        )
    return LoggedEntry(entry_of(topics, data, origin), *position, index)


def is_entry(log: Mapping[str, Any], origin: Origin) -> bool:
    """Whether a log is an ``Entry`` of this contract. Receipts also have other events, and those of other contracts."""
    return (
        str(log["address"]).lower() == "0x" + origin.contract.hex()
        and len(log["topics"]) > 0
        and _bytes(log["topics"][0]) == ENTRY_TOPIC
    )


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        return bytes.fromhex(value[2:])
    if isinstance(value, bytes):
        return bytes(value)
    raise TypeError("neither hex nor bytes")


def _hex(value: object) -> str:
    return value.lower() if isinstance(value, str) else hex_text(_bytes(value))


def _number(value: object) -> int:
    if isinstance(value, str):
        return int(value, 16)
    if isinstance(value, int):
        return value
    raise TypeError("not a number")


def _hexes(values: Sequence[bytes]) -> str:
    return ", ".join("0x" + value.hex() for value in values) or "none"

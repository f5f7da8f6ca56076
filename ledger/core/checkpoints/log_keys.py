"""Keys of the log, and up to which size each counts: in a trust root, and in an operator's file of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.core.checkpoints.note import KeyType, NoteKey
from ledger.core.encoding.json_text import SAFE_INTEGER
from ledger.core.encoding.reading import read_count, read_list, read_object, read_optional, read_string
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed, VerificationFailed

MAX_LOG_KEYS = 64
MAX_EARLIER_FILE = 64 * 1024
_MAX_DIGITS = 16


class LogKey(NamedTuple):
    """A key of the log. Its signature counts on checkpoints of at most ``up_to`` entries; None: of any size."""

    key: NoteKey
    up_to: int | None = None

    def counts_at(self, size: int) -> bool:
        """Whether its signature on a checkpoint of ``size`` entries counts."""
        return self.up_to is None or size <= self.up_to


class LogKeyEnded(VerificationFailed):
    """A checkpoint is signed by the log, and only with a key that does not count at its size."""

    def __init__(self, key: NoteKey, up_to: int, size: int) -> None:
        super().__init__(
            f"the checkpoint of {size} entries is signed with the log key {key.id.hex()}, which counts up to {up_to}"
        )
        self.key = key
        self.up_to = up_to


def check_log_keys(origin: Origin, keys: Sequence[LogKey], where: str) -> None:
    """Check that these can be the keys of one log: docs/evidence-format.md, "The trust root".

    :raises Malformed: names the key, as ``where`` with its number.
    """
    if not 0 < len(keys) <= MAX_LOG_KEYS:
        raise Malformed(f"must be from 1 to {MAX_LOG_KEYS}", where)
    for number, (key, up_to) in enumerate(keys):
        if key.type is not KeyType.LOG or key.name != str(origin):
            raise Malformed("must be an Ed25519 log key (type 0x01) named after the origin", f"{where}[{number}].key")
        if any(key.id == other.id for other, _ in keys[:number]):
            raise Malformed("has the id of a key before it", f"{where}[{number}].key")
        if number and not _ascends(keys[number - 1].up_to, up_to):
            words = "must be at least that of the key before it, and only the last may be null"
            raise Malformed(words, f"{where}[{number}].up_to")


def read_log_keys(value: object, where: str) -> tuple[LogKey, ...]:
    """Read the member ``log_keys`` of a trust root; Malformed names the member. What they say is not checked."""
    items = read_list(value, where, MAX_LOG_KEYS, "log keys")
    return tuple(_read(item, f"{where}[{number}]") for number, item in enumerate(items))


def read_earlier_log_keys(text: str) -> tuple[LogKey, ...]:
    """Read a file of earlier log keys: ``<vkey> <up_to>`` a line; empty lines and ``#`` lines are ignored.

    :raises Malformed: names the line.
    """
    if len(text) > MAX_EARLIER_FILE:
        raise Malformed(f"must have at most {MAX_EARLIER_FILE} characters", "file of earlier log keys")
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"file of earlier log keys, line {number}"
        size = words[1] if len(words) == 2 else ""
        if not (size.isascii() and size.isdigit() and len(size) <= _MAX_DIGITS):
            raise Malformed("must be a verifier key and the size up to which it counts", where)
        try:
            found.append(LogKey(NoteKey.parse(words[0]), read_count(int(size), where, SAFE_INTEGER)))
        except Malformed as error:
            raise Malformed(error.what, where) from None
    return tuple(found)


def _read(value: object, where: str) -> LogKey:
    key, up_to = read_object(value, ["key", "up_to"], where)
    return LogKey(NoteKey.parse(read_string(key, f"{where}.key")), read_optional(read_count, up_to, f"{where}.up_to"))


def _ascends(before: int | None, up_to: int | None) -> bool:
    return before is not None and (up_to is None or before <= up_to)

"""Log keys: those that a log had before its present one, and how one of them ends (docs/recovery.md)."""

from __future__ import annotations

from pathlib import Path

from ledger.core.checkpoints.log_keys import LogKey, check_log_keys, read_earlier_log_keys
from ledger.core.checkpoints.note import NoteKey
from ledger.core.encoding.text import text_of
from ledger.core.history.history import History
from ledger.core.statements.origin import Origin
from ledger.edges.store import Store
from ledger.edges.whole_file import replace_file
from ledger.errors import Malformed


def earlier_log_keys(file: Path | None) -> tuple[LogKey, ...]:
    """The keys in a file of earlier log keys; none without a file.

    :raises Malformed: the file or one of its lines cannot be read.
    """
    return read_earlier_log_keys(_text(file)) if file is not None else ()


def end_log_key(file: Path, origin: Origin, key: NoteKey, up_to: int) -> tuple[LogKey, ...]:
    """Add to the file that ``key`` counts up to this size; returns all its keys. The file is there whole or as before.

    :raises Malformed: with this line, the file would not be one of earlier keys of this log.
    :raises Unavailable: the file cannot be written.
    """
    before = _text(file) if file.exists() else ""
    line = f"{key} {up_to}\n"
    text = before + ("" if before.endswith("\n") or not before else "\n") + line
    keys = read_earlier_log_keys(text)
    check_log_keys(origin, keys, str(file))
    replace_file(file, text.encode())
    return keys


def last_signed(history: History, store: Store, key: NoteKey) -> int:
    """The greatest size of a stored checkpoint of this history that bears the key's line; 0 if there is none.

    A checkpoint that the chain took back is of no history any more, and does not count.
    """
    size = history.size
    while size > 0 and (note := store.checkpoints.newest(size)) is not None:
        checkpoint = note.checkpoint
        if note.names(key) and history.log.root(checkpoint.size) == checkpoint.root:
            return checkpoint.size
        size = checkpoint.size - 1
    return 0


def _text(file: Path) -> str:
    try:
        return text_of(file.read_bytes())
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(file)) from None
    except Malformed:
        raise Malformed("cannot be read: is not UTF-8", str(file)) from None

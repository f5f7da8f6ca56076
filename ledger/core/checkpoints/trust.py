"""The trust root: the file that names the history, log keys, witnesses and threshold that a verifier believes.

``TrustRoot`` is the only code that decides whether a checkpoint is the log's and has enough cosignatures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from ledger.core.checkpoints.log_keys import LogKey, LogKeyEnded, check_log_keys, read_log_keys
from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote
from ledger.core.encoding.canonical_json import of_format, read_file
from ledger.core.encoding.json_text import Json
from ledger.core.encoding.reading import read_count, read_list, read_object, read_string
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed, VerificationFailed

TRUST_FORMAT = "trade-ledger/trust-root/2"
MAX_WITNESSES = 64


class Cosignature(NamedTuple):
    """A witness that cosigned a checkpoint, and when: seconds since 1970, by the witness's clock."""

    witness: NoteKey
    time: int


class TooFewCosignatures(VerificationFailed):
    """A checkpoint is the log's, and fewer witnesses than demanded have cosigned it."""

    def __init__(self, found: int, known: int, demanded: int) -> None:
        super().__init__(f"cosigned by {found} of {known} known witnesses; {demanded} are demanded")


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """A history, the keys that sign its checkpoints, and the witnesses, of whom ``threshold`` must cosign them.

    The origin pins the first entry of the history, since its salt is the hash of that entry.
    """

    origin: Origin
    log_keys: tuple[LogKey, ...]
    witnesses: tuple[NoteKey, ...] = ()
    threshold: int = 0

    def __post_init__(self) -> None:
        check_log_keys(self.origin, self.log_keys, "trust root.log_keys")
        if len(self.witnesses) > MAX_WITNESSES:
            raise Malformed(f"must be at most {MAX_WITNESSES}", "trust root.witnesses")
        for number, key in enumerate(self.witnesses):
            if key.type is not KeyType.WITNESS:
                raise Malformed("must be a cosignature key (type 0x04)", f"trust root.witnesses[{number}]")
            # The log's own word, said again under another name, is no second word.
            if any(key.public_key == log_key.public_key for log_key, _ in self.log_keys):
                raise Malformed("is a key of the log itself", f"trust root.witnesses[{number}]")
            others = self.witnesses[:number]
            # A witness with two names, or two keys, would count twice towards the threshold.
            if any(key.name == other.name or key.public_key == other.public_key for other in others):
                raise Malformed("names a witness twice", f"trust root.witnesses[{number}]")
        if not 0 <= self.threshold <= len(self.witnesses):
            raise Malformed(f"must be from 0 to the number of witnesses, {len(self.witnesses)}", "trust root.threshold")

    @classmethod
    def of(cls, origin: Origin, key: NoteKey, witnesses: tuple[NoteKey, ...] = (), threshold: int = 0) -> TrustRoot:
        """The trust root of a log that has had one key."""
        return cls(origin, (LogKey(key),), witnesses, threshold)

    @property
    def log_key(self) -> NoteKey:
        """The newest log key: the last one."""
        return self.log_keys[-1].key

    def verify(self, note: SignedNote) -> tuple[Cosignature, ...]:
        """Check that a checkpoint is the log's and that enough witnesses cosigned it; returns their cosignatures.

        :raises VerificationFailed: see ``verify_log``; or a cosignature of a known witness does not fit.
        :raises TooFewCosignatures: fewer than ``threshold`` of the known witnesses cosigned.
        """
        self.verify_log(note)
        return self.cosignatures(note, self.threshold)

    def verify_log(self, note: SignedNote) -> NoteKey:
        """Check origin and log signature of a checkpoint; returns the log key that signed it.

        :raises VerificationFailed: it is of another origin, or as for ``log_key_of``.
        """
        if note.checkpoint.origin != self.origin:
            raise VerificationFailed(f"the checkpoint is of {note.checkpoint.origin}, but {self.origin} is trusted")
        return self.log_key_of(note)

    def log_key_of(self, note: SignedNote) -> NoteKey:
        """The first log key that signed a checkpoint, of those that count at its size. Each line of these must fit.

        :raises LogKeyEnded: none of these signed it, and another log key did.
        :raises VerificationFailed: no log key signed it, or a line of one that counts does not fit.
        """
        counting = self.log_keys_at(note.checkpoint.size)
        signed = [key for key in counting if note.names(key)]
        for key in signed:
            note.verify(key)
        if signed:
            return signed[0]
        for key, up_to in self.log_keys:
            if up_to is not None and _fits(note, key):
                raise LogKeyEnded(key, up_to, note.checkpoint.size)
        ids = ", ".join(key.id.hex() for key in counting) or "of this size: none counts"
        raise VerificationFailed(f"not signed by {self.origin} with the key {ids}")

    def log_keys_at(self, size: int) -> tuple[NoteKey, ...]:
        """The log keys whose signature on a checkpoint of ``size`` entries counts."""
        return tuple(item.key for item in self.log_keys if item.counts_at(size))

    def cosignatures(
        self, note: SignedNote, demanded: int = 0, not_after: int | None = None
    ) -> tuple[Cosignature, ...]:
        """The latest cosignature of each known witness on a checkpoint, in the order of ``witnesses``.

        Lines of unknown witnesses are ignored: anybody can add one. A line of a known witness must fit. One whose time
        is after ``not_after`` (seconds) counts for nothing; None lets every time count.

        :raises VerificationFailed: a line under the name and key id of a known witness does not fit.
        :raises TooFewCosignatures: fewer than ``demanded`` of the known witnesses cosigned.
        """
        signed = [(key, note.cosignature_times(key)) for key in self.witnesses if note.names(key)]
        counting = [(key, [time for time in times if not_after is None or time <= not_after]) for key, times in signed]
        found = tuple(Cosignature(key, max(times)) for key, times in counting if times)
        if len(found) < demanded:
            raise TooFewCosignatures(len(found), len(self.witnesses), demanded)
        return found

    def to_bytes(self) -> bytes:
        """The trust root file; ``read_trust_root`` reads it."""
        value = {
            "ledger": TRUST_FORMAT,
            "log_keys": [{"key": str(key), "up_to": up_to} for key, up_to in self.log_keys],
            "origin": str(self.origin),
            "threshold": self.threshold,
            "witnesses": [str(key) for key in self.witnesses],
        }
        return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"


def _fits(note: SignedNote, key: NoteKey) -> bool:
    """Whether this log key signed the note, and each of its lines fits."""
    try:
        note.verify(key)
    except VerificationFailed:
        return False
    return True


def majority(witnesses: int) -> int:
    """How many of so many witnesses must cosign unless somebody decides otherwise: more than half; 0 of none."""
    return witnesses // 2 + 1 if witnesses else 0


def read_trust_root(data: bytes) -> TrustRoot:
    """Read a trust root file (JSON with any white space, as people edit it); Malformed names the member."""
    return trust_root_from_value(read_file(data, TRUST_FORMAT))


def trust_root_from_value(value: Json) -> TrustRoot:
    """Read the JSON value of a trust root, which comes from a strict reader; Malformed names the member."""
    names = ["ledger", "log_keys", "origin", "threshold", "witnesses"]
    _, keys, origin, threshold, witnesses = read_object(of_format(value, TRUST_FORMAT), names, "trust root")
    items = read_list(witnesses, "trust root.witnesses", MAX_WITNESSES, "verifier keys")
    return TrustRoot(
        Origin.parse(read_string(origin, "trust root.origin")),
        read_log_keys(keys, "trust root.log_keys"),
        tuple(NoteKey.parse(read_string(item, f"trust root.witnesses[{number}]")) for number, item in enumerate(items)),
        read_count(threshold, "trust root.threshold"),
    )

"""The trust root: the file that names the history, log key, witnesses and threshold that a verifier believes.

``TrustRoot`` is the only code that decides whether a checkpoint is the log's and has enough cosignatures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote
from ledger.core.encoding.canonical_json import of_format, read_file
from ledger.core.encoding.json_text import Json
from ledger.core.encoding.reading import read_count, read_list, read_object, read_string
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed, VerificationFailed

TRUST_FORMAT = "trade-ledger/trust-root/1"
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
    """A history, the key that signs its checkpoints, and the witnesses, of whom ``threshold`` must cosign them."""

    origin: Origin
    log_key: NoteKey
    witnesses: tuple[NoteKey, ...] = ()
    threshold: int = 0

    def __post_init__(self) -> None:
        if self.log_key.type is not KeyType.LOG or self.log_key.name != str(self.origin):
            raise Malformed("must be an Ed25519 log key (type 0x01) named after the origin", "trust root.log_key")
        if len(self.witnesses) > MAX_WITNESSES:
            raise Malformed(f"must be at most {MAX_WITNESSES}", "trust root.witnesses")
        for number, key in enumerate(self.witnesses):
            if key.type is not KeyType.WITNESS:
                raise Malformed("must be a cosignature key (type 0x04)", f"trust root.witnesses[{number}]")
            others = self.witnesses[:number]
            # A witness with two names, or two keys, would count twice towards the threshold.
            if any(key.name == other.name or key.public_key == other.public_key for other in others):
                raise Malformed("names a witness twice", f"trust root.witnesses[{number}]")
        if not 0 <= self.threshold <= len(self.witnesses):
            raise Malformed(f"must be from 0 to the number of witnesses, {len(self.witnesses)}", "trust root.threshold")

    def verify(self, note: SignedNote) -> tuple[Cosignature, ...]:
        """Check that a checkpoint is the log's and that enough witnesses cosigned it; returns their cosignatures.

        :raises VerificationFailed: see ``verify_log``; or a cosignature of a known witness does not fit.
        :raises TooFewCosignatures: fewer than ``threshold`` of the known witnesses cosigned.
        """
        self.verify_log(note)
        return self.cosignatures(note, self.threshold)

    def verify_log(self, note: SignedNote) -> None:
        """Check origin and log signature of a checkpoint; VerificationFailed says which of the two is another."""
        if note.checkpoint.origin != self.origin:
            raise VerificationFailed(f"the checkpoint is of {note.checkpoint.origin}, but {self.origin} is trusted")
        note.verify(self.log_key)

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
            "log_key": str(self.log_key),
            "origin": str(self.origin),
            "threshold": self.threshold,
            "witnesses": [str(key) for key in self.witnesses],
        }
        return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"


def majority(witnesses: int) -> int:
    """How many of so many witnesses must cosign unless somebody decides otherwise: more than half; 0 of none."""
    return witnesses // 2 + 1 if witnesses else 0


def read_trust_root(data: bytes) -> TrustRoot:
    """Read a trust root file (JSON with any white space, as people edit it); Malformed names the member."""
    return trust_root_from_value(read_file(data, TRUST_FORMAT))


def trust_root_from_value(value: Json) -> TrustRoot:
    """Read the JSON value of a trust root, which comes from a strict reader; Malformed names the member."""
    names = ["ledger", "log_key", "origin", "threshold", "witnesses"]
    _, key, origin, threshold, witnesses = read_object(of_format(value, TRUST_FORMAT), names, "trust root")
    items = read_list(witnesses, "trust root.witnesses", MAX_WITNESSES, "verifier keys")
    return TrustRoot(
        Origin.parse(read_string(origin, "trust root.origin")),
        NoteKey.parse(read_string(key, "trust root.log_key")),
        tuple(NoteKey.parse(read_string(item, f"trust root.witnesses[{number}]")) for number, item in enumerate(items)),
        read_count(threshold, "trust root.threshold"),
    )

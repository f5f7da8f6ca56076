"""The trust root: which history a verifier believes, whose signature, and how many of which witnesses. A file."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ledger.core.checkpoints.note import KeyType, NoteKey
from ledger.core.encoding.canonical_json import read_file
from ledger.core.encoding.reading import read_object
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed

TRUST_FORMAT = "trade-ledger/trust-root/1"


MAX_WITNESSES = 64


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Which history, whose signature on its checkpoints, and how many of which witnesses must have cosigned."""

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
            # One witness under two names, or two keys, would count twice towards the threshold.
            if any(key.name == other.name or key.public_key == other.public_key for other in others):
                raise Malformed("names a witness twice", f"trust root.witnesses[{number}]")
        if not 0 <= self.threshold <= len(self.witnesses):
            raise Malformed(f"must be from 0 to the number of witnesses, {len(self.witnesses)}", "trust root.threshold")

    def to_bytes(self) -> bytes:
        value = {
            "ledger": TRUST_FORMAT,
            "log_key": str(self.log_key),
            "origin": str(self.origin),
            "threshold": self.threshold,
            "witnesses": [str(key) for key in self.witnesses],
        }
        return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"


def read_trust_root(data: bytes) -> TrustRoot:
    """Read a trust root file (JSON, edited by people, so white space is free); Malformed names the member."""
    value = read_file(data, TRUST_FORMAT)
    names = ["ledger", "log_key", "origin", "threshold", "witnesses"]
    _, key, origin, threshold, witnesses = read_object(value, names, "trust root")
    if not isinstance(key, str) or not isinstance(origin, str):
        raise Malformed("log_key and origin must be text", "trust root")
    if not isinstance(witnesses, list) or not all(isinstance(item, str) for item in witnesses):
        raise Malformed("must be a list of verifier keys", "trust root.witnesses")
    if type(threshold) is not int:
        raise Malformed("must be a number", "trust root.threshold")
    return TrustRoot(
        Origin.parse(origin), NoteKey.parse(key), tuple(NoteKey.parse(item) for item in witnesses), threshold
    )

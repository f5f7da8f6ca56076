"""What a verifier believes beforehand (the trust root) and what it demands (the policy). Both are files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.core.checkpoint import KeyType, NoteKey
from ledger.core.codec import JURISDICTION, UINT16, read_object
from ledger.core.document import Limits, parse_json
from ledger.core.typed_data import Origin
from ledger.errors import Malformed

TRUST_FORMAT = "trade-ledger/trust-root/1"
POLICY_FORMAT = "trade-ledger/policy/1"
MAX_FILE = 1024 * 1024
MAX_DEPTH = 8
MAX_WITNESSES = 64
CLOCK_TOLERANCE = 15
MAX_CLOCK_TOLERANCE = 86_400


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
    value = _read(data, TRUST_FORMAT)
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


@dataclass(frozen=True, slots=True)
class Requirement:
    """An attestation that must be in force: kind (UNCL 1001); jurisdictions and outcomes that count, empty for all."""

    kind: int
    jurisdictions: tuple[str, ...] = ()
    outcomes: tuple[int, ...] = ()

    def __str__(self) -> str:
        where = f" from {' or '.join(self.jurisdictions)}" if self.jurisdictions else ""
        how = f" with outcome {' or '.join(map(str, self.outcomes))}" if self.outcomes else ""
        return f"kind {self.kind}{where}{how}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What must hold.

    ``max_age``: seconds from the time for which the evidence vouches to the verdict, at most; None is any.
    ``witnesses``: cosignatures, at least; None is the trust root's threshold, which it cannot lower.
    ``clock_tolerance``: seconds by which the time of an entry may be off, where a compromise date lies close to it.
    ``allow_skipped``: whether a verdict is good although something could not be known (offline: whether an attestation
    was revoked, or the declaration withdrawn, after the evidence was made).
    """

    require: tuple[Requirement, ...] = ()
    max_age: int | None = None
    witnesses: int | None = None
    clock_tolerance: int = CLOCK_TOLERANCE
    allow_skipped: bool = True


def read_policy(data: bytes) -> Policy:
    """Read a policy file (JSON); Malformed names the member."""
    value = _read(data, POLICY_FORMAT)
    names = ["allow_skipped", "clock_tolerance", "ledger", "max_age", "require", "witnesses"]
    skipped, tolerance, _, age, require, witnesses = read_object(value, names, "policy")
    if not isinstance(skipped, bool):
        raise Malformed("must be true or false", "policy.allow_skipped")
    if type(tolerance) is not int or not 0 <= tolerance <= MAX_CLOCK_TOLERANCE:
        raise Malformed(f"must be a number of seconds, 0 to {MAX_CLOCK_TOLERANCE}", "policy.clock_tolerance")
    if age is not None and (type(age) is not int or age < 0):
        raise Malformed("must be a number of seconds or null", "policy.max_age")
    if witnesses is not None and (type(witnesses) is not int or witnesses < 0):
        raise Malformed("must be a number or null", "policy.witnesses")
    if not isinstance(require, list):
        raise Malformed("must be a list", "policy.require")
    required = tuple(_requirement(item, f"policy.require[{number}]") for number, item in enumerate(require))
    return Policy(required, age, witnesses, tolerance, skipped)


def _requirement(value: object, where: str) -> Requirement:
    jurisdictions, kind, outcomes = read_object(value, ["jurisdictions", "kind", "outcomes"], where)
    UINT16.check(kind, f"{where}.kind")
    if not isinstance(jurisdictions, list) or not isinstance(outcomes, list):
        raise Malformed("jurisdictions and outcomes must be lists", where)
    for number, jurisdiction in enumerate(jurisdictions):
        JURISDICTION.check(jurisdiction, f"{where}.jurisdictions[{number}]")
    for number, outcome in enumerate(outcomes):
        UINT16.check(outcome, f"{where}.outcomes[{number}]")
    return Requirement(kind, tuple(jurisdictions), tuple(outcomes))


def _read(data: bytes, format_: str) -> Mapping[str, Any]:
    value = parse_json(data, Limits(structured=MAX_FILE, depth=MAX_DEPTH))
    if not isinstance(value, dict) or value.get("ledger") != format_:
        raise Malformed(f'not of the format "{format_}"')
    return value

"""What a verifier believes beforehand (the trust root) and what it demands (the policy). Both are files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.core.checkpoint import NoteKey
from ledger.core.codec import read_object
from ledger.core.document import Limits, parse_json
from ledger.core.typed_data import Origin
from ledger.errors import Malformed

TRUST_FORMAT = "trade-ledger/trust-root/1"
POLICY_FORMAT = "trade-ledger/policy/1"
MAX_FILE = 1024 * 1024
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Which history, and whose signature on its checkpoints."""

    origin: Origin
    log_key: NoteKey

    def to_bytes(self) -> bytes:
        value = {"ledger": TRUST_FORMAT, "log_key": str(self.log_key), "origin": str(self.origin)}
        return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"


def read_trust_root(data: bytes) -> TrustRoot:
    """Read a trust root file (JSON, edited by people, so white space is free); Malformed names the member."""
    value = _read(data, TRUST_FORMAT)
    _, key, origin = read_object(value, ["ledger", "log_key", "origin"], "trust root")
    if not isinstance(key, str) or not isinstance(origin, str):
        raise Malformed("log_key and origin must be text", "trust root")
    return TrustRoot(Origin.parse(origin), NoteKey.parse(key))


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
    """What must hold. ``max_age``: how old a checkpoint may be at the time of the verdict, in seconds; None is any age.

    ``allow_skipped``: whether a verdict is good although something could not be known (offline: whether an attestation
    was revoked, or the declaration withdrawn, after the evidence was made).
    """

    require: tuple[Requirement, ...] = ()
    max_age: int | None = None
    allow_skipped: bool = True


def read_policy(data: bytes) -> Policy:
    """Read a policy file (JSON); Malformed names the member."""
    value = _read(data, POLICY_FORMAT)
    skipped, _, age, require = read_object(value, ["allow_skipped", "ledger", "max_age", "require"], "policy")
    if not isinstance(skipped, bool):
        raise Malformed("must be true or false", "policy.allow_skipped")
    if age is not None and (type(age) is not int or age < 0):
        raise Malformed("must be a number of seconds or null", "policy.max_age")
    if not isinstance(require, list):
        raise Malformed("must be a list", "policy.require")
    return Policy(tuple(_requirement(item, f"policy.require[{n}]") for n, item in enumerate(require)), age, skipped)


def _requirement(value: object, where: str) -> Requirement:
    jurisdictions, kind, outcomes = read_object(value, ["jurisdictions", "kind", "outcomes"], where)
    if type(kind) is not int:
        raise Malformed("must be a number (UNCL 1001)", f"{where}.kind")
    if not isinstance(jurisdictions, list) or not all(isinstance(item, str) for item in jurisdictions):
        raise Malformed("must be a list of ISO 3166-1 codes", f"{where}.jurisdictions")
    if not isinstance(outcomes, list) or not all(type(item) is int for item in outcomes):
        raise Malformed("must be a list of numbers", f"{where}.outcomes")
    return Requirement(kind, tuple(jurisdictions), tuple(outcomes))


def _read(data: bytes, format_: str) -> Mapping[str, Any]:
    value = parse_json(data, Limits(structured=MAX_FILE, depth=MAX_DEPTH))
    if not isinstance(value, dict) or value.get("ledger") != format_:
        raise Malformed(f'not of the format "{format_}"')
    return value

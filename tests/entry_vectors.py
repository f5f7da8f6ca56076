"""The vectors of "which bytes are the leaf": ``tests/vectors/entries``, one history with an entry of each kind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "vectors" / "entries"


@dataclass(frozen=True)
class Vector:
    """One file. Hashes, topic, payload and entry as bytes."""

    about: str
    origin: str
    number: int
    kind: int
    time: int
    topic: bytes
    payload: bytes
    entry: bytes
    leaf_hash: bytes
    head_before: bytes
    head: bytes
    root: bytes


def load() -> list[Vector]:
    """All vectors, in the order of their history."""
    return [_read(path) for path in sorted(FOLDER.glob("*.json"))]


def _read(path: Path) -> Vector:
    members = json.loads(path.read_text(encoding="utf-8"))
    about, origin, number, kind, time = (members.pop(name) for name in ("about", "origin", "number", "kind", "time"))
    names = {"leafHash": "leaf_hash", "headBefore": "head_before"}
    values = {names.get(name, name): bytes.fromhex(value.removeprefix("0x")) for name, value in members.items()}
    return Vector(about, origin, number, kind, time, **values)

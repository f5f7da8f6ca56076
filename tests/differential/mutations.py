"""Damage to the files of a question: a byte, or a member of their JSON, which is then spelled as it must be."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator
from typing import Any

from tests.differential.sealed import NAMES, ODD_COUNTS, canonical
from tests.verifier.both import Asked

FILES = ["evidence", "evidence", "evidence", "document", "trust", "policy"]
ODD_VALUES: list[Any] = [None, True, False, -1, 1.5, 1e2, -0.0, "", "0x", "0x0", [], {}, [[]], *ODD_COUNTS]
ODD_TEXTS = [
    "\x00", "\x7f", "\u00a0", "\u0085", "\u2028", "\ufeff", "\u0661", "\uff11", "\ud7ff", "\ue000", "\ufdd0", "\uffff",
    "\U0010ffff", "\U0001f95d", "=", "+", " ", "\n", "\t", "\r", "-", "0", "\u2014", "A", "\\", "/",
]  # fmt: skip

ODD_BLOBS = [
    "AAAAAAA=",
    "AAAAAA==",
    "AAAAAB==",
    "AAAAAAB=",
    "AAAAAAAA",
    "AAAA",
    "AAAAAA",
    "AAAAAA-_",
    "\u00e9",
    "AAAA AAAA",
]


def mutated(chance: random.Random, asked: Asked) -> Asked:
    """The question with one or two changes to one of its files."""
    name = chance.choice([name for name in FILES if getattr(asked, name)])
    data = getattr(asked, name)
    for _ in range(chance.choice([1, 1, 2])):
        acts = [bytes_changed] if name == "document" and not data.startswith(b"{") else [bytes_changed, member_changed]
        data = chance.choice([*acts, acts[-1]])(chance, data)
    return asked._replace(**{name: data or b" "})


def bytes_changed(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data or b" ")
    at, act = chance.randrange(len(changed)), chance.randrange(6)
    if act == 0:
        changed[at] ^= 1 << chance.randrange(8)
    elif act == 1:
        del changed[at : at + chance.choice([1, 1, 2, 64, 1000])]
    elif act == 2:
        changed[at:at] = chance.randbytes(chance.choice([1, 1, 2, 64]))
    elif act == 3:
        changed[at] = chance.choice(string.printable.encode())
    elif act == 4:
        changed[at:at] = chance.choice(ODD_TEXTS).encode()
    else:
        changed[at:at] = changed[at : at + chance.randrange(1, 200)]
    return bytes(changed)


def member_changed(chance: random.Random, data: bytes) -> bytes:
    """One member of the JSON changed, if it is any, and the whole spelled like evidence or like a redacted document."""
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except ValueError:
        return bytes_changed(chance, data)
    holders = [holder for holder in _holders(value) if holder]
    if not holders:
        return bytes_changed(chance, data)
    holder = chance.choice(holders)
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    act = chance.randrange(6)
    if act == 0:
        del holder[key]
    elif act == 1 and isinstance(holder, dict):
        holder[chance.choice(["comment", "", key + "\u00e9", "ledger"])] = holder.pop(key)
    elif act == 2 and isinstance(holder, list):
        holder.insert(chance.randrange(len(holder) + 1), holder[key])
    elif act == 3 and isinstance(holder, list):
        other = chance.randrange(len(holder))
        holder[key], holder[other] = holder[other], holder[key]
    else:
        holder[key] = _other(chance, holder[key])
    if isinstance(value, dict) and value.get("ledger") == "trade-ledger/redacted/1":
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return text.encode("utf-8", "surrogatepass") + b"\n"
    return canonical(value)


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _holders(item)


def _other(chance: random.Random, value: Any) -> Any:
    """Something else, mostly of the same kind and close by."""
    if chance.randrange(6) == 0:
        return chance.choice([*ODD_VALUES, [value], {"": value}])
    if isinstance(value, str) and "\u2014" in value:
        return _note(chance, value)
    if isinstance(value, str) and value.startswith("0x") and len(value) > 2:
        at = chance.randrange(2, len(value))
        other = chance.choice([*string.hexdigits, "", "00", " "])
        return chance.choice([value[:at] + other + value[at + 1 :], value[: at - at % 2], value + "00", value.upper()])
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        return (
            value[:at]
            + chance.choice([*ODD_TEXTS, chance.choice(string.printable)])
            + value[at + chance.randrange(2) :]
        )
    if type(value) is int:
        return value + chance.choice([-1, 1, 2, 8, 1 << 32, (1 << 53) - 1 - value, (1 << 53) - value, 0.0, 0.5])
    return chance.choice([*ODD_VALUES, [value]])


def _note(chance: random.Random, note: str) -> str:
    """A checkpoint with a line changed."""
    lines = note.split("\n")
    at, act = chance.randrange(len(lines)), chance.randrange(7)
    if act == 0:
        del lines[at]
    elif act == 1:
        lines.insert(at, lines[chance.randrange(len(lines))])
    elif act == 2 and lines[1].isdecimal():
        lines[1] = chance.choice(
            [str(int(lines[1]) + 1), "0" + lines[1], "+" + lines[1], " " + lines[1], "", *map(str, ODD_COUNTS)]
        )
    elif act == 3:
        lines[-2:-2] = [f"\u2014 {chance.choice(NAMES)} {chance.choice(ODD_BLOBS)}"]
    elif lines[at]:
        place = chance.randrange(len(lines[at]))
        other = chance.choice([*ODD_TEXTS, chance.choice(string.ascii_letters + string.digits + "+/=")])
        lines[at] = lines[at][:place] + other + lines[at][place + chance.randrange(2) :]
    return "\n".join(lines)

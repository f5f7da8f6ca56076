"""Entries and what is missing among them: docs/formats.md section 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core import entry as en
from tests.conformance.parts import (
    BAD,
    BROKEN,
    NAME,
    attested,
    case,
    edited,
)

Entries = list[dict[str, Any]]
KINDS = en.EntryKind


def _without(kind: en.EntryKind) -> Callable[[Entries], Any]:
    def change(items: Entries) -> None:
        items[:] = [item for item in items if bytes.fromhex(item["bytes"][2:])[8] != kind]

    return change


def _rewritten(kind: en.EntryKind, change: Callable[[bytes], bytes]) -> Callable[[Entries], Any]:
    """Change the bytes of the last entry of a kind."""

    def apply(items: Entries) -> None:
        item = [item for item in items if bytes.fromhex(item["bytes"][2:])[8] == kind][-1]
        item["bytes"] = "0x" + change(bytes.fromhex(item["bytes"][2:])).hex()

    return apply


def _set(at: int, value: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([value]) + data[at + 1 :]


def _shifted(data: bytes) -> bytes:
    """An empty word before the signer, and offsets that skip it: another encoding of the same content."""
    head = 17 + 9 * 32
    offsets = [int.from_bytes(data[head + 32 * n : head + 32 * n + 32]) + 32 for n in (0, 1)]
    return data[:head] + b"".join(item.to_bytes(32) for item in offsets) + bytes(32) + data[head + 64 :]


def _exchange_proofs(items: Entries) -> None:
    items[1]["proof"], items[2]["proof"] = items[2]["proof"], items[1]["proof"]


def entries() -> None:
    made = attested()

    def wrong(name: str, about: str, change: Callable[[Entries], Any], *failed: str) -> None:
        code = BAD if failed else BROKEN
        evidence = edited(lambda value: change(value["entries"]))
        case(f"{name}_fail", about, made, evidence=evidence, exit=code, failed=failed)

    salt = 17 + 8 * 32
    wrong(
        "entry_salt_changed",
        "a byte of the attestation's salt",
        _rewritten(KINDS.ATTESTED, _set(salt, 1)),
        "entries",
        f"{NAME} signature",
    )
    wrong("entry_time_changed", "another second", _rewritten(KINDS.ANCHORED, _set(16, 1)), "entries")
    wrong(
        "entry_number_changed",
        "a number of another entry",
        _rewritten(KINDS.ATTESTED, _set(7, 99)),
        "entries",
    )
    wrong("entry_of_unknown_kind", "kind 13", _rewritten(KINDS.ANCHORED, _set(8, 13)))
    wrong("entry_of_another_kind", "an anchor said to be a revocation", _rewritten(KINDS.ANCHORED, _set(8, 11)))
    wrong("entry_time_beyond_40_bits", "a time of 41 bits", _rewritten(KINDS.ANCHORED, _set(11, 1)))
    wrong("entry_too_short", "sixteen bytes", _rewritten(KINDS.ANCHORED, lambda data: data[:16]))
    wrong(
        "entry_with_trailing_bytes",
        "a word after the payload",
        _rewritten(KINDS.ANCHORED, lambda data: data + bytes(32)),
    )
    wrong("entry_with_dirty_padding", "a bit in the padding of a size", _rewritten(KINDS.ANCHORED, _set(17 + 32, 1)))
    wrong("entry_in_another_encoding", "another layout of the same content", _rewritten(KINDS.ATTESTED, _shifted))
    wrong("entry_with_lower_case_agency", "an agency code that is none", _rewritten(KINDS.ATTESTED, _set(17, ord("n"))))
    wrong("entry_proofs_exchanged", "two paths exchanged", _exchange_proofs, "entries")
    wrong(
        "entry_proof_too_long", "one hash too many", lambda items: items[1]["proof"].append("0x" + "00" * 32), "entries"
    )
    wrong("entry_proof_too_short", "the last hash is missing", lambda items: items[1]["proof"].pop(), "entries")
    wrong("anchor_not_shown", "the entry that anchors the batch is left out", _without(KINDS.ANCHORED), "anchor")
    authority = f"{NAME} authority"
    for name, kind in [
        ("first_council", KINDS.COUNCIL_CHANGED),
        ("enrolment", KINDS.AGENCY_ENROLLED),
        ("authorisation", KINDS.ATTESTER_AUTHORISED),
        ("mandate", KINDS.MANDATE_GRANTED),
    ]:
        wrong(f"authority_without_{name}", f"the entry is left out: {kind.name.lower()}", _without(kind), authority)

"""Entries and what is missing among them: docs/formats.md section 5."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eth_abi.abi import encode as abi_encode

from ledger.core.history.entry import EntryKind
from tests.conformance.parts import (
    BAD,
    BROKEN,
    NAME,
    attested,
    case,
    edited,
)

Entries = list[dict[str, Any]]
KINDS = EntryKind


def _without(kind: EntryKind) -> Callable[[Entries], Any]:
    def change(items: Entries) -> None:
        items[:] = [item for item in items if bytes.fromhex(item["bytes"][2:])[8] != kind]

    return change


def _rewritten(kind: EntryKind, change: Callable[[bytes], bytes]) -> Callable[[Entries], Any]:
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


def _encoded(data: bytes, *more: tuple[str, object]) -> bytes:
    """The head of an entry, and a payload by another's encoder, which takes what ours would refuse."""
    return data[:17] + bytes(abi_encode([type_ for type_, _ in more], [value for _, value in more]))


def _council(members: Sequence[bytes]) -> Callable[[bytes], bytes]:
    rest = [("uint16", 1), ("uint64", 0), ("(bytes,bytes)[]", [])]
    return lambda data: _encoded(data, ("bytes[]", list(members)), *rest)


def _authorised(attester: bytes) -> Callable[[bytes], bytes]:
    rest = [("bytes16", b"NZ-MPI"), ("uint64", 4), ("(bytes,bytes)[]", [])]
    return lambda data: _encoded(data, ("bytes", attester), *rest)


def _enrolled(name: str, uri: str) -> Callable[[bytes], bytes]:
    rest = [("bytes2", b"NZ"), ("string", uri), ("uint64", 5), ("(bytes,bytes)[]", [])]
    return lambda data: _encoded(data, ("bytes16", b"NZ-CUSTOMS"), ("string", name), *rest)


def entries() -> None:
    made = attested()

    def wrong(
        name: str, about: str, change: Callable[[Entries], Any], *failed: str, undecided: tuple[str, ...] = ()
    ) -> None:
        code = BAD if failed else BROKEN
        evidence = edited(lambda value: change(value["entries"]))
        case(f"{name}_fail", about, made, evidence=evidence, exit=code, failed=failed, undecided=undecided)

    salt = 17 + 8 * 32
    wrong(
        "entry_salt_changed",
        "a byte of the attestation's salt",
        _rewritten(KINDS.ATTESTED, _set(salt, 1)),
        "entries",
        "complete",
    )
    wrong("entry_time_changed", "another second", _rewritten(KINDS.ANCHORED, _set(16, 1)), "entries")
    wrong(
        "entry_number_changed",
        "a number of another entry",
        _rewritten(KINDS.ATTESTED, _set(7, 99)),
        "entries",
        "complete",
    )
    wrong("entry_of_unknown_kind", "kind 14", _rewritten(KINDS.ANCHORED, _set(8, 14)))
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
    mandate, council = KINDS.MANDATE_GRANTED, KINDS.COUNCIL_CHANGED
    word = 17 + 32
    for name, about, kind, change in [
        ("entry_of_kind_255", "kind 255", KINDS.ANCHORED, _set(8, 255)),
        ("entry_without_payload", "seventeen bytes", KINDS.ANCHORED, lambda data: data[:17]),
        ("entry_cut_within_a_word", "a byte less than two words", KINDS.ANCHORED, lambda data: data[:-1]),
        ("entry_cut_by_a_word", "the last word is missing", KINDS.ATTESTED, lambda data: data[:-32]),
        ("entry_offset_out_of_bounds", "an offset beyond the end", KINDS.ATTESTED, _set(17 + 10 * 32 - 3, 1)),
        ("entry_offset_back", "an offset into the words before it", KINDS.ATTESTED, _set(17 + 10 * 32 - 1, 0)),
        ("entry_length_huge", "a length of 2^255", KINDS.ATTESTED, _set(17 + 11 * 32, 128)),
        ("entry_dirty_tail", "a bit in the padding of a signature", KINDS.ATTESTED, lambda data: data[:-1] + b"\x01"),
        ("entry_dirty_code", "bytes after the end of an agency code", KINDS.ATTESTED, _set(17 + 9, ord("X"))),
        ("entry_code_not_ascii", "an agency code that is no ASCII", KINDS.ATTESTED, _set(17, 0xC3)),
        ("entry_code_empty", "no agency code", KINDS.ATTESTED, lambda data: data[:17] + bytes(32) + data[17 + 32 :]),
        ("entry_code_padding_dirty", "a bit beyond the sixteen bytes of a code", KINDS.ATTESTED, _set(17 + 31, 1)),
        ("entry_kind_of_17_bits", "a kind of document of 17 bits", KINDS.ATTESTED, _set(word + 29, 1)),
        ("entry_until_of_41_bits", "a mandate until a time of 41 bits", mandate, _set(17 + 3 * 32 + 26, 1)),
        ("entry_resolution_of_65_bits", "a resolution's number of 65 bits", mandate, _set(17 + 4 * 32 + 23, 1)),
        ("entry_jurisdiction_lower_case", "a jurisdiction in lower case", KINDS.AGENCY_ENROLLED, _set(17 + 2 * 32, ord("n"))),
        ("entry_jurisdiction_of_a_digit", "a digit in a jurisdiction", KINDS.AGENCY_ENROLLED, _set(17 + 2 * 32 + 1, ord("1"))),
        ("entry_name_not_utf8", "an agency's name that is no UTF-8", KINDS.AGENCY_ENROLLED, _set(17 + 7 * 32, 0xFF)),
        ("entry_council_of_nobody", "a council without members", council, _council(())),
        ("entry_council_of_33", "a council of 33", council, _council([bytes([n]) * 20 for n in range(1, 34)])),
        ("entry_council_names_one_twice", "one member twice", council, _council([b"\x01" * 20] * 2)),
        ("entry_council_of_short_signers", "a member of 19 bytes", council, _council([b"\x01" * 19])),
        ("entry_council_of_long_signers", "a member of 129 bytes", council, _council([b"\x01" * 129])),
        ("entry_attester_too_short", "an attester of 19 bytes", KINDS.ATTESTER_AUTHORISED, _authorised(b"\x01" * 19)),
        ("entry_name_empty", "an agency without a name", KINDS.AGENCY_ENROLLED, _enrolled("", "https://a.example")),
        ("entry_name_too_long", "a name of 129 bytes", KINDS.AGENCY_ENROLLED, _enrolled("é" * 64 + "x", "https://a.example")),
        ("entry_uri_too_long", "a URI of 257 bytes", KINDS.AGENCY_ENROLLED, _enrolled("An agency", "u" * 257)),
    ]:  # fmt: skip
        wrong(name, about, _rewritten(kind, change))
    wrong("entry_of_the_longest_name", "a name of 128 bytes and a URI of 256, which nobody decided", _rewritten(
        KINDS.AGENCY_ENROLLED, _enrolled("é" * 64, "u" * 256)
    ), "entries")  # fmt: skip
    wrong("entries_none", "no entry at all", lambda items: items.clear(), "anchor", "complete")
    wrong(
        "anchor_of_another_size",
        "the batch was anchored with another size",
        _rewritten(KINDS.ANCHORED, _set(17 + 63, 6)),
        "entries",
        "anchor",
    )
    wrong(
        "anchor_not_shown",
        "the entry that anchors the batch is left out",
        _without(KINDS.ANCHORED),
        "anchor",
        "complete",
    )
    authority = f"{NAME} authority"
    for name, kind in [
        ("first_council", KINDS.COUNCIL_CHANGED),
        ("enrolment", KINDS.AGENCY_ENROLLED),
        ("authorisation", KINDS.ATTESTER_AUTHORISED),
        ("mandate", KINDS.MANDATE_GRANTED),
    ]:
        wrong(
            f"authority_without_{name}",
            f"the entry is left out: {kind.name.lower()}",
            _without(kind),
            authority,
            "complete",
        )

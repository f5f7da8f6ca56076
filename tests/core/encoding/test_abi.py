"""The strict reader against eth-abi: it takes exactly what decodes and encodes to the same bytes again."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.encoding.abi import AbiList, AbiTuple
from ledger.core.history.entry import PAYLOADS, EntryKind, decode_payload, encode_payload
from ledger.errors import Malformed

WORDS = {"uint16": 16, "uint32": 32, "uint40": 40, "uint64": 64}
hashes = some.binary(min_size=32, max_size=32)
blobs = some.binary(max_size=100)
STRATEGIES: dict[str, some.SearchStrategy[Any]] = {
    **{name: some.integers(0, (1 << bits) - 1) for name, bits in WORDS.items()},
    "bytes2": some.binary(min_size=2, max_size=2),
    "bytes16": some.binary(min_size=16, max_size=16),
    "bytes32": hashes,
    "bytes": blobs,
    "string": some.text(max_size=40),
    "bytes[]": some.lists(blobs, max_size=4),
    "(bytes,bytes)[]": some.lists(some.tuples(blobs, blobs), max_size=4),
}
FLAT = ["uint16", "bytes32", "uint40", "bytes16"]
DYNAMIC = ["bytes", "uint64", "bytes2"]
SHAPES: dict[str, tuple[AbiTuple, list[str]]] = {
    "words": (AbiTuple(*FLAT), FLAT),
    "tails": (AbiTuple("bytes", "uint64", "string", "bytes[]"), ["bytes", "uint64", "string", "bytes[]"]),
    "nested words": (AbiTuple(AbiTuple(*FLAT), "bytes"), [f"({','.join(FLAT)})", "bytes"]),
    "nested tails": (
        AbiTuple(AbiTuple(*DYNAMIC), AbiTuple(*FLAT), "bytes"),
        [f"({','.join(DYNAMIC)})", f"({','.join(FLAT)})", "bytes"],
    ),
    "pairs": (AbiTuple("bytes16", AbiList(AbiTuple("bytes", "bytes"))), ["bytes16", "(bytes,bytes)[]"]),
}  # fmt: skip


def values_of(types: list[str]) -> some.SearchStrategy[tuple[Any, ...]]:
    return some.tuples(
        *(values_of(name[1:-1].split(",")) if name.endswith(")") else STRATEGIES[name] for name in types)
    )


def frozen(value: Any) -> Any:
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value


def by_eth_abi(types: list[str], data: bytes) -> Any:
    """What eth-abi reads from the standard encoding, None where the bytes are no such."""
    try:
        values = decode(types, data)
        return frozen(values) if encode(types, values) == data else None
    except (DecodingError, EncodingError, OverflowError, ValueError):
        return None


def by_shape(shape: AbiTuple, data: bytes) -> Any:
    try:
        return frozen(shape.decode(data))
    except Malformed:
        return None


@pytest.mark.parametrize("name", SHAPES)
@given(data=some.data())
def test_what_eth_abi_writes_is_read(name: str, data: some.DataObject) -> None:
    shape, types = SHAPES[name]
    assert shape.types == types
    values = data.draw(values_of(types))
    assert by_shape(shape, encode(types, values)) == frozen(values)


@pytest.mark.parametrize("name", SHAPES)
@given(data=some.data())
@settings(max_examples=300)
def test_changed_bytes_are_read_by_both_or_by_neither(name: str, data: some.DataObject) -> None:
    shape, types = SHAPES[name]
    encoded = bytearray(encode(types, data.draw(values_of(types))))
    match data.draw(some.sampled_from(["bit", "small number", "cut", "longer", "moved"])):
        case "bit":
            bit = data.draw(some.integers(0, len(encoded) * 8 - 1))
            encoded[bit // 8] ^= 1 << bit % 8
        case "small number":  # where offsets and lengths have theirs
            place = data.draw(some.integers(0, len(encoded) // 32 - 1)) * 32
            encoded[place : place + 32] = data.draw(some.integers(0, 400)).to_bytes(32)
        case "cut":
            del encoded[data.draw(some.integers(0, len(encoded) - 1)) :]
        case "longer":
            encoded += bytes(data.draw(some.integers(1, 64)))
        case "moved":
            place = data.draw(some.integers(0, len(encoded) // 32)) * 32
            encoded[place:place] = bytes(32)
    assert by_shape(shape, bytes(encoded)) == by_eth_abi(types, bytes(encoded))


@pytest.mark.parametrize("kind", EntryKind)
@given(data=some.data())
def test_payloads_of_every_kind(kind: EntryKind, data: some.DataObject) -> None:
    """Whatever eth-abi makes of a payload's types, right or out of range, is content in one encoding or refused."""
    types = PAYLOADS[kind].types
    encoded = encode(types, data.draw(some.tuples(*(_payload_value(name) for name in types))))
    try:
        content = decode_payload(kind, encoded)
    except Malformed:
        return
    assert encode_payload(content) == encoded


def _payload_value(name: str) -> some.SearchStrategy[Any]:
    if name == "bytes16":
        return some.sampled_from([b"NZ-MPI".ljust(16, b"\0"), b"NZ\0MPI".ljust(16, b"\0"), bytes(16), b"x" * 16])
    if name == "bytes2":
        return some.sampled_from([b"NZ", b"N\0", b"\0Z", b"nz"])
    if name == "bytes":
        return some.binary(min_size=15, max_size=130)
    if name.endswith(")"):
        return some.tuples(*(_payload_value(part) for part in name[1:-1].split(",")))
    if name == "bytes[]":
        return some.lists(_payload_value("bytes"), max_size=4)
    return STRATEGIES[name]


@pytest.mark.parametrize("types", [["uint128"], ["uint256"], [AbiList("bytes"), "int8"]])
def test_types_that_are_not_read(types: list[Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        AbiTuple(*types)


def test_lists_have_items_of_no_fixed_length() -> None:
    with pytest.raises(TypeError, match="fixed length"):
        AbiList(AbiTuple("uint16"))

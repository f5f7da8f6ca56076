"""CBOR: one encoding for one value. Held to examples of RFC 8949 appendix A and to another implementation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.encoding import cbor
from ledger.core.encoding.cbor import Tag, Value
from ledger.errors import Malformed

EXAMPLES: list[tuple[Value, str]] = [
    (0, "00"), (1, "01"), (10, "0a"), (23, "17"), (24, "1818"), (25, "1819"), (100, "1864"), (1000, "1903e8"),
    (1000000, "1a000f4240"), (1000000000000, "1b000000e8d4a51000"), (18446744073709551615, "1bffffffffffffffff"),
    (-18446744073709551616, "3bffffffffffffffff"), (-1, "20"), (-10, "29"), (-100, "3863"), (-1000, "3903e7"),
    (None, "f6"), (b"", "40"), (b"\x01\x02\x03\x04", "4401020304"), ("", "60"), ("a", "6161"), ("IETF", "6449455446"),
    ('"\\', "62225c"), ("\u00fc", "62c3bc"), ("\u6c34", "63e6b0b4"), ("\U00010151", "64f0908591"), ([], "80"),
    ([1, 2, 3], "83010203"), ([1, [2, 3], [4, 5]], "8301820203820405"), ({}, "a0"), ({1: 2, 3: 4}, "a201020304"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"), (["a", {"b": "c"}], "826161a161626163"),
    (Tag(1, 1363896240), "c11a514b67b0"), (Tag(23, b"\x01\x02\x03\x04"), "d74401020304"),
    (list(range(1, 26)), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"),
]  # fmt: skip

REFUSED = {
    "nothing": ("", "byte 0: ends too early"),
    "two values": ("0000", "byte 1: there are bytes after"),
    "number of one byte too long": ("1817", "not in its shortest form"),
    "number of two bytes too long": ("1900ff", "not in its shortest form"),
    "number of four bytes too long": ("1a0000ffff", "not in its shortest form"),
    "number of eight bytes too long": ("1b00000000ffffffff", "not in its shortest form"),
    "length too long": ("580100", "not in its shortest form"),
    "cut number": ("19ff", "ends too early"),
    "cut bytes": ("41", "ends too early"),
    "bytes of an endless length": ("5bffffffffffffffff", "ends too early"),
    "list of an endless length": ("9bffffffffffffffff", "ends too early"),
    "map of an endless length": ("bbffffffffffffffff", "ends too early"),
    "indefinite bytes": ("5f4100ff", "indefinite"),
    "indefinite text": ("7f6161ff", "indefinite"),
    "indefinite list": ("9f00ff", "indefinite"),
    "indefinite map": ("bf0000ff", "indefinite"),
    "reserved length": ("1c", "indefinite or reserved"),
    "true": ("f5", "must be a number, bytes, text, a list"),
    "undefined": ("f7", "must be a number, bytes, text, a list"),
    "half float": ("f90000", "must be a number, bytes, text, a list"),
    "double": ("fb3ff199999999999a", "must be a number, bytes, text, a list"),
    "break": ("ff", "must be a number, bytes, text, a list"),
    "text that is no UTF-8": ("61ff", "not UTF-8"),
    "key twice": ("a201000100", "a key twice, or out of order"),
    "keys out of order": ("a202000100", "a key twice, or out of order"),
    "keys in order of RFC 7049": ("a2616100181800", "a key twice, or out of order"),
    "key of bytes": ("a14000", "not a number or text"),
    "key of null": ("a1f600", "not a number or text"),
    "key of a list": ("a18000", "not a number or text"),
    "too deep": ("81" * 8 + "00", "deeper than 8 levels"),
    "far too deep": ("81" * 100_000, "deeper than 8 levels"),
    "tags too deep": ("c1" * 100_000, "deeper than 8 levels"),
}

LEAVES = some.none() | some.integers(-(1 << 64), (1 << 64) - 1) | some.binary() | some.text()
KEYS = some.integers(-(1 << 64), (1 << 64) - 1) | some.text()
VALUES = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner) | some.dictionaries(KEYS, inner) | some.builds(Tag, some.integers(120, 255), inner),
    max_leaves=8,
).filter(lambda value: _depth(value) <= cbor.MAX_DEPTH)


def _depth(value: Any) -> int:
    if isinstance(value, Tag):
        return 1 + _depth(value.value)
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 1


@pytest.mark.parametrize(("value", "encoded"), EXAMPLES)
def test_examples_of_the_rfc(value: Value, encoded: str) -> None:
    assert cbor.encode(value).hex() == encoded
    assert cbor.decode(bytes.fromhex(encoded), 100) == value


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    encoded, words = REFUSED[name]
    with pytest.raises(Malformed, match=words):
        cbor.decode(bytes.fromhex(encoded), 1 << 20)


def test_a_limit() -> None:
    with pytest.raises(Malformed, match="at most 2 bytes, not 3"):
        cbor.decode(cbor.encode(b"ab"), 2)


@pytest.mark.parametrize("number", [1 << 64, -(1 << 64) - 1])
def test_numbers_beyond_64_bits(number: int) -> None:
    with pytest.raises(OverflowError):
        cbor.encode(number)


@given(VALUES)
def test_what_is_encoded_is_read(value: Value) -> None:
    assert cbor.decode(cbor.encode(value), 1 << 20) == value


@given(some.binary(max_size=32))
def test_whatever_is_read_has_that_one_encoding(data: bytes) -> None:
    try:
        value = cbor.decode(data, 32)
    except Malformed:
        return
    assert cbor.encode(value) == data


@given(VALUES)
def test_another_implementation_agrees(value: Value) -> None:
    cbor2 = pytest.importorskip("cbor2", reason="cbor2 comes with scitt-cose")

    def theirs(item: Any) -> Any:
        if isinstance(item, Tag):
            return cbor2.CBORTag(item.number, theirs(item.value))
        if isinstance(item, dict):
            return {key: theirs(inner) for key, inner in item.items()}
        return [theirs(inner) for inner in item] if isinstance(item, list) else item

    # Tags from 120 to 255 mean nothing to cbor2. It sorts by length first (RFC 7049): only its reader is asked of maps.
    assert cbor2.loads(cbor2.dumps(theirs(value))) == cbor2.loads(cbor.encode(value))

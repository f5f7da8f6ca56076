"""The strict reader takes each member in one spelling, and names the member and what was expected of any other."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.encoding.reading import (
    hex_bytes,
    hex_text,
    read_base64,
    read_bool,
    read_count,
    read_digits,
    read_hash,
    read_hashes,
    read_list,
    read_object,
    read_optional,
    read_string,
)
from ledger.errors import Malformed

Read = Callable[[Any, str], object]
HASH = "0x" + "ab" * 32

TAKEN: list[tuple[Read, object, object]] = [
    (hex_bytes, "0x", b""),
    (hex_bytes, "0x00ff", b"\x00\xff"),
    (read_hash, HASH, b"\xab" * 32),
    (partial(read_hashes, most=2), [HASH, HASH], (b"\xab" * 32,) * 2),
    (partial(read_hashes, most=0), [], ()),
    (partial(read_object, names=["b", "a"]), {"a": 1, "b": None}, [None, 1]),
    (read_list, [1, None], [1, None]),
    (partial(read_list, most=1), [1], [1]),
    (read_string, "", ""),
    (read_bool, False, False),
    (read_count, 0, 0),
    (read_count, 2**64 - 1, 2**64 - 1),
    (partial(read_count, most=7), 7, 7),
    (partial(read_digits, size=2), "00ff", b"\x00\xff"),
    (read_base64, "AP8=", b"\x00\xff"),
    (partial(read_base64, size=2), "AP8=", b"\x00\xff"),
    (partial(read_optional, read_count), None, None),
    (partial(read_optional, read_count), 4, 4),
]


@pytest.mark.parametrize(("read", "value", "found"), TAKEN)
def test_what_is_taken(read: Read, value: object, found: object) -> None:
    assert read(value, where="x") == found  # type: ignore[call-arg]


REFUSED: list[tuple[Read, object, str]] = [
    (hex_bytes, "0xFF", "x: must be lower-case hex with 0x"),
    (hex_bytes, "0xf", "x: must be lower-case hex with 0x and an even number of digits"),
    (hex_bytes, "0x ff", "x: must be lower-case hex"),
    (hex_bytes, "ff", "x: must be lower-case hex"),
    (hex_bytes, b"\xff", "x: must be lower-case hex"),
    (hex_bytes, None, "x: must be lower-case hex"),
    (read_hash, "0xab", "x: must be 32 bytes, not 1"),
    (read_hash, HASH + "ab", "x: must be 32 bytes, not 33"),
    (read_hash, HASH.upper(), "x: must be lower-case hex"),
    (partial(read_hashes, most=1), [HASH, HASH], "x: must be a list of at most 1 hashes, not 2"),
    (partial(read_hashes, most=3), [HASH, "0xab"], "x[1]: must be 32 bytes, not 1"),
    (partial(read_hashes, most=3), [HASH, 7], "x[1]: must be lower-case hex"),
    (partial(read_hashes, most=3), HASH, "x: must be a list"),
    (partial(read_object, names=["a"]), {}, 'x: "a" is missing'),
    (partial(read_object, names=["a"]), {"a": 1, "c": 2}, 'x: "c" is not a member; known are a'),
    (partial(read_object, names=["a"]), [["a", 1]], "x: must be an object"),
    (read_list, {}, "x: must be a list"),
    (read_list, "ab", "x: must be a list"),
    (partial(read_list, most=1), [1, 2], "x: must be a list of at most 1 items, not 2"),
    (read_string, 1, "x: must be text"),
    (read_string, None, "x: must be text"),
    (read_bool, 1, "x: must be true or false"),
    (read_bool, "true", "x: must be true or false"),
    (read_count, True, "x: must be a whole number from 0 to 2^64 - 1"),
    (read_count, -1, "x: must be a whole number from 0 to 2^64 - 1"),
    (read_count, 2**64, "x: must be a whole number from 0 to 2^64 - 1"),
    (read_count, 1.0, "x: must be a whole number from 0 to 2^64 - 1"),
    (read_count, "1", "x: must be a whole number from 0 to 2^64 - 1"),
    (partial(read_count, most=86400), 86401, "x: must be a whole number from 0 to 86400"),
    (partial(read_digits, size=2), "0xff", "x: must be 4 lower-case hexadecimal digits"),
    (partial(read_digits, size=2), "00FF", "x: must be 4 lower-case hexadecimal digits"),
    (partial(read_digits, size=2), "00ff00", "x: must be 4 lower-case hexadecimal digits"),
    (partial(read_digits, size=2), 1234, "x: must be 4 lower-case hexadecimal digits"),
    (read_base64, "AP8", "x: is not base64"),
    (read_base64, "A-8=", "x: is not base64"),
    (read_base64, "\u00e9aaa", "x: is not base64"),
    (read_base64, "AP9=", "x: is not the canonical base64 of its bytes"),
    (partial(read_base64, size=32), "AP8=", "x: must be 32 bytes in base64, not 2"),
    (partial(read_optional, read_count), "4", "x: must be a whole number from 0 to 2^64 - 1, or null"),
]


@pytest.mark.parametrize(("read", "value", "words"), REFUSED)
def test_what_is_refused_with_its_member(read: Read, value: object, words: str) -> None:
    with pytest.raises(Malformed, match=f"^{re.escape(words)}"):
        read(value, where="x")  # type: ignore[call-arg]


@given(some.binary(max_size=80))
def test_hex_is_read_as_it_is_printed(data: bytes) -> None:
    assert hex_bytes(hex_text(data), "x") == data


@given(some.text(some.sampled_from("ABYZabyz0189+/=- "), max_size=12))
def test_base64_has_one_spelling(text: str) -> None:
    """Two texts are never read as the same bytes: what is read is printed again as it was."""
    try:
        data = read_base64(text, "x")
    except Malformed:
        return
    assert b64encode(data).decode() == text

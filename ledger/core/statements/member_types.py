"""Member types of statements: how each is checked, hashed, printed as JSON, read, and put into the ABI."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ledger.core.encoding.ids import DeclarationId, Signer
from ledger.core.encoding.reading import hex_bytes, hex_text, read_count, read_list
from ledger.core.statements.eip712 import bytes_word, left_word, list_word, uint_word
from ledger.core.statements.signer import check_signer
from ledger.errors import Malformed

ZERO = bytes(32)
NO_DECLARATION = DeclarationId(ZERO)
NO_END = (1 << 40) - 1
MAX_COUNCIL = 32
MAX_NAME = 128
MAX_URI = 256
_AGENCY_PATTERN = re.compile(r"[A-Z0-9-]{1,16}")
_JURISDICTION_PATTERN = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Codec:
    """How one EIP-712 member type is checked, hashed, printed and read."""

    abi: str
    word: Callable[[Any], bytes]
    check: Callable[[Any, str], object]
    to_json: Callable[[Any], Any]
    from_json: Callable[[Any, str], Any]
    to_abi: Callable[[Any], Any]
    from_abi: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _uint(bits: int) -> Codec:
    read = partial(read_count, most=(1 << bits) - 1)
    return Codec(f"uint{bits}", uint_word, read, _same, read, _same, _same)


def _check_hash(value: Any, where: str) -> None:
    if not isinstance(value, bytes) or len(value) != 32:
        raise Malformed("must be 32 bytes", where)


def _check_text(longest: int) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not 0 < len(value.encode("utf-8", "replace")) <= longest:
            raise Malformed(f"must be text of 1 to {longest} bytes of UTF-8", where)
        if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise Malformed("contains a lone surrogate", where)

    return check


def text(longest: int) -> Codec:
    """A ``string`` of 1 to ``longest`` bytes of UTF-8."""
    check = _check_text(longest)

    def read(value: Any, where: str) -> str:
        check(value, where)
        return str(value)

    return Codec("string", lambda text: bytes_word(text.encode()), check, _same, read, _same, _same)


def _code(size: int, pattern: re.Pattern[str], advice: str) -> Codec:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise Malformed(advice, where)

    def read(value: Any, where: str) -> str:
        check(value, where)
        return str(value)

    def from_abi(value: bytes) -> str:
        text = value.rstrip(b"\x00").decode("ascii", "replace")
        check(text, f"bytes{size} on chain")
        return text

    return Codec(
        f"bytes{size}",
        lambda text: left_word(text.encode("ascii")),
        check,
        _same,
        read,
        lambda text: text.encode("ascii").ljust(size, b"\x00"),
        from_abi,
    )


def _check_members(value: Any, where: str) -> None:
    if not isinstance(value, tuple) or not 0 < len(value) <= MAX_COUNCIL:
        raise Malformed(f"must be a list of 1 to {MAX_COUNCIL} signers", where)
    if len(set(value)) != len(value):
        raise Malformed("names a signer twice", where)
    for number, signer in enumerate(value):
        check_signer(signer, f"{where}[{number}]")


def _read_members(value: Any, where: str) -> tuple[Signer, ...]:
    signers = read_list(value, where, MAX_COUNCIL, "signers")
    return tuple(Signer(hex_bytes(item, f"{where}[{number}]")) for number, item in enumerate(signers))


AGENCY = _code(16, _AGENCY_PATTERN, 'an agency code is 1 to 16 of A-Z, 0-9 and "-", e.g. NZ-MPI')
JURISDICTION = _code(2, _JURISDICTION_PATTERN, "a jurisdiction is an ISO 3166-1 alpha-2 code, e.g. NZ")
HASH = Codec("bytes32", _same, _check_hash, hex_text, hex_bytes, _same, bytes)
SIGNER = Codec("bytes", bytes_word, check_signer, hex_text, hex_bytes, _same, bytes)
MEMBERS = Codec(
    "bytes[]",
    list_word,
    _check_members,
    lambda members: [hex_text(member) for member in members],
    _read_members,
    list,
    lambda members: tuple(bytes(member) for member in members),
)
UINT16, UINT32, UINT40, UINT64 = _uint(16), _uint(32), _uint(40), _uint(64)

"""EIP-712 encoding with fixed structs: type hashes, words, domain separator, digest.

Twin of ``contracts/libraries/TypedData.sol``. A generic EIP-712 encoder walks a type description for every message;
these few messages have fixed types, so each is one ``struct_hash`` over prepared words. Tests hold both
to the same digests.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.core.encoding.keccak import keccak


def type_hash(encoded_type: str) -> bytes:
    """keccak256(encodeType), EIP-712 section "Definition of hashStruct"."""
    return keccak(encoded_type.encode("ascii"))


def uint_word(value: int) -> bytes:
    """An unsigned integer as one 32-byte word; OverflowError when negative or beyond 256 bits."""
    return value.to_bytes(32, "big")


def left_word(value: bytes) -> bytes:
    """A short ``bytesN`` as one word, padded on the right."""
    return value.ljust(32, b"\x00")


def bytes_word(value: bytes) -> bytes:
    """``bytes`` and UTF-8 ``string`` members are encoded as the hash of their contents."""
    return keccak(value)


def list_word(values: Sequence[bytes]) -> bytes:
    """A ``bytes[]`` member: the hash of the concatenated encodings of its items."""
    return keccak(b"".join(keccak(value) for value in values))


def struct_hash(type_hash_: bytes, *words: bytes) -> bytes:
    """hashStruct(s) = keccak256(typeHash ‖ encodeData(s))."""
    return keccak(type_hash_ + b"".join(words))

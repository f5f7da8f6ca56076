"""Salted field hashes and the digest over them. Fields are hashed here and nowhere else.

salt       = SHA-256(seed ‖ path)[0:16]
field hash = SHA-256(0x02 ‖ salt(16) ‖ length of path (4) ‖ path ‖ type (1) ‖ value)
header     = "trade-ledger/document/1\n" ‖ format ‖ "\n" ‖ number of fields in decimal ‖ "\n"
digest     = SHA-256(header ‖ the field hashes in ascending byte order)

The first byte tells what is hashed: 0x00 and 0x01 belong to the tree of RFC 9162, 0x02 to fields, "t" to the header.
The header ends where it says, and the number of fields says how many bytes follow, so the bytes have one reading.

A salt is a keyed hash cut in half. Unlike the whole hash, the half is a pseudorandom function: a length extension would
need the part that is cut off (Bellare, Bernstein, Tessaro, "Hash-Function Based PRFs: AMAC", EUROCRYPT 2016).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256

from ledger.core.document.field import FieldBytes
from ledger.core.encoding.ids import Digest
from ledger.errors import Malformed

SEED_SIZE = 32
SALT_SIZE = 16
HASH_SIZE = 32  # of a field hash, and of the digest


class _Lengths(dict[int, bytes]):
    """Lengths of paths as they are hashed, at hand for those that nearly all paths have."""

    def __missing__(self, length: int) -> bytes:
        return length.to_bytes(4, "big")


_LENGTHS = _Lengths((length, length.to_bytes(4, "big")) for length in range(512))


def salt_of(seed: bytes, path: str) -> bytes:
    """The salt, 16 bytes, of the field at ``path`` in the document with ``seed`` (32 bytes)."""
    return sha256(seed + path.encode()).digest()[:SALT_SIZE]


def field_hash(salt: bytes, path: bytes, type_: str, value: bytes) -> bytes:
    """Hash of one field, 32 bytes."""
    return sha256(b"".join((b"\2", salt, len(path).to_bytes(4, "big"), path, type_.encode(), value))).digest()


def salts_of(seed: bytes, paths: Iterable[bytes]) -> list[bytes]:
    """The salt of the field at each path, as :func:`salt_of`.

    :raises Malformed: the seed is not 32 bytes.
    """
    if len(seed) != SEED_SIZE:
        raise Malformed(f"a seed must be {SEED_SIZE} bytes, not {len(seed)}", "seed")
    sha, size = sha256, SALT_SIZE
    return [sha(seed + path).digest()[:size] for path in paths]


def hash_fields(fields: FieldBytes, salts: Iterable[bytes]) -> list[bytes]:
    """Hash of each field with its salt.

    :func:`field_hash` is written out here and in :func:`hash_disclosed`: calling it took a fifth of the time to wrap a
    document.
    """
    sha, lengths = sha256, _LENGTHS
    return [
        sha(b"\2" + salt + lengths[len(path)] + path + value).digest()
        for path, value, salt in zip(*fields, salts, strict=True)
    ]


def hash_disclosed(fields: Iterable[tuple[str, str, bytes, bytes]]) -> list[bytes]:
    """Hash of each field (path, type, value, salt)."""
    sha, lengths = sha256, _LENGTHS
    return [
        sha(b"\2" + salt + lengths[len(named := (path + type_).encode()) - 1] + named + value).digest()
        for path, type_, value, salt in fields
    ]


def digest_of(format_: str, hashes: Collection[bytes]) -> Digest:
    """The digest, 32 bytes, of a document of ``format_`` whose fields have these hashes, in any order."""
    header = f"trade-ledger/document/1\n{format_}\n{len(hashes)}\n".encode()
    return Digest(sha256(header + b"".join(sorted(hashes))).digest())

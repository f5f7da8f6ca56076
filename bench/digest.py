"""What a digest and its parts cost, and other ways to make salts: ``python -m bench.digest``. The figures of ADR 14.

The first four do the work of the rows ``wrap``, ``verify``, ``redact`` and ``verify-redacted``. Each figure is the
shortest of many short runs, so that other load on the machine counts little.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from functools import partial
from hashlib import blake2b, sha256, shake_128

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench import sample_data
from ledger.core.document import (
    DEFAULT_LIMITS,
    SALT_SIZE,
    Format,
    digest_of,
    hash_fields,
    open_document,
    read_wrapped,
    redact,
    wrap,
)
from ledger.core.document.digest import salts_of
from ledger.core.document.json_fields import json_fields
from ledger.core.tree.merkle import leaf_hash, root_of_hashes

_SEED = bytes(range(32))
_RUNS, _TIMES = 500, 4

Salts = Callable[[list[bytes]], list[bytes]]


def hash_of_seed_and_path(paths: list[bytes]) -> list[bytes]:
    return [sha256(_SEED + path).digest()[:SALT_SIZE] for path in paths]


def blake2b_of_path(paths: list[bytes]) -> list[bytes]:
    return [blake2b(path, key=_SEED, digest_size=SALT_SIZE).digest() for path in paths]


def aes_of_hash_of_path(paths: list[bytes]) -> list[bytes]:
    blocks = b"".join([sha256(path).digest()[:SALT_SIZE] for path in paths])
    return _cut(Cipher(algorithms.AES(_SEED), modes.ECB()).encryptor().update(blocks))  # noqa: S305 (single blocks)


def shake_stream(paths: list[bytes]) -> list[bytes]:
    return _dealt(shake_128(_SEED).digest(SALT_SIZE * len(paths)), paths)


def aes_stream(paths: list[bytes]) -> list[bytes]:
    cipher = Cipher(algorithms.AES(_SEED), modes.CTR(bytes(16)))
    return _dealt(cipher.encryptor().update(bytes(SALT_SIZE * len(paths))), paths)


def chacha20_stream(paths: list[bytes]) -> list[bytes]:
    cipher = Cipher(algorithms.ChaCha20(_SEED, bytes(16)), None)
    return _dealt(cipher.encryptor().update(bytes(SALT_SIZE * len(paths))), paths)


def _dealt(stream: bytes, paths: list[bytes]) -> list[bytes]:
    """The order of members has no meaning in JSON, so a position is one among the sorted paths."""
    salts = dict(zip(sorted(paths), _cut(stream), strict=True))
    return [salts[path] for path in paths]


def _cut(stream: bytes) -> list[bytes]:
    return [stream[at : at + SALT_SIZE] for at in range(0, len(stream), SALT_SIZE)]


BY_PATH: list[Salts] = [hash_of_seed_and_path, blake2b_of_path, aes_of_hash_of_path]
BY_POSITION: list[Salts] = [shake_stream, aes_stream, chacha20_stream]


def main() -> int:
    data = sample_data.document()
    fields = json_fields(data, DEFAULT_LIMITS)
    paths = fields.paths
    hashes = hash_fields(fields, salts_of(_SEED, paths))
    wrapped, patterns = wrap(data, Format.JSON, _SEED).to_bytes(), [f"$.{name}" for name in sample_data.HIDDEN]
    redacted = redact(read_wrapped(wrapped), patterns).to_bytes()
    work: list[tuple[str, Callable[[], object]]] = [
        ("wrap a document", lambda: wrap(data, Format.JSON, _SEED).to_bytes()),
        ("verify a wrapped document", lambda: open_document(wrapped).digest),
        ("redact it", lambda: redact(read_wrapped(wrapped), patterns).to_bytes()),
        ("verify the redacted copy", lambda: open_document(redacted).digest),
        ("salts and field hashes", lambda: hash_fields(fields, salts_of(_SEED, paths))),
        ("one hash over the sorted field hashes", partial(digest_of, "json", hashes)),
        ("in its place a tree of RFC 9162", lambda: root_of_hashes([leaf_hash(b"header"), *sorted(hashes)])),
    ]
    for kind, ways in (("by path", BY_PATH), ("by position", BY_POSITION)):
        work += [(f"salts {kind}: {way.__name__.replace('_', ' ')}", partial(way, paths)) for way in ways]
    sys.stdout.write(f"{len(paths)} fields of a JSON document of {len(data)} bytes, in microseconds\n")
    for name, run in work:
        best = min(timeit.repeat(run, number=_TIMES, repeat=_RUNS)) / _TIMES
        sys.stdout.write(f"{best * 1e6:7.1f}  {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

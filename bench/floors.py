"""Floors: what this machine can do at all, of the things that our work is made of. No faster way exists from here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256

from coincurve import PrivateKey, PublicKey

from bench.materials import Key
from bench.rows import Row, Title
from bench.runner import Bench, Work
from ledger.core.encoding.keccak import keccak

_RECORD = bytes(4096)


def measure(bench: Bench) -> Iterator[Row]:
    """One row for each."""
    node, digest = bytes(65), sha256(b"").digest()
    key = PrivateKey(Key("floor").secret)
    signature = key.sign_recoverable(digest, hasher=None)
    works: list[tuple[str, str, Callable[[], object]]] = [
        ("floor-sha256", "SHA-256 of 65 bytes from Python: one node of a tree", lambda: sha256(node).digest()),
        ("floor-keccak", "Keccak-256 of 66 bytes from Python: one EIP-712 digest", lambda: keccak(node)),
        ("floor-sign", "libsecp256k1, sign 32 bytes", lambda: key.sign_recoverable(digest, hasher=None)),
        ("floor-recover", "libsecp256k1, recover a key",
         lambda: PublicKey.from_signature_and_message(signature, digest, hasher=None)),
    ]  # fmt: skip
    for id_, what, work in works:
        yield bench.rates(Title(id_, what, "1/s"), work)
    handle = os.open(bench.on_disk / "fsync", os.O_RDWR | os.O_CREAT)
    try:

        def write() -> None:
            os.pwrite(handle, _RECORD, 0)
            os.fsync(handle)

        yield bench.rates(Title("floor-fsync", "write 4 KiB and fsync", "1/s"), write)
    finally:
        os.close(handle)


WORKS = [Work(("floor-sha256", "floor-keccak", "floor-sign", "floor-recover", "floor-fsync"), 15, measure)]

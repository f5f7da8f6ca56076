"""Floors: how fast this machine does the basic steps of our work. Python code here cannot be faster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256

from coincurve import PublicKey

from bench.rows import Row, RowSpec
from bench.runner import Bench, Measurement
from ledger.core.encoding.keccak import keccak
from ledger.testing.world import Key

_RECORD = bytes(4096)


def measure(bench: Bench) -> Iterator[Row]:
    """Measure one row for each floor."""
    node, digest = bytes(65), sha256(b"").digest()
    key = Key("floor").private_key
    signature = key.sign_recoverable(digest, hasher=None)
    steps: list[tuple[str, str, Callable[[], object]]] = [
        ("floor-sha256", "SHA-256 of 65 bytes from Python: one node of a tree", lambda: sha256(node).digest()),
        ("floor-keccak", "Keccak-256 of 66 bytes from Python: one EIP-712 digest", lambda: keccak(node)),
        ("floor-sign", "libsecp256k1, sign 32 bytes", lambda: key.sign_recoverable(digest, hasher=None)),
        ("floor-recover", "libsecp256k1, recover a key",
         lambda: PublicKey.from_signature_and_message(signature, digest, hasher=None)),
    ]  # fmt: skip
    for id_, what, work in steps:
        yield bench.rates(RowSpec(id_, what, "1/s"), work)
    handle = os.open(bench.disk_folder / "fsync", os.O_RDWR | os.O_CREAT)
    try:

        def write() -> None:
            os.pwrite(handle, _RECORD, 0)
            os.fsync(handle)

        yield bench.rates(RowSpec("floor-fsync", "write 4 KiB and fsync", "1/s"), write)
    finally:
        os.close(handle)


MEASUREMENTS = [
    Measurement(("floor-sha256", "floor-keccak", "floor-sign", "floor-recover", "floor-fsync"), 15, measure)
]

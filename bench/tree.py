"""Measure the hash tree: the root over 1,000,000 declarations beside the same hashes without a tree, and its proofs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count

from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement, Timed, timed_loop
from ledger.core.tree.merkle import Tree, leaf_hash, root

SCRIPT = "merkle-tree"
PACKAGE = "@openzeppelin/merkle-tree"
_STRIDE = 7_919


def batch(bench: Bench) -> Iterator[Row]:
    ids = _ids(bench, 1_000_000)
    what = f"root of a batch of {len(ids):,} ids"
    spec = RowSpec("batch", what, "s", "the same hashes in a bare hashlib loop", Bar("<=", 1.5))
    yield _seconds(bench, spec, timed_loop(lambda: root(ids)), timed_loop(lambda: hashes_alone(ids)))


def batch_beside_peer(bench: Bench) -> Iterator[Row]:
    ids, openzeppelin = _ids(bench, 100_000), bench.peer(SCRIPT)
    openzeppelin.load("root", size=len(ids))
    spec = RowSpec("batch-peer", f"root of a batch of {len(ids):,} ids", "s", f"{PACKAGE} (keccak)")
    yield _seconds(bench, spec, timed_loop(lambda: root(ids)), openzeppelin.timed("root"))


def proof(bench: Bench) -> Iterator[Row]:
    ids, few, openzeppelin = _ids(bench, 1_000_000), len(_ids(bench, 100_000)), bench.peer(SCRIPT)
    tree, numbers = Tree(leaf_hash(id_) for id_ in ids), count(step=_STRIDE)
    openzeppelin.load("proof", size=few)
    what, peer = f"one inclusion proof out of a tree of {len(ids):,}", f"{PACKAGE}, tree of {few:,}"
    spec = RowSpec("proof", what, "1/s", peer, Bar(">=", 20_000, "ours"))
    yield bench.rates(spec, lambda: tree.inclusion(next(numbers) % len(ids)), openzeppelin.timed("proof"))


def hashes_alone(ids: Sequence[bytes]) -> None:
    """Hash as often, and over as many bytes, as the tree does: the cost of SHA-256 alone."""
    for id_ in ids:
        sha256(b"\x00" + id_).digest()
    for id_ in ids[1:]:
        sha256(b"\x01" + id_ + id_).digest()


def _seconds(bench: Bench, spec: RowSpec, ours: Timed, peer: Timed) -> Row:
    """Measure work that is so long that one execution is a round."""
    row = spec.row(*zip(*((ours(1), peer(1)) for _ in range(bench.rounds)), strict=True))
    if row.holds is False:
        bench.profile(spec.id, lambda: ours(1))
    return row


def _ids(bench: Bench, size: int) -> list[bytes]:
    return [sha256(str(number).encode()).digest() for number in range(size // 1_000 if bench.quick else size)]


MEASUREMENTS = [
    Measurement(("batch",), 15, batch),
    Measurement(("batch-peer",), 50, batch_beside_peer),
    Measurement(("proof",), 20, proof),
]

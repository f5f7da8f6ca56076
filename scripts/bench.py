"""``make bench``: each figure beside a peer's, measured in the same run, as a ratio; medians of five rounds."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import rfc8785
from coincurve import PrivateKey
from eth_account import Account
from eth_account.messages import encode_typed_data
from rich.console import Console
from rich.table import Table

from ledger.core import statement as st
from ledger.core.document import Format, wrap
from ledger.core.merkle import Tree, leaf_hash, root_of_hashes, verify_inclusion
from ledger.core.signature import address_of, recover_address
from ledger.core.typed_data import Origin

ROUNDS = 5
ROUND_SECONDS = 0.4
RESULTS = Path(__file__).resolve().parent.parent / "bench" / "results.json"
ORIGIN = Origin(31337, bytes(range(20)))
SECRET = sha256(b"bench").digest()


@dataclass(frozen=True)
class Row:
    """The same work by us and by a peer; both called again and again for a while, in turn."""

    id: str
    work: str
    ours: Callable[[], object]
    peer_name: str
    peer: Callable[[], object]


def rate(work: Callable[[], object]) -> float:
    """Calls a second."""
    calls, begun = 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < ROUND_SECONDS:
        work()
        calls += 1
    return calls / spent


def rows() -> list[Row]:
    """The work that is measured."""
    document = json.dumps({f"field {n}": f"value {n}" if n % 3 else n * 1.25 for n in range(80)}, indent=1).encode()
    seed = bytes(32)
    key = PrivateKey(SECRET)
    party = address_of(key.public_key.format(compressed=False))
    account = Account.from_key(SECRET)
    statement = st.Declaration(party, bytes(32), 380)
    message = statement.typed_message(ORIGIN)
    digest = statement.id(ORIGIN)
    signature = bytes(account.unsafe_sign_hash(digest).signature)
    hashes = [leaf_hash(number.to_bytes(4, "big")) for number in range(10_000)]
    tree = Tree(hashes)
    proof = tree.inclusion(5000)

    def bare_loop() -> None:
        for number in range(10_000):
            sha256(b"\x01" + hashes[number] + hashes[number]).digest()

    def canonicalise_and_hash() -> bytes:
        return sha256(rfc8785.dumps(json.loads(document))).digest()

    def generic_digest() -> object:
        return encode_typed_data(full_message=message)

    def fixed_digest() -> bytes:
        return st.Declaration(party, bytes(32), 380).id(ORIGIN)

    return [
        Row(
            "wrap", f"wrap a document of {len(document)} bytes and 80 fields",
            lambda: wrap(document, Format.JSON, seed), "rfc8785 + one SHA-256", canonicalise_and_hash,
        ),
        Row("digest", "EIP-712 digest of a declaration", fixed_digest, "eth-account, generic", generic_digest),
        Row(
            "recover", "recover a signer", lambda: recover_address(digest, signature),
            "eth-account", lambda: Account._recover_hash(digest, signature=signature),
        ),
        Row(
            "root", "root of 10,000 declarations", lambda: root_of_hashes(hashes),
            "10,000 bare hashlib calls", bare_loop,
        ),
        Row(
            "inclusion", "verify inclusion in 10,000",
            lambda: verify_inclusion(hashes[5000], 5000, 10_000, proof, tree.root),
            "as many bare hashlib calls", lambda: [sha256(b"\x01" + item + item).digest() for item in proof],
        ),
    ]  # fmt: skip


def main(wanted: str | None) -> int:
    """Measure, print a table, write ``bench/results.json``."""
    table = Table("work", "ours /s", "peer /s", "peer", "ratio", "spread of the ratio")
    results = []
    for row in rows():
        if wanted not in (None, row.id):
            continue
        pairs = [(rate(row.ours), rate(row.peer)) for _ in range(ROUNDS)]
        ratios = [ours / peer for ours, peer in pairs]
        ours, peer = (statistics.median(values) for values in zip(*pairs, strict=True))
        ratio, spread = statistics.median(ratios), (min(ratios), max(ratios))
        table.add_row(
            row.work,
            f"{ours:,.0f}",
            f"{peer:,.0f}",
            row.peer_name,
            f"{ratio:.2f}",
            f"{spread[0]:.2f} to {spread[1]:.2f}",
        )
        results.append(
            {"id": row.id, "work": row.work, "unit": "1/s", "ours": ours, "peer": peer, "peer_name": row.peer_name,
             "ratio": ratio, "spread": spread}
        )  # fmt: skip
    Console().print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))

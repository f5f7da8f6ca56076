"""Which bytes are the leaf: the vectors against hashlib alone, and the core against the vectors."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest

from ledger.core.history.entry import (
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    EntryKind,
    Posted,
    Revoked,
    Withdrawn,
    encode_payload,
    topic_of,
)
from ledger.core.history.history import History
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import AgencySuspension, CouncilChange
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import MAX_SIGNATURE_SIZE
from ledger.core.statements.signer import MAX_SIGNER_SIZE
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import HistoryBroken, SignatureTooLong
from ledger.testing.world import COUNCIL, ORIGIN, PLANT, START, TRADER, World
from tests import entry_vectors
from tests.entry_vectors import Vector

VECTORS = entry_vectors.load()
BUNDLE_LIMIT = (1 << 16) - 1  # C2SP tlog-tiles: an entry's length in a bundle has 2 bytes


def origin() -> Origin:
    return Origin.parse(VECTORS[0].origin)


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def test_there_is_a_vector_for_each_kind() -> None:
    assert {vector.kind for vector in VECTORS} == set(map(int, EntryKind))
    assert [vector.number for vector in VECTORS] == list(range(len(VECTORS)))
    assert {vector.origin for vector in VECTORS} == {str(origin())}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.about)
def test_the_rule_by_hashlib_alone(vector: Vector) -> None:
    """docs/formats.md section 5, by whoever has nothing of this product."""
    data = vector.number.to_bytes(8, "big") + bytes([vector.kind]) + vector.time.to_bytes(8, "big") + vector.payload
    assert vector.entry == data
    assert vector.leaf_hash == sha256(b"\x00" + data).digest()
    assert vector.head == sha256(b"\x01" + vector.head_before + vector.leaf_hash).digest()
    assert vector.head_before == (VECTORS[vector.number - 1].head if vector.number else origin().separator)
    assert vector.root == root([other.leaf_hash for other in VECTORS[: vector.number + 1]])


def test_the_core_agrees() -> None:
    history = History(origin())
    for vector in VECTORS:
        entry = Entry(vector.number, EntryKind(vector.kind), vector.time, vector.payload)
        assert (entry.data, entry.hash) == (vector.entry, vector.leaf_hash)
        assert Entry.from_data(vector.entry) == entry
        content = history.apply(entry)
        assert encode_payload(content) == vector.payload
        assert topic_of(content, origin()) == vector.topic
        assert (history.head, history.root()) == (vector.head, vector.root)
    assert not history.by_wallets


def test_the_largest_entry_fits_a_bundle() -> None:
    """The arithmetic of docs/formats.md section 5."""
    members = tuple(bytes([number]) * MAX_SIGNER_SIZE for number in range(32))
    signature = bytes(MAX_SIGNATURE_SIZE)
    change = CouncilChange(members, 32, 1)
    content = Enacted(change, tuple(Endorsement(member, signature) for member in members))
    entry = Entry(0, EntryKind.COUNCIL_CHANGED, START, encode_payload(content))
    assert len(entry.data) == 17 + 4 * 32 + 32 + 32 * 192 + 32 + 32 * (160 + MAX_SIGNER_SIZE + MAX_SIGNATURE_SIZE)
    assert len(entry.data) <= BUNDLE_LIMIT


def too_long(world: World, kind: str) -> Content:
    """A content that is within the rules but for its signature, which a wallet might take."""
    signature = bytes(MAX_SIGNATURE_SIZE + 1)
    if kind == "resolution":
        change = AgencySuspension("NZ-MPI", world.history.agencies.resolutions + 1)
        return Enacted(change, (Endorsement(COUNCIL.signer, signature),))
    if kind == "attestation":
        attestation = Attestation("NZ-MPI", 851, 1, bytes(32), START, START * 2, b"\x01" * 32, 1, bytes(32))
        return Attested(attestation, PLANT.signer, signature)
    if kind == "revocation":
        id_ = world.attest("NZ-MPI", 851, b"\x01" * 32, 1, PLANT)
        return Revoked(Revocation(id_), PLANT.signer, signature)
    if kind == "posting":
        id_ = world.attest("NZ-MPI", 851, b"\x01" * 32, 1, PLANT)
        posting = Posting("NZ-MPI", id_, bytes(32), 1, bytes(32), b"\x02" * 32)
        return Posted(posting, PLANT.signer, signature)
    declaration, _ = world.declare(bytes(32), party=TRADER)
    return Withdrawn(declaration, Withdrawal(declaration.id(ORIGIN), 1), signature)


@pytest.mark.parametrize("kind", ["resolution", "attestation", "revocation", "withdrawal", "posting"])
def test_no_entry_carries_a_longer_signature(kind: str) -> None:
    """Rule 10."""
    world = World()
    world.enrol("NZ-MPI", "NZ", [851, 182], PLANT)
    content = too_long(world, kind)
    with pytest.raises(HistoryBroken) as caught:
        world.append(content)
    assert type(caught.value.__cause__) is SignatureTooLong
    assert caught.value.number == world.history.size

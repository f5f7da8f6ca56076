"""Lines of an export: read back as printed, and anything else is refused with its place."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.encoding.json_text import SAFE_INTEGER
from ledger.core.history.entry import Anchored, Entry, EntryKind, encode_payload
from ledger.core.statements.declaration import Declaration
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.export import records
from ledger.edges.store import Batch, BatchState, DeclarationRow
from ledger.errors import Malformed
from ledger.testing.world import ORIGIN

hashes, counts = some.binary(min_size=32, max_size=32), some.integers(0, SAFE_INTEGER)
names = hashes.map(lambda data: "0x" + data.hex())
declarations = some.builds(
    Declaration, some.binary(min_size=20, max_size=128), hashes, some.integers(0, 65_535), hashes
)
in_history = some.sampled_from(["anchored", "final"])
anchored = some.builds(Batch, some.just(0), hashes, counts, in_history, counts, names, counts, counts)
on_the_way = some.sampled_from(["batched", "sent"])
waiting = some.builds(
    Batch, some.just(0), hashes, counts, on_the_way, counts, some.none() | names, some.none(), some.none()
)
ENTRY = Entry(5, EntryKind.ANCHORED, 1, encode_payload(Anchored(b"\x01" * 32, 1)))


def state_of(batch: Batch) -> BatchState:
    """What an export says of it: whether it is sent, or final, no other store needs to know."""
    return "batched" if batch.is_open else "anchored"


@given(declarations, some.binary(max_size=200), counts, some.none() | anchored | waiting, counts)
def test_a_declaration(made: Declaration, signature: bytes, at: int, batch: Batch | None, index: int) -> None:
    row = DeclarationRow(made.id(ORIGIN), made, signature, at, "pending", None if batch is None else 1, index)
    found = records.read_declaration(records.declaration_line(row, batch), ORIGIN, "x")
    assert (found.id, found.declaration, found.signature, found.received_at) == (row.id, made, signature, at)
    assert found.batch == (None if batch is None else records.BatchPosition(batch.root, batch.size, index))
    assert found.state == ("pending" if batch is None else state_of(batch))


@given(anchored | waiting)
def test_a_batch(batch: Batch) -> None:
    assert records.read_batch(records.batch_line(batch), "x") == replace(batch, state=state_of(batch))


@given(hashes, counts)
def test_a_set_and_its_members(root: bytes, size: int) -> None:
    assert records.read_set(records.set_line(root, size), "x") == (root, size)
    assert records.read_id(records.id_line(root), "x") == root


@given(some.builds(LoggedEntry, some.just(ENTRY), counts, names, names, counts))
def test_a_position(logged: LoggedEntry) -> None:
    line = records.position_line(logged)
    assert records.read_position(line, ENTRY, "x") == logged
    with pytest.raises(Malformed, match="must be 6"):
        records.read_position(line, Entry(6, ENTRY.kind, 1, ENTRY.payload), "x")


READERS = {
    "declaration": lambda line: records.read_declaration(line, ORIGIN, "chain/000000.jsonl line 7"),
    "batch": lambda line: records.read_batch(line, "chain/000000.jsonl line 7"),
    "set": lambda line: records.read_set(line, "chain/000000.jsonl line 7"),
    "position": lambda line: records.read_position(line, ENTRY, "chain/000000.jsonl line 7"),
    "id": lambda line: records.read_id(line, "chain/000000.jsonl line 7"),
}
json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5) | names,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=6),
    max_leaves=10,
)
SAMPLES = {
    "declaration": records.declaration_line(
        DeclarationRow(b"", Declaration(bytes(20), bytes(32), 380), b"", 1, "anchored", 1, 2),
        Batch(0, bytes(32), 3, "anchored", 4, None, 5, 6),
    ),
    "batch": records.batch_line(Batch(0, bytes(32), 3, "anchored", 4, None, 5, 6)),
    "set": records.set_line(bytes(32), 3),
    "position": records.position_line(LoggedEntry(ENTRY, 1, "0x" + "11" * 32, "0x" + "22" * 32, 2)),
}


def refusal(kind: str, line: bytes) -> str:
    try:
        READERS[kind](line)
    except Malformed as error:
        return str(error)
    return "taken"


@pytest.mark.parametrize("kind", SAMPLES)
@given(data=some.data())
def test_a_member_of_another_shape_is_refused_with_its_place(kind: str, data: some.DataObject) -> None:
    value = json.loads(SAMPLES[kind])
    name = data.draw(some.sampled_from(sorted(value)))
    value[name] = data.draw(json_values)
    line = json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert refusal(kind, line).startswith(("taken", "chain/000000.jsonl line 7"))


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("line", [b"", b"\n", b"null\n", b"[]\n", b"{}\n", b"{\xff}\n", b'{"a":1e999}\n', b"9" * 5000])
def test_what_is_no_line_is_refused_with_its_place(kind: str, line: bytes) -> None:
    with pytest.raises(Malformed, match=r"^chain/000000\.jsonl line 7"):
        READERS[kind](line)

"""The index of subjects: its root against a naive reading of the page, and proofs that nobody can change."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.encoding.ids import SubjectKey
from ledger.core.tree.subject_index import (
    EMPTY_INDEX,
    MAX_STEPS,
    IndexProof,
    Numbers,
    index_leaf,
    root_of,
    value_of,
)
from ledger.errors import Malformed, VerificationFailed
from tests import index_vectors
from tests.index_vectors import index_of, key, sharing

Map = dict[SubjectKey, Numbers]


def naive(lists: Map, prefix: str = "") -> bytes:
    """The subtree of a prefix, as the page writes it."""
    under = [item for item in lists if f"{int.from_bytes(item):0256b}".startswith(prefix)]
    if not under:
        return bytes(32)
    if len(under) == 1:
        numbers = [len(lists[under[0]]), *lists[under[0]]]
        value = sha256(b"\x02" + b"".join(number.to_bytes(8, "big") for number in numbers)).digest()
        return sha256(b"\x00" + under[0] + value).digest()
    return sha256(b"\x01" + naive(lists, prefix + "0") + naive(lists, prefix + "1")).digest()


def answer(index: dict[str, Any], keys: Sequence[SubjectKey], root: bytes) -> str:
    """What the reader says of a proof, in the words of the vectors."""
    try:
        found = IndexProof.from_json(index, "index").root(keys)
    except Malformed:
        return "malformed"
    except VerificationFailed:
        return "no such index"
    return "right" if found == root else "another root"


@some.composite
def maps(draw: some.DrawFn) -> Map:
    """Maps of up to 40 keys, of which some share their beginnings."""
    keys: set[bytes] = draw(some.sets(some.binary(min_size=32, max_size=32), max_size=30))
    for bits in draw(some.lists(some.sampled_from([1, 4, 40, 254, 255]), max_size=10)):
        base = draw(some.sampled_from(sorted(keys))) if keys else bytes(32)
        keys.add((int.from_bytes(base) ^ 1 << 255 - bits).to_bytes(32))
    numbers = some.sets(some.integers(0, 1_000), min_size=1, max_size=5)
    return {SubjectKey(item): tuple(sorted(draw(numbers))) for item in keys}


@some.composite
def questions(draw: some.DrawFn) -> tuple[Map, list[SubjectKey]]:
    """A map, and keys: some of its own, and some that it does not have."""
    lists = draw(maps())
    asked = set(draw(some.lists(some.sampled_from(sorted(lists)), max_size=8))) if lists else set()
    asked |= {SubjectKey(item) for item in draw(some.sets(some.binary(min_size=32, max_size=32), max_size=5))}
    if lists:
        asked |= {SubjectKey((int.from_bytes(item) ^ 1).to_bytes(32)) for item in list(asked)[:2]}
    return lists, sorted(asked)


# ----------------------------------------------------------------------------------------------------------- the root


@pytest.mark.parametrize("case", index_vectors.load("maps"), ids=lambda case: str(case["name"]))
def test_root_of_the_vectors(case: dict[str, Any]) -> None:
    lists = {SubjectKey(bytes.fromhex(item["key"])): tuple(item["numbers"]) for item in case["lists"]}
    index, size = index_of(lists)
    assert index.root(size).hex() == naive(lists).hex() == case["root"]


def test_vectors_are_the_files() -> None:
    for name, items in index_vectors.made().items():
        assert index_vectors.load(name) == json.loads(json.dumps(items)), f"{name}: run python -m tests.index_vectors"


@settings(deadline=None)
@given(maps())
def test_root_is_that_of_the_page(lists: Map) -> None:
    leaves = [(item, index_leaf(item, value_of(lists[item]))) for item in sorted(lists)]
    index, size = index_of(lists)
    assert root_of(leaves) == index.root(size) == naive(lists)


# -------------------------------------------------------------------------------------------------------- the reader


@pytest.mark.parametrize("case", index_vectors.load("proofs"), ids=lambda case: str(case["name"]))
def test_good_proofs(case: dict[str, Any]) -> None:
    keys = [SubjectKey(bytes.fromhex(item)) for item in case["keys"]]
    assert answer(case["index"], keys, bytes.fromhex(case["root"])) == "right"
    assert IndexProof.from_json(case["index"], "index").to_json() == case["index"]


@pytest.mark.parametrize("case", index_vectors.load("wrong_proofs"), ids=lambda case: str(case["name"]))
def test_wrong_proofs(case: dict[str, Any]) -> None:
    keys = [SubjectKey(bytes.fromhex(item)) for item in case["keys"]]
    assert answer(case["index"], keys, bytes.fromhex(case["root"])) == case["answer"]


@settings(deadline=None)
@given(questions())
def test_proof_shows_the_lists_and_leads_to_the_root(question: tuple[Map, list[SubjectKey]]) -> None:
    lists, keys = question
    index, size = index_of(lists)
    proof = index.prove(keys, size)
    assert proof.lists == tuple(lists.get(item, ()) for item in keys)
    assert proof.root(keys) == naive(lists)
    assert IndexProof.from_json(json.loads(json.dumps(proof.to_json())), "index") == proof


def _other_lists(numbers: Numbers) -> Iterator[Numbers]:
    """Every list with a number left out, and some with a number more or another."""
    yield from (numbers[:at] + numbers[at + 1 :] for at in range(len(numbers)))
    last = numbers[-1] if numbers else -1
    yield (*numbers, last + 1)
    if numbers:
        yield (*numbers[:-1], last + 1)
        yield ()


def changes(proof: IndexProof) -> Iterator[IndexProof]:
    """Every proof that differs in one list, one step or one hash: changed, removed, repeated or exchanged."""
    for at, numbers in enumerate(proof.lists):
        for other in _other_lists(numbers):
            yield replace(proof, lists=(*proof.lists[:at], other, *proof.lists[at + 1 :]))
    for at, step in enumerate(proof.steps):
        for letters in ("", step * 2, *"emon".replace(step, "")):
            yield replace(proof, steps=proof.steps[:at] + letters + proof.steps[at + 1 :])
    for at, hash_ in enumerate(proof.hashes):
        flipped = bytes([hash_[0] ^ 1]) + hash_[1:]
        for hashes in ((), (hash_, hash_), (flipped,), (EMPTY_INDEX,) if hash_ != EMPTY_INDEX else (key("x"),)):
            yield replace(proof, hashes=(*proof.hashes[:at], *hashes, *proof.hashes[at + 1 :]))
    if len(set(proof.hashes)) > 1:
        yield replace(proof, hashes=proof.hashes[::-1])
    yield replace(proof, steps=proof.steps + "e")
    yield replace(proof, hashes=(*proof.hashes, EMPTY_INDEX))


@settings(deadline=None, max_examples=50)
@given(questions(), some.integers(0, 1_000))
def test_no_change_leads_to_the_same_root(question: tuple[Map, list[SubjectKey]], first: int) -> None:
    """All changes of a short proof; of a long one every third, say, beginning with any."""
    lists, keys = question
    index, size = index_of(lists)
    proof, root = index.prove(keys, size), naive(lists)
    all_ = list(changes(proof))
    every = 1 + len(all_) // 150
    for changed in all_[first % every :: every]:
        if changed != proof:
            assert answer(changed.to_json(), keys, root) != "right", (proof, changed)


@settings(deadline=None)
@given(questions(), some.data())
def test_a_proof_is_of_these_keys_only(question: tuple[Map, list[SubjectKey]], data: some.DataObject) -> None:
    """With a list that has entries: absence may be proven by the same steps for a neighbour."""
    lists, keys = question
    present = [item for item in keys if item in lists]
    if not present:
        return
    index, size = index_of(lists)
    proof = index.prove(keys, size)
    gone = data.draw(some.sampled_from(present))
    bit = data.draw(some.integers(0, 255))
    other = SubjectKey((int.from_bytes(gone) ^ 1 << bit).to_bytes(32))
    asked = [other if item == gone else item for item in keys]
    if other in keys or asked != sorted(asked):
        return
    assert answer(proof.to_json(), asked, naive(lists)) != "right"


def test_keys_must_ascend() -> None:
    proof = IndexProof((), ((), ()), "e")
    for keys in ([key("north")] * 2, sorted([key("north"), key("east")], reverse=True)):
        with pytest.raises(ValueError, match="ascend"):
            proof.root(keys)


def test_limits_of_steps() -> None:
    value = {"hashes": "", "lists": [[]], "steps": "n" * (MAX_STEPS + 1)}
    assert answer(value, [key("north")], bytes(32)) == "malformed"
    assert answer({**value, "steps": "n" * MAX_STEPS}, [key("north")], bytes(32)) == "no such index"


def test_all_levels_are_read_in_little_time() -> None:
    """Pairs of keys that share 255 bits, as many as the steps allow: no recursion, and no second pass over the keys."""
    lists = {item: (number,) for number in range(200) for item in sharing(255, f"deep {number}")}
    index, size = index_of(lists)
    keys = sorted(lists)
    proof = index.prove(keys, size)
    assert len(proof.steps) > 45_000
    began = time.process_time()
    assert proof.root(keys) == index.root(size)
    assert time.process_time() - began < 5

"""The index of subjects in the stand-alone verifier: the vectors, and the same answers as the core."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.encoding.ids import SubjectKey
from tests import entry_vectors, index_vectors
from tests.core.tree.test_subject_index import Map, answer, changes, questions
from tests.index_vectors import index_of
from tests.verifier.both import alone


def answer_alone(index: Any, keys: list[SubjectKey], root: bytes) -> str:
    try:
        found = alone.index_root(alone.read_index(index), keys)
    except alone.Malformed:
        return "malformed"
    except alone.Failed:
        return "no such index"
    return "right" if found == root else "another root"


@pytest.mark.parametrize("vector", entry_vectors.load(), ids=lambda vector: str(vector.name))
def test_subjects_of_every_kind(vector: entry_vectors.Vector) -> None:
    filed = next(item for item in index_vectors.load("subjects") if item["entry"] == vector.name)
    keys = alone.subject_keys(alone.read_entry(vector.entry), alone.Origin.parse(vector.origin))
    assert [key.hex() for key in keys] == [item["key"] for item in filed["subjects"]]


@pytest.mark.parametrize(
    "case", index_vectors.load("proofs") + index_vectors.load("wrong_proofs"), ids=lambda case: str(case["name"])
)
def test_proofs(case: dict[str, Any]) -> None:
    keys = [SubjectKey(bytes.fromhex(item)) for item in case["keys"]]
    assert answer_alone(case["index"], keys, bytes.fromhex(case["root"])) == case.get("answer", "right")


@settings(deadline=None, max_examples=50)
@given(questions(), some.integers(0, 1_000))
def test_both_verifiers_say_the_same(question: tuple[Map, list[SubjectKey]], first: int) -> None:
    lists, keys = question
    index, size = index_of(lists)
    proof, root = index.prove(keys, size), index.root(size)
    assert answer_alone(proof.to_json(), keys, root) == "right"
    all_ = list(changes(proof))
    every = 1 + len(all_) // 50
    for changed in all_[first % every :: every]:
        value = changed.to_json()
        assert answer_alone(value, keys, root) == answer(value, keys, root), changed


def test_too_many_steps_are_malformed() -> None:
    value = {"hashes": "", "lists": [[]], "steps": "n" * 65_537}
    assert answer_alone(value, [index_vectors.NORTH], bytes(32)) == "malformed"
    assert answer_alone({**value, "steps": "n" * 65_536}, [index_vectors.NORTH], bytes(32)) == "no such index"

"""Proofs in the browser's verifier: the hash tree and the index of subjects, by the vectors and beside the core."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ledger.core.encoding.ids import Root, SubjectKey
from ledger.core.tree.merkle import Tree, leaf_hash, verify_inclusion
from ledger.errors import VerificationFailed
from tests import index_vectors
from tests.core.tree.test_subject_index import Map, answer, changes, questions
from tests.index_vectors import index_of
from tests.web.driving import Driver, Refused

SLOW = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tried(driver: Driver, what: str, **question: object) -> Any:
    return driver.try_all([(what, question)])[0]


# ---------------------------------------------------------------------------------------------------------- inclusion


def included(driver: Driver, leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether the browser's verifier accepts; the core must say the same."""
    said = {"index": str(index), "size": str(size), "proof": [item.hex() for item in proof]}
    found = tried(driver, "inclusion", leaf=leaf, root=root, **said)
    assert found is True or found.kind == "Failed"
    try:
        verify_inclusion(leaf, index, size, proof, Root(root))
    except VerificationFailed:
        assert found is not True
        return False
    assert found is True
    return True


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 9, 31, 64, 65])
def test_inclusion_is_strict(driver: Driver, size: int) -> None:
    tree = Tree([leaf_hash(bytes([number])) for number in range(size)])
    for index in {0, size // 2, size - 1}:
        leaf, proof = leaf_hash(bytes([index])), tree.inclusion(index)
        assert included(driver, leaf, index, size, proof, tree.root)
        assert not included(driver, leaf, index, size, [*proof, tree.root], tree.root)
        for other in {index + 1, index + size, index + 128, 2**64 - 1} - {index}:
            assert not included(driver, leaf, other, size, proof, tree.root)
        for other in {0, size * 2, size + 200, 2**64 - 1}:
            included(driver, leaf, index, other, proof, tree.root)
        for at, hash_ in enumerate(proof):
            flipped = bytes([hash_[0] ^ 1]) + hash_[1:]
            for more in ([], [flipped], [hash_] * 2):
                assert not included(driver, leaf, index, size, [*proof[:at], *more, *proof[at + 1 :]], tree.root)


# -------------------------------------------------------------------------------------------------------------- index


def answered(driver: Driver, index: Any, keys: list[SubjectKey], root: bytes) -> str:
    found = tried(driver, "index", proof=json.dumps(index), keys=[key.hex() for key in keys])
    if isinstance(found, Refused):
        return {"Malformed": "malformed", "Failed": "no such index"}[found.kind]
    return "right" if found == root.hex() else "another root"


@pytest.mark.parametrize(
    "case", index_vectors.load("proofs") + index_vectors.load("wrong_proofs"), ids=lambda case: str(case["name"])
)
def test_proofs(driver: Driver, case: dict[str, Any]) -> None:
    keys = [SubjectKey(bytes.fromhex(item)) for item in case["keys"]]
    assert answered(driver, case["index"], keys, bytes.fromhex(case["root"])) == case.get("answer", "right")


@SLOW
@given(questions(), some.integers(0, 1_000))
def test_changed_proofs_are_answered_as_in_the_core(
    driver: Driver, question: tuple[Map, list[SubjectKey]], first: int
) -> None:
    lists, keys = question
    index, size = index_of(lists)
    proof, root = index.prove(keys, size), index.root(size)
    assert answered(driver, proof.to_json(), keys, root) == "right"
    all_ = list(changes(proof))
    every = 1 + len(all_) // 50
    for changed in all_[first % every :: every]:
        value = changed.to_json()
        assert answered(driver, value, keys, root) == answer(value, keys, root), changed


def test_a_list_of_many_entries(driver: Driver) -> None:
    """More numbers than a call has room for arguments."""
    key, numbers = index_vectors.NORTH, tuple(range(300_000))
    index, size = index_of({key: numbers})
    assert answered(driver, index.prove([key], size).to_json(), [key], index.root(size)) == "right"


def test_too_many_steps_are_malformed(driver: Driver) -> None:
    value = {"hashes": "", "lists": [[]], "steps": "n" * 65_537}
    assert answered(driver, value, [index_vectors.NORTH], bytes(32)) == "malformed"
    assert answered(driver, {**value, "steps": "n" * 65_536}, [index_vectors.NORTH], bytes(32)) == "no such index"

"""RFC 9162 section 2.1: published roots, proofs against a slow reference, and strictness."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.tree.merkle import (
    EMPTY_ROOT,
    Tree,
    leaf_hash,
    node_hash,
    root,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
)
from ledger.errors import VerificationFailed

# The reference tree of Certificate Transparency (google/certificate-transparency, merkle_tree_test.cc).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def reference_root(hashes: list[bytes]) -> bytes:
    """MTH as RFC 9162 section 2.1.1 words it."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(reference_root(hashes[:k]), reference_root(hashes[k:]))


def reference_subproof(m: int, hashes: list[bytes], complete: bool) -> list[bytes]:
    """SUBPROOF as RFC 9162 section 2.1.4.1 words it."""
    if m == len(hashes):
        return [] if complete else [reference_root(hashes)]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if m <= k:
        return [*reference_subproof(m, hashes[:k], complete), reference_root(hashes[k:])]
    return [*reference_subproof(m - k, hashes[k:], False), reference_root(hashes[:k])]


def hashes_of(size: int) -> list[bytes]:
    return [leaf_hash(bytes([number])) for number in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    assert root(bytes.fromhex(leaf) for leaf in LEAVES[:size]).hex() == ROOTS[size - 1]


def test_empty_tree() -> None:
    assert root([]) == root_of_hashes([]) == Tree([]).root == EMPTY_ROOT == sha256(b"").digest()


@given(some.lists(some.binary(min_size=32, max_size=32), min_size=1, max_size=200))
def test_roots_and_proofs_agree_with_the_reference(hashes: list[bytes]) -> None:
    tree = Tree(hashes)
    assert tree.root == root_of_hashes(hashes) == reference_root(hashes)
    for index in {0, len(hashes) // 2, len(hashes) - 1}:
        verify_inclusion(hashes[index], index, len(hashes), tree.inclusion(index), tree.root)
        old = index + 1
        proof = tree.consistency(old)
        assert proof == reference_subproof(old, hashes, True)
        verify_consistency(old, len(hashes), proof, reference_root(hashes[:old]), tree.root)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33])
def test_inclusion_is_strict(size: int) -> None:
    hashes = hashes_of(size)
    tree = Tree(hashes)
    for index in range(size):
        proof = tree.inclusion(index)
        wrong = [
            (hashes[index], index, size, [*proof, bytes(32)]),
            (hashes[index], index, size, [bytes(32), *proof]),
            (hashes[index], index + size, size, proof),
            (hashes[index], -1, size, proof),
            (hashes[index], index, 0, proof),
            (leaf_hash(b"another"), index, size, proof),
        ]
        if proof:
            wrong.append((hashes[index], index, size, proof[:-1]))
            wrong.append((hashes[index], index, size, [bytes(32), *proof[1:]]))
            wrong.append((hashes[index], index ^ 1, size, proof))
            wrong.append((hashes[index], index, size * 2, proof))
        for case in wrong:
            with pytest.raises(VerificationFailed):
                verify_inclusion(*case, tree.root)


@pytest.mark.parametrize("size", [2, 3, 7, 8, 9, 33])
def test_consistency_is_strict(size: int) -> None:
    hashes = hashes_of(size)
    tree = Tree(hashes)
    for old in range(1, size):
        proof, old_root = tree.consistency(old), reference_root(hashes[:old])
        for case in [
            (old, size, [*proof, bytes(32)], old_root, tree.root),
            (old, size, proof[:-1], old_root, tree.root),
            (old, size, [], old_root, tree.root),
            (old, size, proof, bytes(32), tree.root),
            (old, size, proof, old_root, bytes(32)),
            (size, old, proof, old_root, tree.root),
            (-1, size, proof, old_root, tree.root),
        ]:
            with pytest.raises(VerificationFailed):
                verify_consistency(*case)
    with pytest.raises(VerificationFailed, match="must be empty"):
        verify_consistency(size, size, [bytes(32)], tree.root, tree.root)
    with pytest.raises(VerificationFailed, match="two different roots"):
        verify_consistency(size, size, [], bytes(32), tree.root)
    with pytest.raises(VerificationFailed, match="empty tree"):
        verify_consistency(0, size, [], bytes(32), tree.root)
    verify_consistency(0, size, [], EMPTY_ROOT, tree.root)


def test_a_node_cannot_pass_for_a_leaf() -> None:
    hashes = hashes_of(4)
    inner = node_hash(hashes[0], hashes[1])
    with pytest.raises(VerificationFailed, match="too short"):
        verify_inclusion(inner, 0, 4, [node_hash(hashes[2], hashes[3])], Tree(hashes).root)


@pytest.mark.parametrize(
    ("call", "argument"), [("inclusion", 3), ("inclusion", -1), ("consistency", 4), ("consistency", 0)]
)
def test_proofs_that_do_not_exist(call: str, argument: int) -> None:
    with pytest.raises((IndexError, ValueError), match="of a tree of 3"):
        getattr(Tree(hashes_of(3)), call)(argument)

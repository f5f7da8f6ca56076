"""The hash tree of RFC 9162 section 2.1 with SHA-256: roots, inclusion and consistency, strict.

The same tree is used twice: over the declarations of a batch or an attested set, and over the entries of the history.
``contracts/libraries/InclusionProof.sol`` is its twin.

Hashes are 32 bytes; sizes and indices are counted in leaves. A failed verification raises ``VerificationFailed``: there
is no return value that a caller could forget to check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from ledger.core.encoding.ids import Root
from ledger.errors import VerificationFailed

HASH_SIZE = 32
MAX_PROOF_HASHES = 64  # an inclusion path in a tree whose size fits into 64 bits is not longer
EMPTY_ROOT = Root(sha256(b"").digest())


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data), RFC 9162 section 2.1.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), RFC 9162 section 2.1.1."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> Root:
    """Merkle Tree Hash over leaf data, RFC 9162 section 2.1.1."""
    return root_of_hashes([leaf_hash(leaf) for leaf in leaves])


def root_of_hashes(hashes: Sequence[bytes]) -> Root:
    """Merkle Tree Hash over leaf hashes; SHA-256 of the empty string for an empty list."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _parents(level)
    return Root(level[0])


class Tree:
    """All levels of the tree over a list of leaf hashes, to prove many of its leaves.

    Memory is two hashes a leaf; a proof takes O(log n) look-ups and no hashing.
    """

    __slots__ = ("_levels",)

    def __init__(self, hashes: Iterable[bytes]) -> None:
        self._levels = [list(hashes)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_parents(self._levels[-1]))

    @property
    def size(self) -> int:
        return len(self._levels[0])

    @property
    def root(self) -> Root:
        return Root(self._levels[-1][0]) if self.size else EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """Audit path of leaf ``index``, deepest first (RFC 9162 section 2.1.3.1); IndexError beyond the leaves."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of a tree of {self.size}")
        path = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index >>= 1
        return path

    def consistency(self, old_size: int) -> list[bytes]:
        """Proof that the first ``old_size`` leaves are a prefix (RFC 9162 section 2.1.4.1); ValueError out of range."""
        if not 0 < old_size <= self.size:
            raise ValueError(f"old size {old_size} of a tree of {self.size}")
        if old_size == self.size:
            return []
        proof: list[bytes] = []
        # Walk up from the right edge of the old tree: the last old subtree, then every sibling on the way to the root.
        depth = (old_size & -old_size).bit_length() - 1
        index = (old_size >> depth) - 1
        if index:
            proof.append(self._levels[depth][index])
        for level in self._levels[depth:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                proof.append(level[sibling])
            index >>= 1
        return proof


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: Root) -> None:
    """Check that leaf hash ``leaf`` is number ``index`` of ``size`` under ``root_hash`` (RFC 9162 section 2.1.3.2).

    :raises VerificationFailed: the index is at or beyond the size, the path has the wrong length, or the root differs.
    """
    if not 0 <= index < size:
        raise VerificationFailed(f"index {index} does not exist in a tree of size {size}")
    node, last, hash_ = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise VerificationFailed("the inclusion path is too long")
        if node & 1 or node == last:
            hash_ = node_hash(sibling, hash_)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            hash_ = node_hash(hash_, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise VerificationFailed("the inclusion path is too short")
    if hash_ != root_hash:
        raise VerificationFailed("the inclusion path leads to another root")


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: Root, new_root: Root) -> None:
    """Check that the tree of ``old_size`` is a prefix of that of ``new_size`` (RFC 9162 section 2.1.4.2).

    An old size of 0 is consistent with every tree; its proof is empty and its root is the empty root.

    :raises VerificationFailed: the sizes are out of order, the path has the wrong length, or either root differs.
    """
    if not 0 <= old_size <= new_size:
        raise VerificationFailed(f"a tree of size {old_size} cannot be a prefix of one of size {new_size}")
    if old_size in (0, new_size):
        if proof:
            raise VerificationFailed("the consistency path must be empty here")
        if old_size == new_size and old_root != new_root:
            raise VerificationFailed("two different roots for one size")
        if old_size == 0 and old_root != EMPTY_ROOT:
            raise VerificationFailed("the root of an empty tree must be SHA-256 of the empty string")
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise VerificationFailed("the consistency path is too short")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old_hash = new_hash = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise VerificationFailed("the consistency path is too long")
        if node & 1 or node == last:
            old_hash = node_hash(sibling, old_hash)
            new_hash = node_hash(sibling, new_hash)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new_hash = node_hash(new_hash, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise VerificationFailed("the consistency path is too short")
    if old_hash != old_root:
        raise VerificationFailed("the consistency path leads to another old root")
    if new_hash != new_root:
        raise VerificationFailed("the consistency path leads to another new root")


def _parents(level: list[bytes]) -> list[bytes]:
    """The next level up. A last node without a sibling moves up unhashed, as RFC 9162's split implies."""
    sha = sha256
    pairs = iter(level)
    parents = [sha(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
    if len(level) & 1:
        parents.append(level[-1])
    return parents

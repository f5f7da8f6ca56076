"""The index of a history: a map from each subject to its entries, its root, and proofs of whole lists.

docs/formats.md section 7. The map is a binary tree over the keys of subjects, which are hashes. What no key is under is
zero, what one key is under is that key's leaf, and all else is the hash of two halves. So whoever has the root can be
shown all entries about a subject, and that there are none.

Here are the hashes, and the proof with its reader. ``index_pages`` keeps the map itself.
"""

from __future__ import annotations

import base64
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from ledger.core.encoding.ids import IndexRoot, SubjectKey
from ledger.core.encoding.reading import read_base64, read_count, read_list, read_object, read_string
from ledger.core.tree.merkle import HASH_SIZE, node_hash
from ledger.errors import Malformed, VerificationFailed

KEY_BITS = 256
MAX_STEPS = 1 << 16
EMPTY_INDEX = IndexRoot(bytes(HASH_SIZE))
_ONE = b"\x02" + (1).to_bytes(8)
_EMPTY, _OTHER, _MATCH, _NODE = "eomn"

Numbers = tuple[int, ...]
"""Numbers of entries, ascending: all that are about a subject."""


def value_of(numbers: Sequence[int]) -> bytes:
    """SHA-256(0x02 ‖ count (8) ‖ number (8) …) over the numbers of at least one entry, ascending."""
    if len(numbers) == 1:  # nearly all
        return sha256(_ONE + numbers[0].to_bytes(8)).digest()
    return sha256(b"\x02" + len(numbers).to_bytes(8) + b"".join([number.to_bytes(8) for number in numbers])).digest()


def index_leaf(key: SubjectKey, value: bytes) -> bytes:
    """SHA-256(0x00 ‖ key ‖ value)."""
    return sha256(b"\x00" + key + value).digest()


def bit_of(key: bytes, depth: int) -> int:
    """Bit number ``depth`` of a key; bit 0 is the most significant of its first byte."""
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def middle_of(keys: Sequence[SubjectKey], begin: int, end: int, depth: int) -> int:
    """Where those with bit ``depth`` begin, among ascending keys that agree in all bits before."""
    return bisect_left(keys, 1, begin, end, key=lambda key: bit_of(key, depth))


def root_of(leaves: Iterable[tuple[SubjectKey, bytes]], depth: int = 0) -> bytes:
    """The subtree over the hashes of leaves, ascending by key, whose keys agree in their first ``depth`` bits.

    Over all leaves of an index, and with depth 0, this is its root. However many there are, few are in memory.
    """
    # The subtrees to the left of the present one: hash, depth (None for a leaf, which may stand anywhere), one of its
    # keys as a number, and the bits that this key shares with the next one to the right. They join when that ends.
    done: list[tuple[bytes, int | None, int, int]] = []
    hash_: bytes = EMPTY_INDEX
    top: int | None = None
    at = -1
    for key, leaf in leaves:
        number = int.from_bytes(key)
        if at >= 0:
            shared = KEY_BITS - (number ^ at).bit_length()
            while done and done[-1][3] > shared:
                hash_, top = _joined(done.pop(), hash_, top, at)
            done.append((hash_, top, at, shared))
        hash_, top, at = leaf, None, number
    while done:
        hash_, top = _joined(done.pop(), hash_, top, at)
    return hash_ if top is None else _raised(hash_, at, top, depth)


def _joined(left: tuple[bytes, int | None, int, int], hash_: bytes, top: int | None, at: int) -> tuple[bytes, int]:
    """The node over a subtree and the one to the right of it, and the node's depth."""
    left_hash, left_top, left_at, shared = left
    if left_top is not None and left_top > shared + 1:
        left_hash = _raised(left_hash, left_at, left_top, shared + 1)
    if top is not None and top > shared + 1:
        hash_ = _raised(hash_, at, top, shared + 1)
    return sha256(b"\x01" + left_hash + hash_).digest(), shared


def _raised(hash_: bytes, at: int, top: int, depth: int) -> bytes:
    """A subtree of depth ``top``, as it is from ``depth``: one half of each node between is empty."""
    for bit in range(top - 1, depth - 1, -1):
        is_right = at >> KEY_BITS - 1 - bit & 1
        hash_ = node_hash(EMPTY_INDEX, hash_) if is_right else node_hash(hash_, EMPTY_INDEX)
    return hash_


def _shared_bits(left: bytes, right: bytes) -> int:
    return KEY_BITS - (int.from_bytes(left) ^ int.from_bytes(right)).bit_length()


class _Subtree(NamedTuple):
    """What a reader knows of a subtree. A hash that it was given may be that of a leaf or a node."""

    hash: bytes
    is_leaf: bool = False

    @property
    def is_empty(self) -> bool:
        return self.hash == EMPTY_INDEX


@dataclass(frozen=True, slots=True)
class IndexProof:
    """The lists of some subjects at one size of the history, and the proof that they are whole.

    ``lists`` has the numbers of the entries of each subject, in the order of the keys, none where there is no entry.
    ``steps`` and ``hashes`` are the tree around them, from the root, left before right.
    """

    hashes: tuple[bytes, ...]
    lists: tuple[Numbers, ...]
    steps: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: the member ``index`` of evidence."""
        return {
            "hashes": base64.b64encode(b"".join(self.hashes)).decode(),
            "lists": [list(numbers) for numbers in self.lists],
            "steps": self.steps,
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> IndexProof:
        """Read what ``to_json`` prints; Malformed names the member. Nothing is verified."""
        hashes, lists, steps = read_object(value, ["hashes", "lists", "steps"], where)
        words = read_base64(read_string(hashes, f"{where}.hashes"), f"{where}.hashes")
        if len(words) % HASH_SIZE:
            raise Malformed(f"must be whole hashes of {HASH_SIZE} bytes, not {len(words)} bytes", f"{where}.hashes")
        letters = read_string(steps, f"{where}.steps")
        if len(letters) > MAX_STEPS:
            raise Malformed(f"must have at most {MAX_STEPS} steps, not {len(letters)}", f"{where}.steps")
        if not {_EMPTY, _OTHER, _MATCH, _NODE}.issuperset(letters):
            raise Malformed("must have no letters other than e, m, n and o", f"{where}.steps")
        return cls(
            tuple(words[at : at + HASH_SIZE] for at in range(0, len(words), HASH_SIZE)),
            tuple(
                _read_numbers(item, f"{where}.lists[{number}]")
                for number, item in enumerate(read_list(lists, f"{where}.lists"))
            ),
            letters,
        )

    def root(self, keys: Sequence[SubjectKey]) -> IndexRoot:
        """The root of the index in which these keys, distinct and ascending, have these lists.

        The time is in proportion to the steps, and the memory to the depth, however the keys were chosen.

        :raises VerificationFailed: there is no such index: says at which step, or what is missing or left over.
        """
        if any(left >= right for left, right in pairwise(keys)):
            raise ValueError("keys must ascend")
        if len(self.lists) != len(keys):
            raise VerificationFailed(f"the index proof has {len(self.lists)} lists for {len(keys)} subjects")
        return _Reading(self, keys).root()


def _read_numbers(value: object, where: str) -> Numbers:
    items = read_list(value, where)
    numbers = tuple(read_count(item, f"{where}[{number}]") for number, item in enumerate(items))
    if any(left >= right for left, right in pairwise(numbers)):
        raise Malformed("must ascend", where)
    return numbers


class _Reading:
    """One walk over the steps of a proof, from the root, left before right."""

    __slots__ = ("_before", "_hash", "_keys", "_present", "_proof", "_step")

    def __init__(self, proof: IndexProof, keys: Sequence[SubjectKey]) -> None:
        self._proof = proof
        self._keys = keys
        self._present = [number for number, numbers in enumerate(proof.lists) if numbers]
        self._before = [0, *accumulate(bool(numbers) for numbers in proof.lists)]  # present among the first so many
        self._step = 0
        self._hash = 0

    def root(self) -> IndexRoot:
        # Open subtrees, each with its depth and the keys that are under it; None joins the two that were read last.
        open_: list[tuple[int, int, int] | None] = [(0, 0, len(self._keys))]
        read: list[_Subtree] = []
        while open_:
            subtree = open_.pop()
            if subtree is None:
                right, left = read.pop(), read.pop()
                read.append(self._join(left, right))
                continue
            depth, begin, end = subtree
            if begin == end:
                read.append(_Subtree(self._next_hash()))
            elif self._next_step() != _NODE:
                read.append(self._end(depth, begin, end))
            elif depth == KEY_BITS:
                raise self._wrong("it is a node below the last bit of a key")
            else:
                middle = middle_of(self._keys, begin, end, depth)
                open_ += [None, (depth + 1, middle, end), (depth + 1, begin, middle)]
        if self._step < len(self._proof.steps):
            raise VerificationFailed(f"the index proof has {len(self._proof.steps) - self._step} steps too many")
        if self._hash < len(self._proof.hashes):
            raise VerificationFailed(f"the index proof has {len(self._proof.hashes) - self._hash} hashes too many")
        return IndexRoot(read[0].hash)

    def _end(self, depth: int, begin: int, end: int) -> _Subtree:
        """Read a step that is no node: under its prefix is at most one key."""
        step, count = self._proof.steps[self._step - 1], self._before[end] - self._before[begin]
        if step == _MATCH:
            if count != 1:
                raise self._wrong(f"under it is one key, and {count} lists have entries")
            at = self._present[self._before[begin]]
            return _Subtree(index_leaf(self._keys[at], value_of(self._proof.lists[at])), is_leaf=True)
        if count:
            raise self._wrong(f"under it is no key that is asked for, and {count} lists have entries")
        if step == _EMPTY:
            return _Subtree(EMPTY_INDEX)
        key, value = SubjectKey(self._next_hash()), self._next_hash()
        if _shared_bits(key, self._keys[begin]) < depth:
            raise self._wrong("its other key has another prefix")
        at = bisect_left(self._keys, key, begin, end)
        if at < end and self._keys[at] == key:
            raise self._wrong("its other key is one that is asked for")
        return _Subtree(index_leaf(key, value), is_leaf=True)

    def _join(self, left: _Subtree, right: _Subtree) -> _Subtree:
        if (left.is_empty and (right.is_empty or right.is_leaf)) or (right.is_empty and left.is_leaf):
            raise VerificationFailed("the index proof has a node with fewer than two keys")
        return _Subtree(node_hash(left.hash, right.hash))

    def _next_step(self) -> str:
        if self._step == len(self._proof.steps):
            raise VerificationFailed("the index proof has too few steps")
        self._step += 1
        return self._proof.steps[self._step - 1]

    def _next_hash(self) -> bytes:
        if self._hash == len(self._proof.hashes):
            raise VerificationFailed("the index proof has too few hashes")
        self._hash += 1
        return self._proof.hashes[self._hash - 1]

    def _wrong(self, what: str) -> VerificationFailed:
        return VerificationFailed(f"step {self._step} of the index proof is wrong: {what}")

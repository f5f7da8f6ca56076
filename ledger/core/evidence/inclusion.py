"""Inclusion: the position of a declaration in a batch or an attested set, with its RFC 9162 proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.core.encoding.ids import DeclarationId, Root, SetName
from ledger.core.encoding.reading import hex_text
from ledger.core.tree.merkle import Tree, leaf_hash, root_of_hashes
from ledger.errors import Malformed


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The position of a declaration in a batch or set: its root, size and index, and the RFC 9162 inclusion path."""

    root: Root
    size: int
    index: int
    proof: tuple[bytes, ...]

    @property
    def name(self) -> SetName:
        """Root and size: the name of the batch or set."""
        return SetName(self.root, self.size)

    def to_json(self) -> dict[str, object]:
        """Its members in evidence."""
        proof = [hex_text(hash_) for hash_ in self.proof]
        return {"index": self.index, "proof": proof, "root": hex_text(self.root), "size": self.size}


def set_of_one(id_: DeclarationId) -> SetName:
    """Root and size of the set whose only member is this declaration. It needs no proof: its root is the leaf."""
    return SetName(Root(leaf_hash(id_)), 1)


def set_of(ids: Sequence[DeclarationId]) -> SetName:
    """Root and size of an ordered set of declaration ids; Malformed if one of them is named twice."""
    if len(set(ids)) != len(ids):
        raise Malformed("names a declaration twice", "members")
    return SetName(root_of_hashes([leaf_hash(id_) for id_ in ids]), len(ids))


def sets_about(id_: DeclarationId, inclusions: Iterable[Inclusion]) -> set[SetName]:
    """Root and size of every set that is about a declaration: those of its inclusions, and the set of one."""
    return {set_of_one(id_), *(inclusion.name for inclusion in inclusions)}


class BatchTree:
    """The tree over the ids of a batch or an attested set, in order; built once, to prove many inclusions."""

    __slots__ = ("_ids", "_tree")

    def __init__(self, ids: Sequence[DeclarationId]) -> None:
        self._ids = list(ids)
        self._tree = Tree(leaf_hash(item) for item in ids)

    @property
    def name(self) -> SetName:
        """RFC 9162 root over the ids, and their number."""
        return SetName(self._tree.root, self._tree.size)

    def inclusion(self, id_: DeclarationId) -> Inclusion:
        """The inclusion of a declaration; ValueError when it is not a member."""
        index = self._ids.index(id_)
        return Inclusion(*self.name, index, tuple(self._tree.inclusion(index)))

"""Which field of a copy differs. A digest only shows that a copy differs; comparing two copies shows where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.core.document.redaction import Redacted
from ledger.core.document.wrapped import Wrapped


class FieldChange(StrEnum):
    """How a copy differs from its original."""

    CHANGED = "has another type or value"
    MISSING = "is missing"
    ADDED = "is added"
    FORMAT = "the format is another"
    UNSHOWN = "only fields that one of them hides differ, or the seed"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference; ``path`` is empty for an opaque document, and if it is not in a single field."""

    change: FieldChange
    path: str = ""

    def __str__(self) -> str:
        if self.change in (FieldChange.FORMAT, FieldChange.UNSHOWN):
            return str(self.change)
        return f"{self.path or 'the content'} {self.change}"


def difference(original: Wrapped | Redacted, copy: Wrapped | Redacted) -> Difference | None:
    """The first field in which ``copy`` differs, in the original's order and then the copy's; None for equal digests.

    Copies of one wrapped document are compared by field hash, salts included, so a changed field that the copy shows is
    named even if the original hides it. Documents with different seeds are compared by the values that both show.
    """
    if original.digest == copy.digest:
        return None
    if original.format is not copy.format:
        return Difference(FieldChange.FORMAT)
    return next(_differences(original, copy), Difference(FieldChange.UNSHOWN))


def _differences(original: Wrapped | Redacted, copy: Wrapped | Redacted) -> Iterator[Difference]:
    ours, theirs = original.field_hashes, copy.field_hashes
    our_hidden, their_hidden = _hidden(original), _hidden(copy)
    one_seed = not ({*ours.values()} | our_hidden).isdisjoint({*theirs.values()} | their_hidden)
    fields = {item.path: item[:3] for item in copy.fields}
    for item in original.fields:
        path = item.path
        if path in theirs:
            if item[:3] != fields[path] or (one_seed and ours[path] != theirs[path]):
                yield Difference(FieldChange.CHANGED, path)
        elif not their_hidden:
            yield Difference(FieldChange.MISSING, path)
        elif one_seed and ours[path] not in their_hidden:
            yield Difference(FieldChange.CHANGED, path)
    for path, hash_ in theirs.items():
        if path in ours:
            continue
        if not our_hidden:
            yield Difference(FieldChange.ADDED, path)
        elif one_seed and hash_ not in our_hidden:
            yield Difference(FieldChange.CHANGED, path)


def _hidden(document: Wrapped | Redacted) -> frozenset[bytes]:
    return frozenset(document.hidden) if isinstance(document, Redacted) else frozenset()

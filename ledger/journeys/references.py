"""References: let a party have its declaration found by the MRN, transport document or containers of a copy.

The copy is checked and forgotten; only its references are kept, until the party erases them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.core.document.redaction import read_redacted
from ledger.core.document.references import KeptReference, Reference, normal_reference, references_of
from ledger.core.encoding.ids import DeclarationId
from ledger.core.history.rights import MayRead, anybody
from ledger.core.statements.declaration import Declaration
from ledger.edges.store import Store
from ledger.errors import CopyOfAnother, Malformed, OnlyItsParty, UnknownDeclaration

MOST_COPY_BYTES = 1 << 20
"""A copy that shows references needs little: hidden fields have 67 bytes each."""

MayChange = Callable[[Declaration], bool]
"""Whether somebody may add and erase the references of a declaration: its party may."""


@dataclass(frozen=True, slots=True)
class AddedReferences:
    """What a copy disclosed: ``new`` are those that were not kept before; ``kept`` are all of the declaration now."""

    new: Sequence[Reference]
    kept: Sequence[KeptReference]


def read_copy(data: bytes) -> tuple[bytes, list[Reference]]:
    """The digest of a redacted copy, and the references that it shows.

    :raises Malformed: it is no redacted copy, is too large, or shows no reference.
    """
    if len(data) > MOST_COPY_BYTES:
        raise Malformed(
            f"has more than {MOST_COPY_BYTES:,} bytes: show only the fields with the references "
            "(`ledger redact FILE --show …`)",
            "copy",
        )
    copy = read_redacted(data)
    found = references_of(copy)
    if not found:
        raise Malformed(
            "shows no reference: no field that is shown has an MRN, a bill of lading or waybill, or a container number",
            "copy",
        )
    return copy.digest, found


def add_references(
    store: Store,
    id_: DeclarationId,
    copy: tuple[bytes, Sequence[Reference]],
    at: int,
    may_change: MayChange = anybody,
    may_read: MayRead = anybody,
) -> AddedReferences:
    """Keep the references of a copy (``read_copy``) for a declaration in the store. ``at``: the time, in seconds.

    :raises UnknownDeclaration: the store does not have it, or it is not for who asks.
    :raises OnlyItsParty: who asks may read it and is not its party.
    :raises CopyOfAnother: the copy's digest is not the declared one.
    :raises TooManyReferences: it would have too many; none is kept then.
    """
    declaration = _own(store, id_, may_change, may_read)
    digest, found = copy
    if digest != declaration.digest:
        raise CopyOfAnother(declaration.digest, digest)
    new = store.references.add(id_, found, at)
    return AddedReferences(new, store.references.of(id_))


def list_references(store: Store, id_: DeclarationId, may_read: MayRead = anybody) -> list[KeptReference]:
    """The references of a declaration; UnknownDeclaration as for ``add_references``."""
    _known(store, id_, may_read)
    return store.references.of(id_)


def remove_references(
    store: Store,
    id_: DeclarationId,
    number: str | None = None,
    may_change: MayChange = anybody,
    may_read: MayRead = anybody,
) -> int:
    """Erase one reference of a declaration, or all; how many there were.

    :raises Malformed: the number is none.
    :raises UnknownDeclaration, OnlyItsParty: as for ``add_references``.
    """
    wanted = None if number is None else normal_reference(number)
    _own(store, id_, may_change, may_read)
    return store.references.remove(id_, wanted)


def _own(store: Store, id_: DeclarationId, may_change: MayChange, may_read: MayRead) -> Declaration:
    declaration = _known(store, id_, may_read)
    if not may_change(declaration):
        raise OnlyItsParty(id_)
    return declaration


def _known(store: Store, id_: DeclarationId, may_read: MayRead) -> Declaration:
    row = store.declarations.get(id_)
    if row is None or not may_read(row.declaration):
        raise UnknownDeclaration(id_)
    return row.declaration

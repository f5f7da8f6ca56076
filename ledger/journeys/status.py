"""Status: where a declaration or an attestation stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from ledger.core.anchoring.batches import Batch, DeclarationState
from ledger.core.encoding.ids import AttestationId, DeclarationId, SetName
from ledger.core.evidence.inclusion import set_of_one
from ledger.core.history.entry import Attested, Withdrawn
from ledger.core.history.history import History
from ledger.core.history.replay import EntryRef
from ledger.core.history.rights import MayRead, anybody
from ledger.core.history.standing import Standing
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.edges.store import DeclarationRow, Store
from ledger.errors import AttestationUnknown, UnknownDeclaration


@dataclass(frozen=True, slots=True)
class AttestationStatus:
    """An attestation, the entry that records it, and its standing for one member of its set, or for all of it.

    ``decided_by``: the entry that decides the standing, if one does.
    """

    id: bytes
    entry: EntryRef
    attested: Attested
    standing: Standing
    decided_by: EntryRef | None


@dataclass(frozen=True, slots=True)
class DeclarationStatus:
    """A declaration: what the store has of it, and what the history says about it.

    ``declaration``, ``state`` and ``received_at`` (seconds) are None if the store does not have it. ``batch``: None
    while it waits for one. ``withdrawn``: its withdrawal and the entry that records it.
    """

    id: DeclarationId
    declaration: Declaration | None = None
    state: DeclarationState | None = None
    received_at: int | None = None
    batch: Batch | None = None
    attestations: tuple[AttestationStatus, ...] = ()
    withdrawn: tuple[EntryRef, Withdrawn] | None = None


def declaration_status(
    id_: DeclarationId,
    store: Store,
    history: History | None = None,
    at: int = 0,
    may_read: MayRead = anybody,
) -> DeclarationStatus:
    """Where a declaration stands at ``at`` (seconds); without a history, what the store alone knows.

    :param may_read: whether who asks may know it; the answer to others is that of an unknown one.
    :raises UnknownDeclaration: it is not for who asks; or it is not in the store, and the history has no withdrawal.
    """
    row = store.declarations.get(id_)
    if row is not None and not may_read(row.declaration):
        raise UnknownDeclaration(id_)
    stored = DeclarationStatus(id_) if row is None else _stored(row, store.batches.get)
    found = stored if history is None else _as_said(stored, store.sets.names_of(id_), history, at)
    if row is None and found.withdrawn is None:
        raise UnknownDeclaration(id_)
    return found


def attestation_status(id_: AttestationId, history: History, at: int) -> AttestationStatus:
    """Where an attestation stands at ``at`` (seconds), for its whole set; AttestationUnknown if it is not recorded."""
    if id_ not in history.attestations:
        raise AttestationUnknown(id_)
    return _standing(id_, history, NO_DECLARATION, at)


def statuses_of(
    ids: Sequence[DeclarationId], store: Store, history: History, at: int, may_read: MayRead = anybody
) -> list[DeclarationStatus | None]:
    """Where each stands at ``at`` (seconds), in order; None for one that the store does not have, or that is not for
    who asks.
    """
    batch_of = cache(store.batches.get)
    known = store.declarations.get_many(ids)
    readable = {id_: found for id_, found in known.items() if may_read(found[0].declaration)}
    return [status_of_row(*readable[id_], batch_of, history, at) if id_ in readable else None for id_ in ids]


def stored_statuses(rows: Iterable[DeclarationRow], store: Store) -> list[DeclarationStatus]:
    """The status of each row, from the store alone. Each batch is read once."""
    batch_of = cache(store.batches.get)
    return [_stored(row, batch_of) for row in rows]


def status_of_row(
    row: DeclarationRow,
    sets: Iterable[SetName],
    batch_of: Callable[[int], Batch | None],
    history: History,
    at: int,
) -> DeclarationStatus:
    """Where a stored declaration stands at ``at`` (seconds).

    :param sets: root and size of the sets that it is a member of. ``batch_of``: gives a batch of the store by its id.
    """
    return _as_said(_stored(row, batch_of), sets, history, at)


def _as_said(stored: DeclarationStatus, sets: Iterable[SetName], history: History, at: int) -> DeclarationStatus:
    """What the store has, with what the history says about it."""
    id_ = stored.id
    names = dict.fromkeys([*sets, set_of_one(id_)])
    attestations = [_standing(one, history, id_, at) for one in history.attestations_of(names)]
    return replace(stored, attestations=tuple(attestations), withdrawn=history.withdrawals.get(id_))


def _stored(row: DeclarationRow, batch_of: Callable[[int], Batch | None]) -> DeclarationStatus:
    batch = None if row.batch_id is None else batch_of(row.batch_id)
    return DeclarationStatus(row.id, row.declaration, row.state, row.received_at, batch)


def _standing(id_: AttestationId, history: History, member: DeclarationId, at: int) -> AttestationStatus:
    recorded = history.attestations[id_]
    standing, decided_by = history.standing(id_, member, at)
    return AttestationStatus(id_, recorded.entry, recorded.attested, standing, decided_by)

"""Watch: tell readers what happens: entries, changes of batches, reorganisations, or the state of one declaration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.core.anchoring.batches import Batch
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.history.rights import MayRead, anybody
from ledger.edges.store import Cursor, Reorganised, Step, Store, StoreEvent
from ledger.journeys.history import entry_json
from ledger.journeys.status import declaration_status


class EventKind(StrEnum):
    """What a reader may restrict itself to. A reorganisation is always told."""

    ENTRIES = "entries"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is told: ``name`` is entry, change, state or reorganised; ``data`` its JSON value."""

    cursor: Cursor
    name: str
    data: dict[str, Any]


def read_cursor(text: str) -> Cursor:
    """Read the id of an event; Malformed if it is something else."""
    return Cursor.parse(text)


class EventReader:
    """What one reader wants to be told of a store's events."""

    def __init__(
        self,
        store: Store,
        kind: EventKind | None = None,
        declaration: DeclarationId | None = None,
        may_read: MayRead = anybody,
    ) -> None:
        """
        :param kind: only these events; all if not given.
        :param declaration: id of the declaration whose state alone is told.
        :param may_read: whether the reader may know of that declaration.
        """
        self._store = store
        self._kind = kind
        self._declaration = declaration
        self._may_read = may_read
        self._batch: Batch | None = None

    @property
    def wants_state(self) -> bool:
        """Whether the state of one declaration is told."""
        return self._declaration is not None

    def read_state(self) -> dict[str, Any]:
        """Where the declaration stands; finds its batch, which it never leaves.

        :raises UnknownDeclaration: it is not in the store, or not for this reader.
        """
        assert self._declaration is not None
        status = declaration_status(self._declaration, self._store, may_read=self._may_read)
        self._batch = status.batch
        value: dict[str, Any] = {"id": hex_text(status.id), "state": status.state}
        return value if status.batch is None else value | _batch_json(status.batch)

    def must_read_state(self, steps: Sequence[Step]) -> bool:
        """Whether the declaration may have come into a batch with these steps: ``read_state`` before ``tell``."""
        return self.wants_state and self._batch is None and any(map(_is_forming, steps))

    def tell(self, step: Step) -> Iterator[Event]:
        """The event that this reader is told of a step, if any."""
        what, cursor = step.what, step.cursor
        if self._declaration is not None:
            if isinstance(what, StoreEvent) and self._batch is not None and what.batch_id == self._batch.id:
                state = "sent" if what.kind == "taken back" else what.kind
                data = {"id": hex_text(self._declaration), "state": state} | _batch_json(what)
                yield Event(cursor, "state", data)
        elif isinstance(what, Reorganised):
            yield Event(cursor, "reorganised", {"from": what.number})
        elif isinstance(what, Entry):
            if self._kind is not EventKind.CHANGES:
                yield Event(cursor, "entry", entry_json(what))
        elif self._kind is not EventKind.ENTRIES:
            yield Event(cursor, "change", {"kind": what.kind} | _batch_json(what))


def _batch_json(batch: Batch | StoreEvent) -> dict[str, Any]:
    return {"batch_root": hex_text(batch.root), "batch_size": batch.size, "entry_number": batch.entry_number}


def _is_forming(step: Step) -> bool:
    return isinstance(step.what, StoreEvent) and step.what.kind == "batched"

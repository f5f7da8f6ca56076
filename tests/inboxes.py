"""A world and a store in step, for tests of inboxes: no chain, no signatures of parties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest, SetName
from ledger.core.evidence.inclusion import set_of
from ledger.core.history.entry import Entry
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Store
from ledger.journeys.inbox import Page, Wanted, advance, inbox_of, list_by_agency
from ledger.testing.world import CUSTOMS, PLANT, Key, World

MPI, CUSTOMS_CODE = "NZ-MPI", "NZ-CUSTOMS"
_OFFICERS = {MPI: (PLANT, 851), CUSTOMS_CODE: (CUSTOMS, 132)}


def logged(entry: Entry) -> LoggedEntry:
    """An entry in a block of its own."""
    block = sha256(f"block {entry.number}".encode()).hexdigest()
    return LoggedEntry(entry, 100 + entry.number, f"0x{block}", f"0x{'07' * 32}", 0)


@dataclass
class Market:
    """Parties declare, agencies attest. What happens is in the world and in the store."""

    store: Store
    world: World = field(default_factory=World)
    declared: dict[DeclarationId, Declaration] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code, (officer, kind) in _OFFICERS.items():
            self.world.enrol(code, "NZ", [kind, 856], officer)
        self.keep()

    def keep(self) -> None:
        """Put into the store what it lacks of the world's entries."""
        last = self.store.entries.last()
        first = 0 if last is None else last.entry.number + 1
        self.store.entries.append([logged(entry) for entry in self.world.entries[first:]])

    def declare(
        self, count: int, document_type: int = 380, at: int = 1_000, party: Key | None = None
    ) -> list[DeclarationId]:
        """New declarations, not anchored; received at ``at``."""
        made = []
        for _ in range(count):
            digest = Digest(sha256(f"document {len(self.declared)}".encode()).digest())
            signer = (party or Key("trader")).signer
            declaration = Declaration(signer, digest, document_type)
            id_ = declaration.id(self.world.origin)
            self.declared[id_] = declaration
            made.append((id_, declaration, b"\x01" * 65))
        self.store.declarations.add_with_ids(made, at)
        return [id_ for id_, _, _ in made]

    def anchor(self, ids: Sequence[DeclarationId]) -> SetName:
        """One batch of these, anchored."""
        root, size, _ = self.world.anchor([self.declared[id_] for id_ in ids])
        self.store.batches.form(root, ids, 1_500)
        self.keep()
        return SetName(root, size)

    def anchored(self, count: int, document_type: int = 380, at: int = 1_000) -> list[DeclarationId]:
        """New declarations in one anchored batch."""
        ids = self.declare(count, document_type, at)
        self.anchor(ids)
        return ids

    def attest(
        self, ids: Sequence[DeclarationId], code: str = MPI, kind: int | None = None, saved: bool = True
    ) -> AttestationId:
        """An agency attests a set, whose members the store gets if it is ``saved``."""
        officer, mandate = _OFFICERS[code]
        root, size = set_of(ids)
        if saved and size > 1:
            self.store.sets.save(root, size, ids)
        id_ = self.world.attest(code, mandate if kind is None else kind, root, size, officer)
        self.keep()
        return id_

    def revoke(self, id_: AttestationId, member: DeclarationId = NO_DECLARATION, code: str = MPI) -> None:
        self.world.revoke(id_, _OFFICERS[code][0], member)
        self.keep()

    def withdraw(self, id_: DeclarationId) -> None:
        self.world.withdraw(self.declared[id_])
        self.keep()

    def make_marks(self, most: int = 2_000) -> int:
        """Bring the marks up to date; how many steps that took."""
        steps = 1
        while not advance(self.store, self.world.history, self.world.history.size, most):
            steps += 1
        return steps

    def inbox(self, code: str = MPI, kind: int | None = None) -> list[DeclarationId]:
        """All of an agency's inbox, page by page of two."""
        return self.all(inbox_of(code, self.world.history, self.world.now, kind), 2)

    def all(self, wanted: Wanted, limit: int = 100) -> list[DeclarationId]:
        """All pages of a list."""
        self.make_marks()
        found: list[DeclarationId] = []
        cursor: str | None = None
        while True:
            page = self.page(wanted, cursor, limit)
            found += [one.id for one in page.found]
            cursor = page.next_cursor
            if cursor is None:
                return found

    def page(self, wanted: Wanted, cursor: str | None = None, limit: int = 100) -> Page:
        return list_by_agency(self.store, self.world.history, wanted, self.world.now, cursor, limit)

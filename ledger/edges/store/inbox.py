"""What each agency has attested, as sets of bits over numbered declarations (docs/adr/0032).

So a page of what an agency has not attested costs what it shows, and not what the store has. Declarations get numbers
from 0 on in the order in which entries anchor them, and 4,096 numbers are a block. All of it follows from the entries
and from the members of sets. ``journeys.inbox`` says what is marked; here it is kept and found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from ledger.core.encoding.ids import DeclarationId, Root, SetName
from ledger.core.tree.merkle import leaf_hash
from ledger.edges.store.bulk import insert_new
from ledger.edges.store.database import Database
from ledger.edges.store.inbox_sets import KEY
from ledger.edges.store.limits import checked_number, chunks
from ledger.edges.store.rows import DeclarationRow, declaration_of
from ledger.edges.store.sets import read_names_of, read_some_members
from ledger.edges.store.tables import (
    BATCHES,
    DECLARATIONS,
    INBOX_ATTESTED,
    INBOX_BLOCKS,
    INBOX_NUMBERS,
    INBOX_SETS,
    INBOX_TYPES,
    META,
)

BLOCK = 4_096
_FIRST_WINDOW, _WINDOW = 4, 64  # blocks that are read together, first and then
_AT_ONCE = 500  # declarations that one statement reads
WITHDRAWN = ("", 0)
"""The mark of a withdrawn declaration; the mark of an attested one is the agency's code and the kind."""

Mark = tuple[str, int]


class Made(NamedTuple):
    """How far the marks are made.

    ``entries``: up to which entry, exclusive, and ``hash`` (32 bytes): of the last of them. ``numbers``: how many
    declarations have a number.
    """

    entries: int = 0
    hash: bytes = b""
    numbers: int = 0


@dataclass(frozen=True, slots=True)
class Marked:
    """Which declarations are wanted, by what is marked. None: whatever it is.

    ``attested_by``, ``not_attested_by``: agency codes; ``kind``: of what they attested (UNCL 1001). ``document_type``:
    UNCL 1001. ``received_from`` (inclusive), ``received_until`` (exclusive): seconds; they leave out whole blocks only.
    """

    attested_by: str | None = None
    not_attested_by: str | None = None
    kind: int | None = None
    document_type: int | None = None
    received_from: int | None = None
    received_until: int | None = None
    with_withdrawn: bool = True


class Numbered(NamedTuple):
    """A declaration with its number, and root and size of the sets that it is a member of."""

    number: int
    row: DeclarationRow
    sets: list[SetName]


class Inbox:
    """The numbers and their marks. Safe to use from threads and from several processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def made(self) -> Made:
        """How far the marks are made."""
        with self._database.reading() as connection:
            return _made(connection)

    @contextmanager
    def making(self) -> Iterator[Maker]:
        """One transaction that makes more marks."""
        with self._database.writing() as connection:
            maker = Maker(connection)
            yield maker
            maker.save()

    def has_sets(self) -> bool:
        """Whether members of sets became known for which no marks were made yet."""
        with self._database.reading() as connection:
            return connection.execute(select(INBOX_SETS.c.size).limit(1)).first() is not None

    def alone(self, root: Root) -> DeclarationId | None:
        """The declaration whose set of one has this root, among those that are numbered."""
        with self._database.reading() as connection:
            return next(iter(_of_leaf(connection, root)), None)

    def find(self, wanted: Marked, after: int, limit: int) -> list[int]:
        """Numbers of wanted declarations, ascending, from ``after`` on, at most ``limit``."""
        found: list[int] = []
        with self._database.reading(one_moment=True) as connection:
            total = _made(connection).numbers
            block, span = checked_number(after, "cursor") // BLOCK, _FIRST_WINDOW
            while block * BLOCK < total and len(found) < limit:
                for at, bits in _window(connection, wanted, block, span, total):
                    begun = bits >> max(0, after - at * BLOCK) << max(0, after - at * BLOCK)
                    found += _numbers(at, begun, limit - len(found))
                    if len(found) == limit:
                        break
                block, span = block + span, _WINDOW
        return found

    def read(self, numbers: Sequence[int]) -> list[Numbered]:
        """The declarations of these numbers, ascending."""
        column, found = INBOX_NUMBERS.c, []
        with self._database.reading() as connection:
            for start in range(0, len(numbers), _AT_ONCE):
                some = numbers[start : start + _AT_ONCE]
                wanted = (
                    select(column.number, DECLARATIONS, BATCHES.c.state)
                    .join(DECLARATIONS, DECLARATIONS.c.id == column.declaration)
                    .join(BATCHES, BATCHES.c.id == DECLARATIONS.c.batch_id, isouter=True)
                    .where(column.number.in_(some))
                    .order_by(column.number)
                )
                rows = [(row.number, declaration_of(row)) for row in connection.execute(wanted)]
                names = read_names_of(connection, [row.id for _, row in rows])
                found += [Numbered(number, row, names[row.id]) for number, row in rows]
        return found


class Maker:
    """One transaction in which marks are made. ``made`` says how far, and is stored at its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.made = _made(connection)

    def begin_again(self) -> None:
        """Forget all marks of agencies and withdrawals: they are of another history."""
        self._connection.execute(delete(INBOX_ATTESTED))
        self._connection.execute(delete(INBOX_SETS))
        self.made = Made(numbers=self.made.numbers)

    def next_set(self) -> tuple[SetName, int] | None:
        """A set of which members became known, and how many of them were looked at; None if there is none."""
        row = self._connection.execute(select(INBOX_SETS).limit(1)).first()
        return None if row is None else (SetName(row.root, row.size), row.position)

    def move_set(self, name: SetName, position: int | None) -> None:
        """So many members of a set were looked at; None: all."""
        same = INBOX_SETS.c.root == name.root, INBOX_SETS.c.size == name.size
        if position is None:
            self._connection.execute(delete(INBOX_SETS).where(*same))
        else:
            self._connection.execute(update(INBOX_SETS).where(*same).values(position=position))

    def look_again(self, name: SetName, position: int = 0) -> None:
        """Note that the members of a set are to be looked at, from an index on."""
        self.move_set(name, None)
        self._connection.execute(insert(INBOX_SETS).values(root=name.root, size=name.size, position=position))

    def members(self, name: SetName, position: int, limit: int) -> list[tuple[int, DeclarationId]]:
        """Known members of a set with their indexes in it, from index ``position`` on, at most ``limit``."""
        found = read_some_members(self._connection, name, position, limit)
        if not found and name.size == 1 and position == 0:
            found = [(0, id_) for id_ in _of_leaf(self._connection, name.root)]
        return found

    def number(self, ids: Sequence[DeclarationId]) -> None:
        """Give numbers to the declarations among these that have none, in this order, and mark their types."""
        known = self.numbered(ids)
        wanted = [id_ for id_ in ids if id_ not in known]
        rows = {}
        for some in chunks(wanted):
            column = DECLARATIONS.c
            read = select(column.id, column.document_type, column.received_at).where(column.id.in_(some))
            rows.update({row.id: row for row in self._connection.execute(read)})
        new = [rows[id_] for id_ in dict.fromkeys(wanted) if id_ in rows]
        if not new:
            return
        first = self.made.numbers
        insert_new(self._connection, INBOX_NUMBERS, "declaration", [
            {"declaration": row.id, "number": first + place, "leaf": _leaf(leaf_hash(row.id))}
            for place, row in enumerate(new)
        ])  # fmt: skip
        self.made = self.made._replace(numbers=first + len(new))
        bits: dict[tuple[int, int], int] = {}
        times: dict[int, list[int]] = {}
        for place, row in enumerate(new):
            block, bit = divmod(first + place, BLOCK)
            bits[row.document_type, block] = bits.get((row.document_type, block), 0) | 1 << bit
            times.setdefault(block, []).append(row.received_at)
        for (type_, block), more in bits.items():
            self._add_type(type_, block, more)
        for block, received in times.items():
            self._add_times(block, min(received), max(received))

    def numbered(self, ids: Sequence[DeclarationId]) -> dict[DeclarationId, int]:
        """The numbers of those that have one."""
        column, found = INBOX_NUMBERS.c, {}
        for some in chunks(ids):
            read = select(column.declaration, column.number).where(column.declaration.in_(some))
            found.update({row.declaration: row.number for row in self._connection.execute(read)})
        return found

    def sets_of(self, ids: Sequence[DeclarationId]) -> dict[DeclarationId, list[SetName]]:
        """Root and size of the sets that each is a member of."""
        return {id_: names for some in chunks(ids) for id_, names in read_names_of(self._connection, some).items()}

    def mark(self, marks: Mapping[int, Collection[Mark]]) -> None:
        """These numbers have these marks now, and no others."""
        blocks: dict[int, list[int]] = {}
        for number in marks:
            blocks.setdefault(number // BLOCK, []).append(number)
        for block, numbers in blocks.items():
            self._mark_block(block, {number: marks[number] for number in numbers})

    def save(self) -> None:
        """Store how far the marks are made."""
        made = self.made
        text = f"{made.entries} {made.hash.hex() or '-'} {made.numbers}"
        if self._connection.execute(update(META).where(META.c.key == KEY).values(value=text)).rowcount == 0:
            self._connection.execute(insert(META).values(key=KEY, value=text))

    def _mark_block(self, block: int, marks: Mapping[int, Collection[Mark]]) -> None:
        column = INBOX_ATTESTED.c
        touched = sum(1 << number % BLOCK for number in marks)
        before = {
            (row.agency, row.kind): int.from_bytes(row.bits, "little")
            for row in self._connection.execute(select(INBOX_ATTESTED).where(column.block == block))
        }
        after = {mark: bits & ~touched for mark, bits in before.items()}
        for number, given in marks.items():
            for mark in given:
                after[mark] = after.get(mark, 0) | 1 << number % BLOCK
        for (agency, kind), bits in after.items():
            known = before.get((agency, kind))
            if bits == known:
                continue
            if known is None:
                values = {"agency": agency, "kind": kind, "block": block, "bits": _bytes(bits)}
                self._connection.execute(insert(INBOX_ATTESTED).values(values))
                continue
            same = column.agency == agency, column.kind == kind, column.block == block
            change = update(INBOX_ATTESTED).values(bits=_bytes(bits)) if bits else delete(INBOX_ATTESTED)
            self._connection.execute(change.where(*same))

    def _add_type(self, type_: int, block: int, more: int) -> None:
        same = INBOX_TYPES.c.document_type == type_, INBOX_TYPES.c.block == block
        known = self._connection.execute(select(INBOX_TYPES.c.bits).where(*same)).scalar()
        if known is None:
            values = {"document_type": type_, "block": block, "bits": _bytes(more)}
            self._connection.execute(insert(INBOX_TYPES).values(values))
        else:
            bits = _bytes(int.from_bytes(known, "little") | more)
            self._connection.execute(update(INBOX_TYPES).where(*same).values(bits=bits))

    def _add_times(self, block: int, first: int, last: int) -> None:
        column = INBOX_BLOCKS.c
        known = self._connection.execute(select(INBOX_BLOCKS).where(column.block == block)).first()
        if known is None:
            values = {"block": block, "first_received": first, "last_received": last}
            self._connection.execute(insert(INBOX_BLOCKS).values(values))
        else:
            first, last = min(first, known.first_received), max(last, known.last_received)
            change = update(INBOX_BLOCKS).where(column.block == block)
            self._connection.execute(change.values(first_received=first, last_received=last))


def _made(connection: Connection) -> Made:
    text = connection.execute(select(META.c.value).where(META.c.key == KEY)).scalar()
    if text is None:
        return Made()
    entries, hash_, *_, numbers = text.split(" ")
    return Made(int(entries), b"" if hash_ == "-" else bytes.fromhex(hash_), int(numbers))


def _window(connection: Connection, wanted: Marked, first: int, span: int, total: int) -> Iterator[tuple[int, int]]:
    """Each block of a window, ascending, with the bits of the wanted declarations."""
    until = first + span
    column = INBOX_BLOCKS.c
    blocks = select(column.block).where(column.block >= first, column.block < until).order_by(column.block)
    if wanted.received_from is not None:
        blocks = blocks.where(column.last_received >= checked_number(wanted.received_from, "received_from"))
    if wanted.received_until is not None:
        blocks = blocks.where(column.first_received < checked_number(wanted.received_until, "received_until"))
    types = _types(connection, wanted.document_type, first, until)
    marks = _marks(connection, wanted, first, until)
    for block in connection.scalars(blocks).all():
        bits = (1 << min(BLOCK, total - block * BLOCK)) - 1
        if types is not None:
            bits &= types.get(block, 0)
        if wanted.attested_by is not None:
            bits &= marks.get((wanted.attested_by, block), 0)
        if wanted.not_attested_by is not None:
            bits &= ~marks.get((wanted.not_attested_by, block), 0)
        if not wanted.with_withdrawn:
            bits &= ~marks.get((WITHDRAWN[0], block), 0)
        yield block, bits


def _types(connection: Connection, type_: int | None, first: int, until: int) -> dict[int, int] | None:
    """The bits of a document type by block; None if any type is wanted."""
    if type_ is None:
        return None
    column = INBOX_TYPES.c
    read = select(column.block, column.bits).where(
        column.document_type == type_, column.block >= first, column.block < until
    )
    return {row.block: int.from_bytes(row.bits, "little") for row in connection.execute(read)}


def _marks(connection: Connection, wanted: Marked, first: int, until: int) -> dict[tuple[str, int], int]:
    """By agency and block: what it attested of the wanted kind, or at all. The empty agency: what is withdrawn."""
    column = INBOX_ATTESTED.c
    agencies = {wanted.attested_by, wanted.not_attested_by} - {None}
    read = select(INBOX_ATTESTED).where(
        column.agency.in_([WITHDRAWN[0], *agencies]), column.block >= first, column.block < until
    )
    found: dict[tuple[str, int], int] = {}
    for row in connection.execute(read):
        if wanted.kind in {None, row.kind} or row.agency == WITHDRAWN[0]:
            found[row.agency, row.block] = found.get((row.agency, row.block), 0) | int.from_bytes(row.bits, "little")
    return found


def _numbers(block: int, bits: int, limit: int) -> list[int]:
    found: list[int] = []
    while bits and len(found) < limit:
        lowest = bits & -bits
        found.append(block * BLOCK + lowest.bit_length() - 1)
        bits ^= lowest
    return found


def _bytes(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _of_leaf(connection: Connection, leaf: bytes) -> list[DeclarationId]:
    column = INBOX_NUMBERS.c
    found = connection.scalars(select(column.declaration).where(column.leaf == _leaf(leaf)))
    return [id_ for id_ in found if leaf_hash(id_) == leaf]


def _leaf(leaf: bytes) -> int:
    """A number by which a leaf is looked up: its first 63 bits."""
    return int.from_bytes(leaf[:8]) >> 1

"""Shares: sealed documents that parties leave for who has a link, until a day that they name or until they remove them.

What is kept is sealed with a key that never comes here. Rules about times are the caller's; what one signer, and all
together, may take is bounded here, because all processes of a server share these tables.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, true, update

from ledger.core.encoding.ids import DeclarationId, ShareId, Signer
from ledger.core.evidence.share import Share
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import SHARE_PIECES, SHARES
from ledger.errors import NoRoomForShare, ShareExists, Source, TooManyShares, Unavailable

HOUR = 3_600
MOST_IN_AN_HOUR = 30
"""Shares that one signer may make in an hour, those included that he removed."""
MOST_BYTES_OF_A_SIGNER = 200 << 20
MOST_SHARES = 100_000
"""Of all signers together."""
PIECE = 256 << 10
ROW_BYTES = 4 << 10
"""What a share takes beside its bytes, as it is counted: so that many small ones have a limit too."""


class Shares:
    """The tables of shares. ``at`` is the time now in seconds, everywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, share: Share, sealed: bytes, most_bytes: int) -> bool:
        """Keep a share of a declaration that is in the store; False if it is kept already, with the same bytes.

        :param most_bytes: of all shares together, as they are counted.
        :raises ShareExists: another one has its id.
        :raises TooManyShares: its signer has made as many as he may in an hour.
        :raises NoRoomForShare: all that its signer keeps here would be too large.
        :raises Unavailable: all shares together would be too large, or too many.
        """
        at, row = checked_number(share.made_at, "time"), SHARES.c
        checked_number(share.until, "until")
        with self._database.writing() as connection:
            _remove_over(connection, at)
            known = connection.execute(select(SHARES).where(row.id == share.id)).first()
            if known is not None:
                is_same = (known.signer, known.declaration) == (share.signer, share.declaration)
                if is_same and known.removed_at is None and _bytes_of(connection, share.id) == sealed:
                    return False
                raise ShareExists()
            _check_signer(connection, share, at)
            _check_all(connection, share, most_bytes)
            values = {
                "id": share.id, "signer": share.signer, "declaration": share.declaration, "size": share.size,
                "made_at": at, "until": share.until,
            }  # fmt: skip
            connection.execute(insert(SHARES).values(values))
            connection.execute(
                insert(SHARE_PIECES),
                [
                    {"share": share.id, "number": number, "bytes": sealed[start : start + PIECE]}
                    for number, start in enumerate(range(0, len(sealed), PIECE))
                ],
            )
        return True

    def get(self, id_: ShareId, at: int) -> Share | None:
        """A share by its id; None if there is none, or it is over."""
        row = SHARES.c
        wanted = select(SHARES).where(row.id == id_, row.removed_at.is_(None), row.until > at)
        with self._database.reading() as connection:
            found = connection.execute(wanted).first()
        return None if found is None else _share(found)

    def piece(self, id_: ShareId, number: int) -> bytes | None:
        """The bytes of a share from ``number * PIECE`` on, at most ``PIECE`` of them; None if there are none."""
        column = SHARE_PIECES.c
        wanted = select(column.bytes).where(column.share == id_, column.number == number)
        with self._database.reading() as connection:
            found = connection.execute(wanted).scalar()
        return None if found is None else bytes(found)

    def of(self, signer: Signer | None, at: int) -> list[Share]:
        """The shares of a signer, or of all, newest first."""
        row = SHARES.c
        wanted = select(SHARES).where(row.removed_at.is_(None), row.until > at).order_by(row.made_at.desc(), row.id)
        if signer is not None:
            wanted = wanted.where(row.signer == signer)
        with self._database.reading() as connection:
            return list(map(_share, connection.execute(wanted)))

    def remove(self, id_: ShareId, signer: Signer | None, at: int) -> bool:
        """Forget a share of a signer, or of anybody; False if there is none. Its bytes are gone at once."""
        row = SHARES.c
        this = and_(row.id == id_, row.removed_at.is_(None))
        if signer is not None:
            this &= row.signer == signer
        with self._database.writing() as connection:
            if connection.execute(update(SHARES).where(this).values(removed_at=at, size=0)).rowcount == 0:
                return False
            connection.execute(delete(SHARE_PIECES).where(SHARE_PIECES.c.share == id_))
            _remove_over(connection, at)
        return True

    def remove_over(self, at: int) -> int:
        """Forget all whose time is over: how many."""
        row = SHARES.c
        with self._database.reading() as connection:  # most of the time there is nothing to write
            if connection.execute(select(func.count()).select_from(SHARES).where(row.until <= at)).scalar_one() == 0:
                return 0
        with self._database.writing() as connection:
            return _remove_over(connection, at)


def _remove_over(connection: Connection, at: int) -> int:
    row = SHARES.c
    over = or_(row.until <= at, and_(row.removed_at.is_not(None), row.made_at <= at - HOUR))
    connection.execute(delete(SHARE_PIECES).where(SHARE_PIECES.c.share.in_(select(row.id).where(over))))
    return connection.execute(delete(SHARES).where(over)).rowcount


def _check_signer(connection: Connection, share: Share, at: int) -> None:
    row = SHARES.c
    times = list(
        connection.execute(
            select(row.made_at).where(row.signer == share.signer, row.made_at > at - HOUR).order_by(row.made_at)
        ).scalars()
    )
    if len(times) >= MOST_IN_AN_HOUR:
        raise TooManyShares(MOST_IN_AN_HOUR, max(1, times[-MOST_IN_AN_HOUR] + HOUR - at))
    own = _counted(connection, and_(row.signer == share.signer, row.removed_at.is_(None)))
    if _room(own) + share.size + ROW_BYTES > MOST_BYTES_OF_A_SIGNER:
        raise NoRoomForShare(MOST_BYTES_OF_A_SIGNER)


def _check_all(connection: Connection, share: Share, most_bytes: int) -> None:
    all_ = _counted(connection, true())
    if all_[0] >= MOST_SHARES or _room(all_) + share.size + ROW_BYTES > most_bytes:
        raise Unavailable(
            "this server has no room for more shares: give the document to its reader in another way, or ask the "
            "operator",
            source=Source.STORE,
        )


def _counted(connection: Connection, which: ColumnElement[bool]) -> tuple[int, int]:
    """How many rows, and how many bytes."""
    counts = select(func.count(), func.coalesce(func.sum(SHARES.c.size), 0)).select_from(SHARES).where(which)
    count, size = connection.execute(counts).one()
    return int(count), int(size)


def _room(counted: tuple[int, int]) -> int:
    count, size = counted
    return size + count * ROW_BYTES


def _bytes_of(connection: Connection, id_: ShareId) -> bytes:
    column = SHARE_PIECES.c
    pieces = connection.execute(select(column.bytes).where(column.share == id_).order_by(column.number))
    return b"".join(pieces.scalars())


def _share(row: Row[tuple[object, ...]]) -> Share:
    return Share(ShareId(row.id), Signer(row.signer), DeclarationId(row.declaration), row.size, row.made_at, row.until)

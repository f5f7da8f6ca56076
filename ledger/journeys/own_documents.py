"""Own documents: what a party declared, newest first, and where each stands."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.core.encoding.ids import DeclarationId, Signer
from ledger.core.history.history import History
from ledger.edges.store import Store
from ledger.errors import UnknownDeclaration
from ledger.journeys.inbox import Page
from ledger.journeys.status import DeclarationStatus, declaration_status, statuses_of

_PAGE = 500


def own_documents(
    store: Store, history: History, party: Signer, at: int, cursor: str | None = None, limit: int = 50
) -> Page:
    """A page of the declarations of a party, newest first, each with where it stands at ``at`` (seconds).

    :raises Malformed: the cursor did not come from here.
    """
    rows, following = store.declarations.page(party=party, newest_first=True, cursor=cursor, limit=limit)
    found = statuses_of([row.id for row in rows], store, history, at)
    return Page(tuple(one for one in found if one is not None), following)


def each_own_document(store: Store, history: History, party: Signer, at: int, most: int) -> Iterator[DeclarationStatus]:
    """The same, page by page: at most ``most``."""
    cursor: str | None = None
    left = most
    while left > 0:
        page = own_documents(store, history, party, at, cursor, min(_PAGE, left))
        yield from page.found
        left, cursor = left - len(page.found), page.next_cursor
        if cursor is None:
            return


def own_document(store: Store, history: History, party: Signer, id_: DeclarationId, at: int) -> DeclarationStatus:
    """Where a declaration of the party stands at ``at`` (seconds).

    :raises UnknownDeclaration: there is none, or it is not the party's.
    """
    found = declaration_status(id_, store, history, at, lambda declaration: declaration.party == party)
    if found.declaration is None:  # the history knows of its withdrawal, and the store of nothing
        raise UnknownDeclaration(id_)
    return found

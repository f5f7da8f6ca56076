"""Shares: a party leaves a sealed document at a server, for who has a link with the key; until a day, or until it
removes it. ``open_share`` is what such a reader does.

The server keeps what is sealed, and cannot open it. What is sealed is not looked at: the reader compares the document's
digest with the declared one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NamedTuple

from ledger.core.document import Redacted, Wrapped, open_document
from ledger.core.encoding.ids import DeclarationId, ShareId, Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.link import EvidenceLink
from ledger.core.evidence.share import KEY_SIZE, LEAST_SEALED, NONCE_SIZE, NewShare, Share, seal, share_id, unseal
from ledger.core.history.rights import MayRead, anybody
from ledger.core.statements.declaration import Declaration
from ledger.edges.server_api import ServerApi
from ledger.edges.store import Store
from ledger.errors import Malformed, OnlyItsParty, ShareUnknown, UnknownDeclaration, VerificationFailed

SHARES = "/v1/shares"
"""Where a server has its shares."""
MOST_SHARE_BYTES = 8 << 20
"""Of one share, sealed. A server's limit on bodies may be less."""
LEAST_SECONDS, MOST_SECONDS = 3_600, 365 * 24 * 3_600
"""How long a share is kept, at least and at most."""

MayShare = Callable[[Declaration], bool]
"""Whether somebody may share the document of a declaration: its party may."""


class Sealed(NamedTuple):
    """What is handed in, and the link for its reader, which alone has the key."""

    new: NewShare
    link: EvidenceLink


def make_share(document: Wrapped | Redacted, site: str, declaration: DeclarationId, until: int) -> Sealed:
    """Seal a document of a declaration with a new key; a reader gets it at ``site``, until then (seconds).

    :raises Malformed: it is too large to be shared.
    """
    data = document.to_bytes()
    if len(data) > MOST_SHARE_BYTES - LEAST_SEALED:
        raise Malformed(f"is too large to be shared: at most {MOST_SHARE_BYTES - LEAST_SEALED:,} bytes", "document")
    key = secrets.token_bytes(KEY_SIZE)
    sealed = seal(data, key, declaration, secrets.token_bytes(NONCE_SIZE))
    new = NewShare(share_id(key, declaration), declaration, sealed, until)
    return Sealed(new, EvidenceLink(site, declaration, document.digest, key))


def add_share(
    store: Store,
    new: NewShare,
    at: int,
    most_bytes: int,
    may_share: MayShare = anybody,
    may_read: MayRead = anybody,
) -> tuple[Share, bool]:
    """Keep a share: it, and whether it is new. Handing in the same again changes nothing.

    :param at: the time now, in seconds.
    :param most_bytes: of all shares in the store together.
    :raises Malformed: it is too large or too small, or its end is too soon or too far away.
    :raises UnknownDeclaration: the store does not have the declaration, or it is not for who asks.
    :raises OnlyItsParty: who asks is not its party.
    :raises ShareExists, TooManyShares, NoRoomForShare, Unavailable: see ``Shares.add``.
    """
    if not LEAST_SEALED < len(new.sealed) <= MOST_SHARE_BYTES:
        raise Malformed(f"must be a sealed document of at most {MOST_SHARE_BYTES:,} bytes", "share")
    if not LEAST_SECONDS <= new.until - at <= MOST_SECONDS:
        raise Malformed("must be at least an hour and at most 365 days from now", "until")
    row = store.declarations.get(new.declaration)
    if row is None or not may_read(row.declaration):
        raise UnknownDeclaration(new.declaration)
    if not may_share(row.declaration):
        raise OnlyItsParty(new.declaration)
    made = Share(new.id, Signer(row.declaration.party), new.declaration, len(new.sealed), at, new.until)
    if store.shares.add(made, new.sealed, most_bytes):
        return made, True
    return find_share(store, new.id, at), False


def list_shares(store: Store, at: int, signer: Signer | None = None) -> list[Share]:
    """The shares of a signer, or of all, newest first, without those whose time is over."""
    return store.shares.of(signer, at)


def remove_share(store: Store, id_: ShareId, at: int, signer: Signer | None = None) -> bool:
    """Remove a share of a signer, or of anybody; False if there is none."""
    return store.shares.remove(id_, signer, at)


def find_share(store: Store, id_: ShareId, at: int) -> Share:
    """:raises ShareUnknown: there is none of this id, or its time is over."""
    found = store.shares.get(id_, at)
    if found is None:
        raise ShareUnknown()
    return found


def piece_of(store: Store, id_: ShareId, number: int) -> bytes:
    """A piece of what is sealed, the first one by 0. ShareUnknown if it was removed meanwhile."""
    found = store.shares.piece(id_, number)
    if found is None:
        raise ShareUnknown()
    return found


def open_share(link: EvidenceLink, proxy: str | None = None) -> Wrapped | Redacted:
    """The document that a link with a key opens. It is of the digest that the link names.

    :param proxy: address of the proxy to ask through; None: none.
    :raises Malformed: the link has no key.
    :raises ShareUnknown: the server has no such share, or no more.
    :raises VerificationFailed: what the server gave does not open, or is of another document than the link names.
    :raises Unavailable: the server does not answer.
    """
    if link.key is None:
        raise Malformed("opens no share: it ends without a key, and leads to evidence alone", "link")
    name = share_id(link.key, link.id)
    sealed = ServerApi(link.site, proxy=proxy).read_bytes(share_path(name), MOST_SHARE_BYTES)
    try:
        made = open_document(unseal(sealed, link.key, link.id))
    except Malformed as error:
        raise VerificationFailed(f"what was shared is no wrapped or redacted document: {error}") from None
    if made.digest != link.digest:
        raise VerificationFailed("what was shared is another document than the one that the link names")
    return made


def share_path(id_: ShareId) -> str:
    """Where a server has a share."""
    return f"{SHARES}/{hex_text(id_)}"

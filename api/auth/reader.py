"""Who reads, and what he may read: by the digest that he gives, or by his session."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope

from api.auth.shown import bearer_of, cookie_name, cookie_of, digest_of
from api.services import Services
from ledger.core.history.rights import MayRead, holder_of
from ledger.errors import NotSignedIn
from ledger.journeys.sign_in import SignedIn


@dataclass(frozen=True, slots=True)
class Reader:
    """What who asks may read. ``session``: None for one who gave a digest."""

    may_read: MayRead
    session: SignedIn | None = None


def secret_of(scope: Scope, services: Services) -> str | None:
    """The session that a request shows; a bearer comes before a cookie. None if it shows none."""
    bearer = bearer_of(scope)
    return bearer if bearer is not None else cookie_of(scope, cookie_name(services.settings))


def session_of(scope: Scope, services: Services) -> SignedIn:
    """The session that a request shows, with its rights as they are now. Reads the store: call it in a thread.

    :raises NotSignedIn: it shows none, or one that is over.
    :raises Unavailable: the register is not known.
    """
    secret = secret_of(scope, services)
    if secret is None:
        raise NotSignedIn()
    return services.app.sign_ins.find(secret, services.clock())


def reader_of(scope: Scope, services: Services) -> Reader:
    """Who asks for one declaration. A digest is all that counts where there is one. Call it in a thread.

    :raises NotSignedIn: it gives no digest, and shows no session.
    :raises Malformed: the digest is none.
    :raises Unavailable: the register is not known.
    """
    digest = digest_of(scope)
    if digest is not None:
        return Reader(holder_of(digest))
    session = session_of(scope, services)
    return Reader(session.rights.may_read, session)

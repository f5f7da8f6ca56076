"""What a request shows of who asks: a session, as bearer or as cookie, or a document's digest. Nothing is judged."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Scope

from api import spellings
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.reading import hex_bytes
from ledger.errors import Malformed
from ledger.settings import Settings

DIGEST_HEADER = "Ledger-Digest"
_DIGEST_SIZE = 32
_LONGEST_COOKIES = 4096

NAMED_HOST, PLAIN = "__Host-ledger", "ledger"
"""Names of the cookie. Browsers take the first only from this very host, over TLS; http://localhost has the second."""

NO_STORE = {"Cache-Control": "no-store"}
"""For answers that are not for everybody."""

SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "For programs: what `POST /v1/sessions` answers, 43 characters.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": NAMED_HOST,
        "description": f"For browsers: `POST /v1/sessions` with `keep` cookie sets it; at http://localhost `{PLAIN}`.",
    },
}
BY_SESSION: dict[str, Any] = {"security": [{"bearer": []}, {"cookie": []}]}
"""What OpenAPI says of a route that needs a session."""
_EXAMPLE = "0x5b7e1c3a9d8f4e2b6a1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a"
_HASH = {"type": "string", "pattern": spellings.HASH}
_WORDS = "Digest of the declaration's document: who has it needs no session. Evidence has it (`declaration.digest`)."
BY_DIGEST: dict[str, Any] = {
    "security": [{}, *BY_SESSION["security"]],
    "parameters": [
        {"name": "digest", "in": "query", "description": _WORDS, "schema": _HASH, "example": _EXAMPLE},
        {
            "name": DIGEST_HEADER,
            "in": "header",
            "description": "The same, for those whose addresses are written down on the way",
            "schema": _HASH,
            "example": _EXAMPLE,
        },
    ],
}
"""What OpenAPI says of a route that needs the digest or a session."""


def cookie_name(settings: Settings) -> str:
    """The name of this server's cookie."""
    return NAMED_HOST if settings.site is not None and settings.site.startswith("https:") else PLAIN


def header_of(scope: Scope, name: bytes) -> str | None:
    """A header of a request by its name in lower case; None if there is none."""
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return None


def bearer_of(scope: Scope) -> str | None:
    """The session that a program shows; None if it shows none."""
    scheme, _, secret = (header_of(scope, b"authorization") or "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def cookie_of(scope: Scope, name: str) -> str | None:
    """The session that a browser shows; None if it shows none."""
    text = header_of(scope, b"cookie")
    if text is None or name not in text or len(text) > _LONGEST_COOKIES:
        return None
    try:
        found = SimpleCookie(text).get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def digest_of(scope: Scope) -> Digest | None:
    """The digest that a request gives, in its address or in a header; None if it gives none.

    :raises Malformed: it is no digest, or there are two.
    """
    text = scope["query_string"]
    given = parse_qs(text.decode("latin-1"), keep_blank_values=True).get("digest", []) if b"digest=" in text else []
    in_header = header_of(scope, DIGEST_HEADER.lower().encode())
    if in_header is not None:
        given.append(in_header)
    if not given:
        return None
    if len(set(given)) != 1:
        raise Malformed("give one", "digest")
    found = hex_bytes(given[0], "digest")
    if len(found) != _DIGEST_SIZE:
        raise Malformed(f"must be {_DIGEST_SIZE} bytes", "digest")
    return Digest(found)

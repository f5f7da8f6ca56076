"""Login: sign in to a server of the API with a key of the keystore.

Before a key signs anything, its owner must know which history the server is about: by a trust root, by what was
believed at an earlier login, or by looking at the fingerprints.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ledger.core.checkpoints.note import NoteKey, SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.encoding.text import harmless
from ledger.core.statements.origin import Origin
from ledger.core.statements.sign_in import SignIn
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.profiles import Profile, Profiles
from ledger.edges.web import Response, Web
from ledger.errors import Malformed, Source, Unavailable, VerificationFailed

TIMEOUT_SECONDS = 30.0
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SeenServer:
    """What a server says of itself, at an address (scheme, host and port). ``log_key``: None if it has none."""

    url: str
    origin: Origin
    log_key: NoteKey | None
    proxy: str | None = None

    def fingerprints(self) -> dict[str, str]:
        """What its user compares with what the operator published elsewhere."""
        return {
            "server": self.url,
            "chain": str(self.origin.chain_id),
            "contract": hex_text(self.origin.contract),
            "first entry": hex_text(self.origin.salt),
            "log key": "none" if self.log_key is None else hex_text(self.log_key.public_key),
        }


def site_of(url: str) -> str:
    """The site at an address, as a sign-in names it: scheme, host and port. Malformed for what is no such address."""
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if not named or parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username is not None:
        raise Malformed("must look like https://ledger.example, without a path", "address")
    return f"{parts.scheme}://{parts.netloc}".lower()


def look_at(url: str, proxy: str | None = None) -> SeenServer:
    """Ask a server which history it is about.

    :param proxy: address of the proxy to ask through, and later to sign in through; None: none.
    :raises Unavailable: it does not answer, or not as such a server.
    :raises VerificationFailed: its newest checkpoint is not signed with the key that it says is its log's.
    """
    site = site_of(url)
    said = _value(web_of(site, proxy).get("/v1/history", MOST_BYTES), 200, site)
    try:
        origin, key = Origin.parse(str(said.get("origin"))), said.get("log_key")
        log_key = None if key is None else NoteKey.parse(str(key))
        note = said.get("checkpoint")
        if log_key is not None and note is not None:
            TrustRoot.of(origin, log_key).verify_log(SignedNote.parse(str(note)))
    except Malformed as error:
        raise Unavailable(f"{site} does not answer as a ledger: {error}", source=Source.LOG) from None
    return SeenServer(site, origin, log_key, proxy)


def check_believed(seen: SeenServer, trust: TrustRoot | None, known: Profile | None) -> bool:
    """Whether its user believed this server before, or has a trust root for it; False: he must be asked.

    :raises VerificationFailed: the server is about another history, or has another log key, than was believed.
    """
    if trust is not None:
        if seen.origin != trust.origin:
            raise VerificationFailed(f"{seen.url} is about {seen.origin}, and {trust.origin} is trusted")
        if seen.log_key is not None and all(seen.log_key != key for key, _ in trust.log_keys):
            raise VerificationFailed(f"the log key of {seen.url} is none of those that are trusted: {seen.log_key}")
        return True
    if known is None:
        return False
    key = None if seen.log_key is None else str(seen.log_key)
    if (known.origin, known.log_key) != (str(seen.origin), key):
        raise VerificationFailed(
            f"{seen.url} is about another history, or has another log key, than at the last login: "
            f"{seen.origin}, {key}; it was {known.origin}, {known.log_key}. If its operator says why, give --trust"
        )
    return True


def log_in(seen: SeenServer, key: SigningKey, profiles: Profiles, clock: Callable[[], int]) -> dict[str, Any]:
    """Sign in to a server that is believed, and keep the session; what the server says of it, without the session.

    :raises Malformed: the server is reached under another name, or the key cannot sign statements.
    :raises Unavailable: it does not answer, or lets nobody in.
    """
    web = web_of(seen.url, seen.proxy)
    given = _value(web.post("/v1/sessions/nonces", b"", MOST_BYTES, "application/json"), 201, seen.url)
    if given.get("origin") != str(seen.origin):
        raise Unavailable(f"{seen.url} names two histories", source=Source.LOG)
    sites = given.get("sites")
    if not isinstance(sites, list) or seen.url not in sites:
        raise Malformed(f"is {seen.url}, and the server calls itself {harmless(sites)}: sign in there", "address")
    nonce = hex_bytes(given.get("nonce"), "nonce")
    statement = SignIn(seen.url, key.signer(seen.origin), nonce, clock())
    said = {"sign_in": statement.to_json(), "signature": hex_text(key.sign(statement.id(seen.origin)))}
    opened = _value(web.post("/v1/sessions", json.dumps(said).encode(), MOST_BYTES, "application/json"), 201, seen.url)
    session, ends_at = opened.pop("session", None), opened.get("ends_at")
    if not isinstance(session, str) or not isinstance(ends_at, int):
        raise Unavailable(f"{seen.url} does not answer as a ledger", source=Source.LOG)
    log_key = None if seen.log_key is None else str(seen.log_key)
    profiles.keep(Profile(seen.url, str(seen.origin), log_key, hex_text(statement.signer), session, ends_at))
    return opened


def web_of(site: str, proxy: str | None) -> Web:
    """Requests to a server, through a proxy if there is one; never for loopback."""
    return Web(site, TIMEOUT_SECONDS, Source.LOG, proxy)


def _value(answer: Response, status: int, site: str) -> dict[str, Any]:
    """The object that a server answered; Unavailable, with the server's own words, for another status."""
    try:
        value = parse_json(answer.body)
    except Malformed:
        value = None
    if answer.status != status:
        words = value.get("detail") if isinstance(value, dict) else None
        raise Unavailable(f"{site} answers with HTTP {answer.status}: {harmless(words)}", source=Source.LOG)
    if not isinstance(value, dict):
        raise Unavailable(f"{site} does not answer as a ledger", source=Source.LOG)
    return value

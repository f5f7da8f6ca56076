"""Signing in, as a program does it: a nonce, a signed statement, a session."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.statements.origin import Origin
from ledger.core.statements.sign_in import SignIn
from ledger.edges.keys.keystore import SigningKey

SITE = "http://localhost:8080"
"""Where a server is, whose settings name no site."""

Post = Callable[[str, Any], Any]
"""Posts a JSON value to a path; returns the answer's value."""


def body(statement: SignIn, sign: Callable[[bytes], bytes], origin: Origin, keep: str = "bearer") -> dict[str, Any]:
    """What is posted to sign in."""
    signature = sign(statement.id(origin))
    return {"sign_in": statement.to_json(), "signature": hex_text(signature), "keep": keep}


def session(post: Post, key: SigningKey, origin: Origin, site: str = SITE, signer: Signer | None = None) -> str:
    """The session of a key, for ``Authorization: Bearer …``."""
    nonce = hex_bytes(post("/v1/sessions/nonces", None)["nonce"], "nonce")
    statement = SignIn(site, signer or key.signer(origin), nonce, int(time.time()))
    found: str = post("/v1/sessions", body(statement, key.sign, origin))["session"]
    return found


def bearer(secret: str) -> dict[str, str]:
    """The header that shows a session."""
    return {"Authorization": f"Bearer {secret}"}

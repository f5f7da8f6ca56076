"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header): a request that may be sent again is done once.

For routes whose answer says what this request did. Doing it twice would be harmless, as statements are named by their
content; the key gives the client its first answer again, gas and transaction included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from fastapi import Request, Response

from api.kit.capacity import Runs
from api.kit.clients import client_of
from api.kit.errors import problem
from api.kit.fast_path import FastPath
from ledger.edges.store.idempotency import MOST_BYTES, Idempotency, StoredResponse
from ledger.errors import Malformed

HEADER = "Idempotency-Key"
# A string of RFC 9651, or the same without quotation marks, as many clients send it.
_KEY = re.compile(r'"?([!#-\[\]-~]{1,255})"?')
MARGIN_SECONDS = 60  # beyond the time that a transaction is waited for

DOCUMENTED: dict[str, Any] = {
    "parameters": [
        {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "Names this request for a day: sent again under the same key, it gets its first answer. 422 "
            "for another request under the key, 409 while the first is under way. Only success is kept.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 257, "pattern": f"^{_KEY.pattern}$"},
            "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
        }
    ]
}


@dataclass(frozen=True, slots=True)
class KeptResponses:
    """Where first responses are kept; ``app.state.kept_responses``.

    ``patience``: seconds after which a request that is still under way counts as dead.
    ``threads``: where the table is read and written.
    """

    table: Idempotency
    clock: Callable[[], int]
    patience: int
    threads: Runs


class Idempotent(FastPath):
    """A route that heeds ``Idempotency-Key`` where it is a POST."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if "POST" not in (self.methods or ()):
            return handle

        async def once(request: Request) -> Response:
            given = request.headers.get(HEADER)
            if given is None:
                return await handle(request)
            return await _once(request, _own(request, _key(given)), handle)

        return once


async def _once(request: Request, key: str, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    kept: KeptResponses = request.app.state.kept_responses
    table, client, run = kept.table, client_of(request.scope), kept.threads.run
    digest = sha256(f"{request.method} {request.url.path}\n".encode() + await request.body()).digest()
    known = await run(partial(table.begin, client, key, digest, kept.clock(), kept.patience))
    if known == "another request":
        return problem(422, "KeyUsed", f"another request was sent under this {HEADER}: take a new one")
    if known == "under way":
        return problem(409, "UnderWay", f"the request under this {HEADER} is under way: ask again shortly")
    if isinstance(known, StoredResponse):
        return Response(known.body, known.status, media_type="application/json")
    try:
        response = await handle(request)
    except BaseException:
        await run(partial(table.forget, client, key))
        raise
    if response.status_code < 300 and len(response.body) <= MOST_BYTES:
        answered = StoredResponse(response.status_code, bytes(response.body))
        await run(partial(table.keep, client, key, answered))
    else:
        await run(partial(table.forget, client, key))
    return response


def _own(request: Request, key: str) -> str:
    """The key, if need be hashed with the credentials that came with it.

    Others at the same address, as behind a proxy that is not trusted, then neither read what is kept nor block the key.
    """
    shown = [request.headers.get(name, "") for name in ("Authorization", "Cookie")]
    return sha256("\n".join((*shown, key)).encode()).hexdigest() if any(shown) else key


def _key(given: str) -> str:
    found = _KEY.fullmatch(given)
    if found is None:
        raise Malformed("must be 1 to 255 visible characters of ASCII without quotation marks and backslashes", HEADER)
    return found[1]

"""Receive declarations: read them, check their party's signature, hand them to the intake; one or many a request."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError

from api.dependencies import Services
from api.errors import reasons, status_of
from api.intake import Received
from api.schemas import SignedDeclaration
from ledger.core.codec import hex_text
from ledger.core.signature import WalletUndecided, verify_signature
from ledger.core.statement import Declaration
from ledger.core.typed_data import Origin
from ledger.errors import BadSignature, LedgerError, Malformed, VerificationFailed

log = logging.getLogger("api.receive")

NDJSON = "application/x-ndjson"
MAX_LINES = 10_000
MAX_LINE = 8 << 10  # bytes
BULK_EXAMPLE = '{"declaration": {"party": …}, "signature": "0x…"}\n{"declaration": {"party": …}, "signature": "0x…"}\n'
_PORTION = 500  # lines that are checked, and stored, at once

_lines = TypeAdapter(SignedDeclaration)


def read(body: SignedDeclaration, origin: Origin) -> Received:
    """A request's body, whose shape is checked, as a statement with its id."""
    given = body.declaration
    declaration = Declaration(_bytes(given.party), _bytes(given.digest), given.document_type, _bytes(given.replaces))
    return declaration.id(origin), declaration, _bytes(body.signature)


def signed_by_party(received: Received, origin: Origin) -> bool:
    """Whether the party's own key signed; False where only a wallet contract could say.

    :raises BadSignature: it did not.
    """
    id_, declaration, signature = received
    try:
        verify_signature(origin, declaration.party, id_, signature)
    except WalletUndecided:
        return False
    except VerificationFailed:
        raise BadSignature(declaration.party, id_) from None
    return True


def ask_wallet(received: Received, given: Services) -> None:
    """Ask the wallet contract that bears the party's address whether it signed; takes the chain's time.

    :raises BadSignature: it did not, or there is none.
    :raises Unavailable: the chain is away.
    """
    id_, declaration, signature = received
    try:
        given.chain.wallet_accepts(declaration.party, id_, signature)
    except VerificationFailed:
        raise BadSignature(declaration.party, id_) from None


def taken_in(body: SignedDeclaration, id_: bytes, at: int) -> dict[str, Any]:
    """The state of a declaration that is stored and nothing more."""
    return {
        "id": hex_text(id_), "state": "pending", "received_at": at, "declaration": body.declaration.model_dump(),
        "batch_root": None, "batch_size": None, "entry_number": None, "entry_time": None, "withdrawn_by_entry": None,
        "attestations": [],
    }  # fmt: skip


async def bulk(lines: Sequence[bytes], given: Services) -> AsyncIterator[bytes]:
    """The answer to many lines, a portion at a time: each portion is on disk before it is answered."""
    for first in range(0, len(lines), _PORTION):
        portion = lines[first : first + _PORTION]
        checked = await run_in_threadpool(_check, portion, given)
        received = [item for item in checked if isinstance(item, tuple)]
        try:
            new = iter((await given.intake.put(received)).new if received else ())
        except LedgerError as error:
            checked = [error if isinstance(item, tuple) else item for item in checked]
        answers = []
        for number, item in enumerate(checked, start=first + 1):
            if isinstance(item, tuple):
                answers.append({"line": number, "status": 202 if next(new) else 200, "id": hex_text(item[0])})
            else:
                answers.append({"line": number, "status": status_of(item), "detail": str(item)})
        yield b"".join(orjson.dumps(answer) + b"\n" for answer in answers)


def _check(portion: Sequence[bytes], given: Services) -> list[Received | LedgerError]:
    checked: list[Received | LedgerError] = []
    for line in portion:
        try:
            received = _read_line(line, given.origin)
            if not signed_by_party(received, given.origin):
                ask_wallet(received, given)
            checked.append(received)
        except LedgerError as error:
            checked.append(error)
    return checked


def _read_line(line: bytes, origin: Origin) -> Received:
    if len(line) > MAX_LINE:
        raise Malformed(f"is longer than {MAX_LINE} bytes", "line")
    try:
        return read(_lines.validate_json(line), origin)
    except ValidationError as error:
        first = reasons(error.errors(include_input=False, include_url=False))[0]
        raise Malformed(first["what"], first["where"] or "line") from None


def _bytes(text: str) -> bytes:
    """Hex whose form is checked already."""
    return bytes.fromhex(text[2:])

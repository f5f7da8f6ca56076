"""Receive declarations: read them, check their party's signature, hand them to the intake; one or many a request."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from api.dependencies import Services
from api.intake import Received
from api.kit import metrics
from api.kit.errors import INTERNAL, kind_of, reasons, status_of
from api.schemas import SignedDeclaration
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.core.statements.statement import Declaration
from ledger.errors import DefiniteNo, LedgerError, Malformed, SignatureMismatch, Unavailable, VerificationFailed

NDJSON = "application/x-ndjson"
MAX_LINES = 10_000
MAX_LINE = 8 << 10  # bytes
BULK_EXAMPLE = '{"declaration": {"party": …}, "signature": "0x…"}\n{"declaration": {"party": …}, "signature": "0x…"}\n'
MAX_WALLETS = 100  # lines whose signature only the chain can judge
_PORTION = 500  # lines that are checked, and stored, at once
_QUOTES = 20  # in a signed declaration: six names and four strings, none of which can hold another

# Many lines are checked beside the event loop: libsecp256k1 lets go of the interpreter's lock.
_checkers = ThreadPoolExecutor(os.cpu_count(), "checking")


@dataclass(frozen=True, slots=True)
class _Wallet:
    """A line that a wallet contract may have signed."""

    received: Received


@dataclass(frozen=True, slots=True)
class _Known:
    """A line that is stored."""

    id: bytes
    is_new: bool


_Outcome = Received | _Wallet | _Known | Exception


def check_names(raw: bytes) -> None:
    """Of JSON that has the shape of a signed declaration: Malformed where an object has two members of one name.

    Parsers take the last of them, and another program might take the first.
    """
    if raw.count(b'"') != _QUOTES:
        raise Malformed("has two members of one name", "body")


def read(body: SignedDeclaration, origin: Origin) -> Received:
    """A request's body, whose shape is checked, as a statement with its id."""
    given = body.declaration
    declaration = Declaration(_bytes(given.party), _bytes(given.digest), given.document_type, _bytes(given.replaces))
    return declaration.id(origin), declaration, _bytes(body.signature)


def signed_by_party(received: Received, origin: Origin) -> bool:
    """Whether the party's own key signed; False where only a wallet contract could say.

    :raises SignatureMismatch: it did not.
    """
    id_, declaration, signature = received
    try:
        verify_signature(origin, declaration.party, id_, signature)
    except WalletUndecided:
        return False
    except VerificationFailed:
        raise SignatureMismatch(declaration.party, id_) from None
    return True


def checked(body: SignedDeclaration, origin: Origin) -> tuple[Received, bool]:
    """A request's body as ``read``, and whether it is ``signed_by_party``."""
    received = read(body, origin)
    return received, signed_by_party(received, origin)


def ask_wallet(received: Received, given: Services) -> None:
    """Ask the wallet contract that bears the party's address whether it signed; takes the chain's time.

    :raises SignatureMismatch: it did not, or there is none.
    :raises Unavailable: the chain is away.
    """
    id_, declaration, signature = received
    try:
        given.chain.wallet_accepts(declaration.party, id_, signature)
    except VerificationFailed:
        raise SignatureMismatch(declaration.party, id_) from None


def taken_in(body: SignedDeclaration, id_: bytes, at: int) -> dict[str, Any]:
    """The state of a declaration that is stored and nothing more."""
    return {
        "id": hex_text(id_), "state": "pending", "received_at": at, "declaration": body.declaration.model_dump(),
        "batch_root": None, "batch_size": None, "entry_number": None, "entry_time": None, "withdrawn_by_entry": None,
        "attestations": [],
    }  # fmt: skip


async def bulk(body: AsyncIterator[bytes], given: Services) -> bytes:
    """The answers to all lines of a body. It is read no faster than its lines are checked and stored.

    :raises HTTPException: it has too many lines, 413. Those before may be stored, and nothing says so.
    """
    loop = asyncio.get_running_loop()
    answers: list[bytes] = []
    wallets = MAX_WALLETS
    async for portion in _portions(body):
        if len(answers) + len(portion) > MAX_LINES:
            raise HTTPException(413, f"a request has at most {MAX_LINES} lines: send the rest in another")
        outcomes = await loop.run_in_executor(_checkers, _check, portion, given.origin)
        if any(isinstance(item, _Wallet) for item in outcomes):
            wallets -= await run_in_threadpool(_ask_wallets, outcomes, wallets, given)
        await _store(outcomes, given)
        _count(outcomes)
        answers += [_line(number, item) for number, item in enumerate(outcomes, start=len(answers) + 1)]
    return b"".join(answers)


async def _portions(body: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Lines as they come, some at a time. Of one that is too long only so much is kept that this is seen."""
    portion: list[bytes] = []
    rest = b""
    async for data in body:
        *lines, rest = (rest + data).split(b"\n")
        rest = rest[: MAX_LINE + 1]
        portion += lines
        while len(portion) >= _PORTION:
            yield portion[:_PORTION]
            del portion[:_PORTION]
    if rest:
        portion.append(rest)
    if portion:
        yield portion


def _check(portion: Sequence[bytes], origin: Origin) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    for line in portion:
        try:
            received = _read_line(line, origin)
            outcomes.append(received if signed_by_party(received, origin) else _Wallet(received))
        except DefiniteNo as error:
            outcomes.append(error)
    return outcomes


def _ask_wallets(outcomes: list[_Outcome], most: int, given: Services) -> int:
    """Put the wallets' word in place of each of theirs; how many there were. The chain is not asked again once away."""
    away: Unavailable | None = None
    places = [place for place, item in enumerate(outcomes) if isinstance(item, _Wallet)]
    for count, place in enumerate(places):
        item = outcomes[place]
        assert isinstance(item, _Wallet)
        try:
            if count >= most:
                raise Malformed(
                    f"at most {MAX_WALLETS} lines of a request can be signed by wallet contracts", "signature"
                )
            if away is not None:
                raise away
            ask_wallet(item.received, given)
            outcomes[place] = item.received
        except DefiniteNo as error:
            outcomes[place] = error
        except Unavailable as error:
            outcomes[place] = away = error
    return min(len(places), most)


async def _store(outcomes: list[_Outcome], given: Services) -> None:
    """Put what came of it in place of each that can be stored."""
    received = [item for item in outcomes if isinstance(item, tuple)]
    try:
        new = (await given.intake.put(received)).new if received else ()
    except (DefiniteNo, Unavailable) as error:
        new = [error] * len(received)
    stored = iter(new)
    for place, item in enumerate(outcomes):
        if isinstance(item, tuple):
            is_new = next(stored)
            outcomes[place] = is_new if isinstance(is_new, Exception) else _Known(item[0], is_new)


def _count(outcomes: Sequence[_Outcome]) -> None:
    for outcome, count in Counter(map(_kind, outcomes)).items():
        metrics.received("bulk", outcome, count)


def _kind(outcome: _Outcome) -> metrics.Outcome:
    if isinstance(outcome, _Known):
        return "new" if outcome.is_new else "known"
    return "refused" if isinstance(outcome, LedgerError) and status_of(outcome) < 500 else "failed"


def _line(number: int, outcome: _Outcome) -> bytes:
    if isinstance(outcome, _Known):
        answer = {"line": number, "status": 202 if outcome.is_new else 200, "id": hex_text(outcome.id)}
    elif isinstance(outcome, LedgerError):
        answer = {"line": number, "status": status_of(outcome), "type": kind_of(outcome), "detail": str(outcome)}
    else:
        answer = {
            "line": number,
            "status": 500,
            "type": INTERNAL,
            "detail": "the error is logged; it may be tried again",
        }
    return orjson.dumps(answer) + b"\n"


def _read_line(line: bytes, origin: Origin) -> Received:
    if len(line) > MAX_LINE:
        raise Malformed(f"is longer than {MAX_LINE} bytes", "line")
    try:
        body = SignedDeclaration.model_validate_json(line)
    except ValidationError as error:
        first = reasons(error.errors(include_input=False, include_url=False))[0]
        raise Malformed(first["what"], first["where"] or "line") from None
    check_names(line)
    return read(body, origin)


def _bytes(text: str) -> bytes:
    """Hex whose form is checked already."""
    return bytes.fromhex(text[2:])

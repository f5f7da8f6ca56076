"""Many declarations in one request: a signed declaration a line (NDJSON), an answer a line; or one JSON value each."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import orjson
from fastapi import HTTPException, Request, Response
from pydantic import ValidationError

from api.kit import metrics
from api.kit.errors import INTERNAL, kind_of, reasons, status_of
from api.kit.fast_path import is_json
from api.kit.openapi import JSON, body_of, content, schema_of
from api.routes.ledger.convert import received_of, refuse_repeated_names
from api.schemas import BulkResult, BulkResults, SignedDeclaration, SignedDeclarations
from api.services import Services
from ledger.core.encoding.canonical_json import MAX_DEPTH, MAX_VALUES
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.limits import Limits
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.origin import Origin
from ledger.errors import LedgerError, Malformed
from ledger.journeys.receive import (
    Outcome,
    Received,
    Stored,
    check_signatures,
    note_stored,
)

NDJSON = "application/x-ndjson"
MAX_LINES = 10_000
MAX_LINE = 8 << 10  # bytes
BODY = body_of(content(SignedDeclarations))
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A result for each, in order: one JSON value for one, lines for lines",
        "content": content(BulkResults) | {NDJSON: {"schema": schema_of(BulkResult)}},
    }
}
_BLANK = b" \t\r"  # what JSON permits around a value, but for the end of the line
_Numbered = tuple[int, bytes]
_PORTION = 500  # lines that are checked, and stored, at once
_PORTION_BYTES = 256 << 10  # or fewer, if they are long: a request holds no more


async def take_in(request: Request, services: Services) -> Response:
    """The answers to all lines of a body. It is read no faster than its lines are checked and stored.

    A body that is said to be JSON, and is ``{"declarations": [...]}``, gets one JSON value.

    :raises HTTPException: 413, it has too many lines. Earlier lines may be stored, and the answer does not say so.
    """
    if not is_json(request):
        return Response(b"".join(await _answers(_portions(request.stream()), services)), media_type=NDJSON)
    data = await request.body()
    lines = await services.checkers.run(partial(_items, data))
    if lines is None:
        return Response(b"".join(await _answers(_portions(_at_once(data)), services)), media_type=NDJSON)
    answers = await _answers(_cut(lines), services)
    return Response(b'{"results":[%b]}' % b",".join(answers), media_type=JSON)


async def _answers(portions: AsyncIterator[list[_Numbered]], services: Services) -> list[bytes]:
    answers: list[bytes] = []
    async for portion in portions:
        if len(answers) + len(portion) > MAX_LINES:
            raise HTTPException(413, f"a request has at most {MAX_LINES} lines: send the rest in another")
        lines = [line for _, line in portion]
        outcomes = await services.checkers.run(partial(_check, lines, services.origin))
        await _store(outcomes, services)
        _count(outcomes)
        answers += [_line(number, item) for (number, _), item in zip(portion, outcomes, strict=True)]
    return answers


async def _at_once(data: bytes) -> AsyncIterator[bytes]:
    """What is there already, as if it came."""
    yield data


async def _cut(lines: list[_Numbered]) -> AsyncIterator[list[_Numbered]]:
    for start in range(0, len(lines), _PORTION):
        yield lines[start : start + _PORTION]


def _items(data: bytes) -> list[_Numbered] | None:
    """The declarations of one JSON value as lines; None if it is no such value, and so may be lines itself."""
    try:
        value = parse_json(data, Limits(structured=len(data), depth=MAX_DEPTH, fields=MAX_VALUES))
    except Malformed:
        return None
    items = value.get("declarations") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(items, list):
        return None
    return [(number, orjson.dumps(item)) for number, item in enumerate(items, start=1)]


async def _portions(body: AsyncIterator[bytes]) -> AsyncIterator[list[_Numbered]]:
    """Lines with their numbers as they come, some at a time; blank lines are passed over, and so is a BOM at the start.

    An over-long line is cut just past the limit, so that it is still seen.
    """
    portion: list[_Numbered] = []
    rest, count, size = b"", 0, 0
    async for data in body:
        *lines, rest = (rest + data).split(b"\n")
        rest = rest[: MAX_LINE + 1]
        for line in lines:
            count += 1
            if kept := _content(line, count):
                portion.append((count, kept))
                size += len(kept)
        while len(portion) >= _PORTION or (portion and size >= _PORTION_BYTES):
            yield portion[:_PORTION]
            del portion[:_PORTION]
            size = sum([len(line) for _, line in portion])
    if kept := _content(rest, count + 1):
        portion.append((count + 1, kept))
    if portion:
        yield portion


def _content(line: bytes, number: int) -> bytes:
    """What a line says; empty if it is blank. One that is over-long may be cut, so it stays as it is."""
    if len(line) > MAX_LINE:
        return line
    return (line.removeprefix(BOM_UTF8) if number == 1 else line).strip(_BLANK)


def _check(portion: Sequence[bytes], origin: Origin) -> list[Outcome]:
    return check_signatures([_read(line, origin) for line in portion], origin)


def _read(line: bytes, origin: Origin) -> Received | LedgerError:
    if len(line) > MAX_LINE:
        return Malformed(f"is longer than {MAX_LINE} bytes", "line")
    try:
        body = SignedDeclaration.model_validate_json(line)
        refuse_repeated_names(line)
        return received_of(body, origin)
    except ValidationError as error:
        first = reasons(error.errors(include_input=False, include_url=False))[0]
        return Malformed(first["what"], first["where"] or "line")
    except LedgerError as error:
        return error


async def _store(outcomes: list[Outcome], services: Services) -> None:
    """Store what can be stored, and note what became of it."""
    received = [item for item in outcomes if isinstance(item, Received)]
    if not received:
        return
    new: Sequence[bool | Exception]
    room, over = services.quota.take_some(received)
    wanted = received[:room]
    try:
        new = (await services.storing.put(wanted)).new if wanted else []
    except LedgerError as error:
        new = [error] * room
    services.quota.give_back([item for item, is_new in zip(wanted, new, strict=True) if is_new is not True])
    if over is not None:
        new = [*new, *[over] * (len(received) - room)]
    note_stored(outcomes, new)


def _count(outcomes: Sequence[Outcome]) -> None:
    for outcome, count in Counter(map(_kind, outcomes)).items():
        metrics.received("bulk", outcome, count)


def _kind(outcome: Outcome) -> metrics.Reception:
    if isinstance(outcome, Stored):
        return "new" if outcome.is_new else "known"
    return "refused" if isinstance(outcome, LedgerError) and status_of(outcome) < 500 else "failed"


def _line(number: int, outcome: Outcome) -> bytes:
    if isinstance(outcome, Stored):
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

"""The server's log: one line for each request and for each thing that happens in the background.

structlog formats the lines of every logger, uvicorn's and those of ``ledger`` included: as JSON for machines, or as
text for a person at a terminal. Each line carries the id of the request, or of the round of background work, in which
it was written. docs/operations.md lists the fields.

No line holds contents, parties, signatures, sessions, or more of a node's address than scheme, host and port; only the
lines of ``api.auth.reads`` name signers and declarations. A request's line
says how it was asked (the route's template, not the path) and how it ended. An unexpected exception appears by its type
and traceback positions, because its message could repeat what was sent.
"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any, Literal

import orjson
from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,64}")

# No two processes have the same prefix, and no two requests of a process the same number.
_PREFIX = secrets.token_hex(4)
_NUMBERS = itertools.count(1)


class Cause:
    """What causes the work that is under way: a ``request``, or a ``round`` of work in the background.

    ``problem`` is the type of the problem with which a request ended, and ``source`` names what could not answer it
    (see ``api.kit.errors.source_of``); both are empty for a request that ended well.
    """

    __slots__ = ("id", "kind", "problem", "source")

    def __init__(self, kind: Literal["request", "round"], id_: str) -> None:
        self.kind = kind
        self.id = id_
        self.problem = ""
        self.source = ""


CAUSE: ContextVar[Cause | None] = ContextVar("cause", default=None)


def begin(kind: Literal["request", "round"], given: bytes | None = None) -> Cause:
    """Begin a request or a round: every line that this thread or task logs from now on carries its id.

    :param given: an id that the client chose. It is used if it has 1 to 64 letters, digits and ``._:/+=-``.
    """
    chosen = given is not None and _REQUEST_ID.fullmatch(given)
    cause = Cause(kind, given.decode() if given is not None and chosen else f"{_PREFIX}-{next(_NUMBERS):x}")
    CAUSE.set(cause)
    bind_contextvars(**{kind: cause.id})
    return cause


def formatter(form: Literal["auto", "json", "text"] = "auto") -> logging.Formatter:
    """The formatter for every handler of the server. ``auto`` is text at a terminal, and JSON elsewhere."""
    # No line shows these, so no record has to find them out (logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    is_terminal = sys.stderr.isatty()
    renderer: Processor = JSONRenderer(serializer=_json)
    if form == "text" or (form == "auto" and is_terminal):
        renderer = ConsoleRenderer(colors=is_terminal, timestamp_key="time", event_key="message")
    return ProcessorFormatter(foreign_pre_chain=[_fields, merge_contextvars], processors=[renderer])


def _fields(logger: Any, method: str, event: EventDict) -> EventDict:
    """The fields of a line, all but the ids. structlog hands over the message as ``event``, and the whole record."""
    record: logging.LogRecord = event["_record"]
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    fields = {
        "time": time.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": event["event"],
    }
    fields.update(getattr(record, "fields", {}))
    if "exc_info" in event:
        fields["exception"] = exception_text(event["exc_info"][1])
    return fields


def _json(line: EventDict, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()


def exception_text(error: BaseException | None) -> str:
    """An exception and its causes: types and traceback positions. Messages too, unless a request caused it."""
    cause, parts = CAUSE.get(), []
    while error is not None:
        message = "" if cause is not None and cause.kind == "request" else f": {error}"
        positions = (f"\n  {frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__))
        parts.append(f"{type(error).__module__}.{type(error).__qualname__}{message}{''.join(positions)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by ".join(parts)

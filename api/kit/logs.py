"""What the server says of itself: a line for each request, and for what goes on behind it. JSON for machines.

Every line that belongs to a request or to a round of work carries its id. No line has contents, parties, signatures, or
more of a node's address than scheme, host and port: what is logged of a request is how it was asked (the route's
template, not the path) and how it ended. What broke unexpectedly is told by its type and place, for its message could
repeat what was sent.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
import secrets
import sys
import time
from contextvars import ContextVar
from traceback import extract_tb
from typing import Literal

import orjson

_STDERR = 2
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,64}")

# No two processes have the same beginning, and no two requests of a process the same number.
_BEGINNING = secrets.token_hex(4)
_NUMBERS = itertools.count(1)


class Cause:
    """On whose behalf something is done: a ``request``, or a ``round`` of work in the background.

    ``problem`` is the kind of problem that the request ended with, and ``source`` says who could not answer it; both
    empty if it ended well.
    """

    __slots__ = ("id", "kind", "problem", "source")

    def __init__(self, kind: Literal["request", "round"], id_: str) -> None:
        self.kind = kind
        self.id = id_
        self.problem = ""
        self.source = ""


CAUSE: ContextVar[Cause | None] = ContextVar("cause", default=None)


def begin(kind: Literal["request", "round"], given: bytes | None = None) -> Cause:
    """Whatever this thread or task logs from now on is on behalf of this.

    :param given: the id that the client chose: 1 to 64 letters, digits and ``._:/+=-``. Another is not taken.
    """
    chosen = given is not None and _REQUEST_ID.fullmatch(given)
    cause = Cause(kind, given.decode() if given is not None and chosen else f"{_BEGINNING}-{next(_NUMBERS):x}")
    CAUSE.set(cause)
    return cause


class _Lines(logging.Formatter):
    """What both forms share. Every request has its line, so that none may take long."""

    def __init__(self) -> None:
        super().__init__()
        self._second, self._begins = -1, ""

    def time(self, record: logging.LogRecord) -> str:
        """When it was, in UTC, to the millisecond."""
        second = int(record.created)
        if second != self._second:
            self._second, self._begins = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._begins}.{int((record.created - second) * 1000):03d}Z"


class PlainLines(_Lines):
    """For a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        cause = CAUSE.get()
        line = f"{self.time(record)} {record.levelname:<7} {record.name}  {record.getMessage()}"
        if cause is not None:
            line += f"  [{cause.kind} {cause.id}]"
        return f"{line}\n{told(record.exc_info[1])}" if record.exc_info else line


class JsonLines(_Lines):
    """One JSON object a line: time, level, logger, message, the id of request or round, and the record's ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        cause = CAUSE.get()
        line: dict[str, object] = {
            "time": self.time(record), "level": record.levelname.lower(), "logger": record.name,
            "message": record.getMessage(),
        }  # fmt: skip
        if cause is not None:
            line[cause.kind] = cause.id
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = told(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


class Stderr(logging.Handler):
    """Writes each line at once and whole, so that lines of several processes do not mix."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            left = f"{self.format(record)}\n".encode()
            while left:
                left = left[os.write(_STDERR, left) :]
        except Exception:
            self.handleError(record)


def lines(form: Literal["auto", "json", "text"] = "auto") -> logging.Formatter:
    """The formatter of a form; ``auto``: text at a terminal, JSON elsewhere."""
    # What no line shows need not be found out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    is_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    return PlainLines() if is_text else JsonLines()


def told(error: BaseException | None) -> str:
    """An exception and its causes: types, and lines of program passed. Messages only where none repeats a request."""
    cause, parts = CAUSE.get(), []
    while error is not None:
        words = "" if cause is not None and cause.kind == "request" else f": {error}"
        places = (f"\n  {place.filename}:{place.lineno} {place.name}" for place in extract_tb(error.__traceback__))
        parts.append(f"{type(error).__module__}.{type(error).__qualname__}{words}{''.join(places)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by ".join(parts)

"""The API of a server: requests to ``/v1``, and its errors as this product's own.

Nothing that it says is trusted: what is too long, late or of another shape is ``Unavailable``. Its words are made
harmless for a terminal. What it asks to be sent again later is sent again, a few times.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ledger import errors
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.text import harmless
from ledger.core.evidence.evidence import MAX_EVIDENCE_BYTES
from ledger.edges.web import Response, Web
from ledger.errors import (
    DeclarationNotAnchored,
    LedgerError,
    Malformed,
    NotAnchoredYet,
    NotRelayed,
    NotSignedIn,
    OwnTransaction,
    Refused,
    RelayUnderWay,
    Source,
    Unavailable,
)

TIMEOUT_SECONDS = 60.0
RELAY_TIMEOUT_SECONDS = 180.0  # a server answers when the chain has confirmed the statement
MOST_BYTES = 4 << 20
_LEAST_BYTES, _ANSWER_BYTES = 64 << 10, 1 << 10  # of the answer to many lines, and to one
_TRIES, _READ_TRIES = 5, 3
_FIRST_PAUSE = 0.5  # seconds; each next one is twice as long
_PATIENCE = 120  # seconds: whoever is to come back later than this is told so
_LATER = frozenset({429, 500, 502, 503, 504})
_SOON = (RelayUnderWay, NotAnchoredYet, DeclarationNotAnchored)
_RETRY_AFTER = re.compile(r"[0-9]{1,6}")
_URN = "urn:trade-ledger:"
_KIND = re.compile(rf"{_URN}([A-Za-z]{{1,64}})")
_NDJSON = "application/x-ndjson"

Says = Callable[[str], None]
"""Is told, in words, what is waited for."""


class ServerRefused(Refused):
    """The server refuses for a reason that this version does not know by name."""

    FIELDS = ("server", "status", "words")
    MESSAGE = "{server} refuses it (HTTP {status}): {words}"


class BodyTooLarge(Malformed):
    """The server takes no body of this size."""


def silent(words: str) -> None:
    """Tells nobody."""


class ServerApi:
    """The API at an address (scheme, host and port), over connections that are kept open. Not safe from two threads.

    :param session: shown as bearer with each request; None: none.
    :param proxy: address of the proxy to ask through; never for loopback.
    :param says: is told when the server is waited for.
    """

    def __init__(self, url: str, session: str | None = None, proxy: str | None = None, says: Says = silent) -> None:
        self.url = url
        self.session = session
        self._says = says
        self._proxy = proxy
        self._web = Web(url, TIMEOUT_SECONDS, Source.LOG, proxy)
        self._relaying = Web(url, RELAY_TIMEOUT_SECONDS, Source.LOG, proxy)

    def another(self) -> ServerApi:
        """The same over other connections, for another thread."""
        return ServerApi(self.url, self.session, self._proxy, self._says)

    def read(self, path: str, digest: bytes | None = None) -> dict[str, Any]:
        """The object at ``path``. ``digest``: of the document of the declaration that is asked for.

        :raises Refused: the server may not show it, or does not know it.
        :raises Unavailable: it does not answer, or not with an object.
        """
        return self._object(self._get(path, MOST_BYTES, digest))

    def read_bytes(self, path: str, most: int = MAX_EVIDENCE_BYTES, digest: bytes | None = None) -> bytes:
        """The body at ``path``, of at most ``most`` bytes; raises as ``read`` does."""
        return self._get(path, most, digest).body

    def relay(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post a statement; the server's answer once it is in the history. Sending one again is harmless.

        :raises Malformed: the server finds it malformed.
        :raises Refused: the rules forbid it.
        :raises Unavailable: the server does not answer, or nobody could say.
        """
        data = json.dumps(body).encode()
        answer = self._patiently(
            lambda: self._relaying.post(path, data, MOST_BYTES, "application/json", self.session), (200, 201)
        )
        return self._object(answer)

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post a question that does not fit an address; raises as ``read`` does."""
        data = json.dumps(body).encode()
        send = partial(self._web.post, path, data, MOST_BYTES, "application/json", self.session)
        return self._object(self._patiently(send, (200,), is_read=True))

    def add(self, path: str, data: bytes, type_: str = "application/json") -> dict[str, Any]:
        """Post what is to be kept, of a media type; sending it again is harmless. Raises as ``relay`` does."""
        send = partial(self._web.post, path, data, MOST_BYTES, type_, self.session)
        return self._object(self._patiently(send, (200, 201)))

    def erase(self, path: str) -> None:
        """Have the server forget what is at ``path``; raises as ``read`` does."""
        if self.session is None:
            raise self._refusal({}, 401, "") or self._nonsense()
        session = self.session
        self._patiently(lambda: self._web.delete(path, MOST_BYTES, session), (204,), is_read=True)

    def declare(self, lines: Sequence[bytes]) -> list[dict[str, Any]]:
        """Post signed declarations, one a line; the answer to each, in order. Sending them again is harmless.

        :raises BodyTooLarge: the server takes no body of this size; some may be stored.
        :raises Unavailable: as for ``relay``; some may be stored.
        """
        body = b"\n".join(lines) + b"\n"
        most = max(_LEAST_BYTES, _ANSWER_BYTES * len(lines))
        answer = self._patiently(
            lambda: self._web.post("/v1/declarations/bulk", body, most, _NDJSON, self.session), (200,)
        )
        told = [self._value(line) for line in answer.body.splitlines()]
        if len(told) != len(lines) or any(line.get("line") != number for number, line in enumerate(told, start=1)):
            raise self._nonsense()
        return told

    def refusal(self, problem: Mapping[str, Any], status: int) -> LedgerError:
        """The error that a problem (RFC 9457), or the answer to a line, tells of."""
        words = harmless(problem.get("detail") or problem.get("title") or "no reason is given")
        found: LedgerError | None = None
        if status == 413:
            found = BodyTooLarge(f"{self.url} takes no body of this size: {words}")
        elif str(problem.get("type")).startswith(_URN):  # else a proxy in between says it, or no ledger
            found = self._refusal(problem, status, words)
        return found or Unavailable(f"{self.url} answers with HTTP {status}: {words}", source=Source.LOG)

    def _refusal(self, problem: Mapping[str, Any], status: int, words: str) -> LedgerError | None:
        """What a ledger refuses; None if it only cannot do it now."""
        if status == 422:
            return Malformed(words, self.url)
        if status == 401:
            return _worded(
                NotSignedIn(),
                f"{self.url} wants to know who asks: `ledger login {self.url} --key NAME`, or --key NAME where the "
                "command has it; or give the document's digest",
            )
        known = _known_refusal(problem, words) if status in (403, 404, 409, 429) else None
        if known is None and status in (403, 404, 409):
            return ServerRefused(self.url, status, words)
        return known

    def _get(self, path: str, most: int, digest: bytes | None) -> Response:
        headers = {} if digest is None else {"Ledger-Digest": "0x" + digest.hex()}
        session = None if digest is not None else self.session
        return self._patiently(lambda: self._web.get(path, most, session, headers), (200,), is_read=True)

    def _patiently(self, send: Callable[[], Response], wanted: Sequence[int], *, is_read: bool = False) -> Response:
        """Send until there is an answer of a ``wanted`` status, a few times; raises the last error.

        A read whose server cannot be reached is not sent again: whoever asked can do that.
        """
        pause = _FIRST_PAUSE
        for left in reversed(range(_READ_TRIES if is_read else _TRIES)):
            error: LedgerError
            wait = pause
            try:
                answer = send()
            except Unavailable as failed:
                if is_read or not left:
                    raise
                error = failed
            else:
                if answer.status in wanted:
                    return answer
                error = self._error_of(answer)
                given = answer.headers.get("retry-after", "")
                wait = float(given) if _RETRY_AFTER.fullmatch(given) else pause
                later = isinstance(error, _SOON) or (isinstance(error, Unavailable) and answer.status in _LATER)
                if not left or not later or wait > _PATIENCE:
                    raise error
            self._says(f"{error}; it is asked again in {wait:g} s")
            time.sleep(wait)
            pause *= 2
        raise AssertionError("unreachable")

    def _error_of(self, answer: Response) -> LedgerError:
        if 300 <= answer.status < 400:
            return Unavailable(
                f"{self.url} sends to another address (HTTP {answer.status}): give the one that it leads to",
                source=Source.LOG,
            )
        try:
            problem = parse_json(answer.body)
        except Malformed:
            problem = {}
        return self.refusal(problem if isinstance(problem, dict) else {}, answer.status)

    def _object(self, answer: Response) -> dict[str, Any]:
        return self._value(answer.body)

    def _value(self, body: bytes) -> dict[str, Any]:
        try:
            value = parse_json(body)
        except Malformed:
            raise self._nonsense() from None
        if not isinstance(value, dict):
            raise self._nonsense()
        return value

    def _nonsense(self) -> Unavailable:
        return Unavailable(f"{self.url} does not answer as a ledger does", source=Source.LOG)


def _known_refusal(problem: Mapping[str, Any], words: str) -> Refused | None:
    """The error of this product that the server names, with its values and the server's words; None if none is."""
    named = _KIND.fullmatch(str(problem.get("type")))
    kind = None if named is None else getattr(errors, named[1], None)
    if not isinstance(kind, type) or not issubclass(kind, Refused):
        return None
    given = problem.get("values")
    values = given if isinstance(given, dict) else {}
    if set(values) != set(kind.FIELDS) or not all(isinstance(value, str | int) for value in values.values()):
        values = dict.fromkeys(kind.FIELDS, "unknown")
    made = kind(*(harmless(values[name]) if isinstance(values[name], str) else values[name] for name in kind.FIELDS))
    if isinstance(made, NotRelayed):
        made.transaction = _own_transaction(problem.get("relay_yourself"))
    return _worded(made, words)


def _worded(error: Refused, words: str) -> Refused:
    """The error with other words than its own."""
    error.args = (words,)
    return error


def _own_transaction(value: object) -> OwnTransaction | None:
    """What relays a statement without the server; None if it is told of in another shape."""
    if not isinstance(value, dict):
        return None
    try:
        to, data = (bytes.fromhex(str(value[name]).removeprefix("0x")) for name in ("to", "data"))
        chain_id, gas = value["chain_id"], value["gas"]
    except (KeyError, ValueError):
        return None
    if len(to) != 20 or type(chain_id) is not int or not (gas is None or type(gas) is int):
        return None
    return OwnTransaction(to, data, chain_id, gas)

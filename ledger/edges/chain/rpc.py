"""JSON-RPC over HTTP to one address: one request, one answer, in time. What is in them is the node's business.

The address of a node may hold credentials (``https://…/v2/KEY``), so errors and logs show only its scheme, host and
port.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from ledger.edges.chain.circuit import circuit_of
from ledger.edges.chain.words import Meaning, meaning_of
from ledger.edges.http import open_session
from ledger.errors import Malformed, Source, Unavailable

if TYPE_CHECKING:
    from requests import Session

_REVEALING_LOGGER = "urllib3"  # at level DEBUG it writes whole addresses, credentials included
_LONGEST_MESSAGE = 200
_CHUNK = 1 << 16
_LONGEST_ANSWER = 1 << 29  # bytes; the logs of one range are in memory at once
_OK = 200
NODE_AWAY = "the chain's node does not answer at the moment: try again shortly"
"""What strangers are told of a node that is away: its address, and its words, are the operator's."""


class NodeRefused(Unavailable):
    """The node answered with an error. ``message`` is the node's wording, ``code`` its JSON-RPC code if it gave one.

    ``error``: the whole error of the response, as the node gave it. ``meaning``: what is meant by the message.
    """

    def __init__(
        self, address: str, message: str, code: int | None = None, error: Mapping[str, object] | None = None
    ) -> None:
        shown = message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE] + "…"
        public = "the chain's node refuses the request at the moment: try again shortly"
        super().__init__(f"the node at {address} says: {shown}", source=Source.CHAIN, public=public)
        self.message = message
        self.code = code
        self.error = error or {}

    @property
    def meaning(self) -> Meaning:
        """What is meant by the message."""
        return meaning_of(self.message)


class NodeTimeout(Unavailable):
    """The node did not answer in time, or has not answered since."""


class Unreadable(Unavailable):
    """The answer is not what JSON-RPC promises, or has not the shape that was asked for."""


class Rpc:
    """Requests to one JSON-RPC address. Safe to use from threads.

    After a request that had no answer in time, all requests of this process to the address fail at once, until it
    answers the one thread that goes on asking.
    """

    def __init__(self, url: str, timeout: float, proxy: str | None = None) -> None:
        """
        :param timeout: seconds until an answer must begin, and again as many until it must end.
        :param proxy: address of the proxy to ask through; None: none, whatever the environment says.
        """
        self.address = shown_address(url)
        self._url = url
        self._timeout = timeout
        self._proxy = proxy
        self._circuit = circuit_of(url)
        self._sessions = threading.local()
        logger = logging.getLogger(_REVEALING_LOGGER)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)

    def ask(self, method: str, *parameters: object, is_large: bool = False) -> Any:
        """The ``result`` of one request.

        :param is_large: the answer may rightly take too long, which then says nothing of other requests.
        :raises NodeRefused: the node answered with an error.
        :raises NodeTimeout: it did not answer in time.
        :raises Unavailable: it cannot be reached, or does not speak JSON-RPC.
        """
        from requests.exceptions import ConnectionError as CannotConnect
        from requests.exceptions import RequestException, Timeout
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        if self._circuit.is_open:
            raise NodeTimeout(
                f"the node at {self.address} has not answered since it was last asked: try again",
                source=Source.CHAIN,
                public=NODE_AWAY,
            )
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        try:
            try:
                status, data = self._post(body)
            except CannotConnect as error:
                if isinstance(error, Timeout):
                    raise
                # Once more, because a node that restarted leaves a dead connection behind. Sending the same raw
                # transaction twice is harmless.
                status, data = self._post(body)
        except (Timeout, ReadTimeoutError, TimeoutError):
            if not is_large:
                self._circuit.open(self._answers)
            raise NodeTimeout(
                f"the node at {self.address} did not answer within {self._timeout:g} s: try again, or allow more time",
                source=Source.CHAIN,
                public=NODE_AWAY,
            ) from None
        except (RequestException, HTTPError, OSError):  # their messages show the address
            raise Unavailable(
                f"the node at {self.address} cannot be reached: is it running?",
                source=Source.CHAIN,
                public=NODE_AWAY,
            ) from None
        return self._result(status, data)

    def unreadable(self, error: Exception) -> Unreadable:
        """The error for an answer that cannot be read."""
        return Unreadable(
            f"the server at {self.address} does not speak JSON-RPC ({type(error).__name__}): check rpc_url",
            source=Source.CHAIN,
            public=NODE_AWAY,
        )

    def _post(self, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        with self._session.post(
            self._url, data=body, headers=headers, timeout=self._timeout, stream=True, allow_redirects=False
        ) as response:
            ends = time.monotonic() + self._timeout
            read = bytearray()
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                read += chunk
                if time.monotonic() > ends or len(read) > _LONGEST_ANSWER:
                    raise TimeoutError
            return response.status_code, bytes(read)

    def _result(self, status: int, data: bytes) -> Any:
        try:
            answer = orjson.loads(data)
            failure = answer.get("error")
            if failure is None and status == _OK:
                return answer["result"]
        except (ValueError, KeyError, AttributeError) as error:
            if status != _OK:
                raise NodeRefused(self.address, f"HTTP {status}", status) from None
            raise self.unreadable(error) from None
        if failure is None:
            raise NodeRefused(self.address, f"HTTP {status}", status)
        if not isinstance(failure, Mapping):
            raise NodeRefused(self.address, str(failure))
        raise NodeRefused(self.address, str(failure.get("message")), failure.get("code"), failure)

    def _answers(self) -> bool:
        """Whether there is an answer now, whatever it says. A connection that is refused is one too."""
        from requests.exceptions import RequestException, Timeout
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        try:
            self._post(orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}))
        except (Timeout, ReadTimeoutError, TimeoutError):
            return False
        except (RequestException, HTTPError, OSError):
            return True
        return True

    @property
    def _session(self) -> Session:
        """The session of this thread: connections are kept open."""
        session: Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = open_session(self._url, self._proxy)
        return session


def shown_address(url: str, where: str = "rpc_url") -> str:
    """Scheme, host and port of an address, which may be shown. Malformed, at ``where``, unless it is http or https."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Malformed("must be an address such as http://127.0.0.1:8545", where)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"

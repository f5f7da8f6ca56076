"""Requests to a web server that is not trusted: responses are limited in size and time, redirects not followed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ledger.edges.chain.rpc import shown_address
from ledger.edges.http import open_session
from ledger.errors import Source, Unavailable

_CHUNK = 64 * 1024
_OK = 200


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers (names in lower case) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web:
    """One web server, over connections that are kept open. Not safe to use from two threads at once."""

    def __init__(self, url: str, timeout: float, source: Source, proxy: str | None = None) -> None:
        """
        :param url: every path is appended to it; Malformed unless it is http or https.
        :param timeout: seconds until a response must begin, and again as many until it must end.
        :param source: the source of the Unavailable errors.
        :param proxy: address of the proxy to ask through; None: none, whatever the environment says.
        """
        self.address = shown_address(url, "address")
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._source = source
        self._proxy = proxy
        self._session: Any = None

    def get(
        self, path: str, most: int, session: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Get ``path``, which begins with a slash; the response has at most ``most`` bytes.

        :param session: a session of the server, shown as bearer.
        :raises Unavailable: the server did not answer in time, or its response is larger.
        """
        return self._ask("GET", path, None, most, headers or {}, session)

    def fetch(self, path: str, most: int) -> bytes:
        """The body at ``path``; Unavailable also if the status is not 200."""
        response = self.get(path, most)
        if response.status != _OK:
            raise self._unavailable(f"has no {path}: it answers with HTTP {response.status}")
        return response.body

    def post(
        self,
        path: str,
        body: bytes,
        most: int,
        type_: str = "text/plain; charset=utf-8",
        session: str | None = None,
    ) -> Response:
        """Like ``get``, with a request body of a content type."""
        return self._ask("POST", path, body, most, {"Content-Type": type_}, session)

    def delete(self, path: str, most: int, session: str) -> Response:
        """Like ``get``, with the method DELETE and a session of the server as bearer."""
        return self._ask("DELETE", path, None, most, {}, session)

    def _ask(
        self, method: str, path: str, body: bytes | None, most: int, headers: Mapping[str, str], session: str | None
    ) -> Response:
        import requests  # here, so that commands that work offline start without it
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        if self._session is None:
            self._session = open_session(self._url, self._proxy)
        try:
            with self._session.request(
                method,
                self._url + path,
                data=body,
                headers=dict(headers),
                auth=None if session is None else partial(_show_session, session),
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                ends = time.monotonic() + self._timeout
                read = bytearray()
                while chunk := response.raw.read1(_CHUNK, decode_content=True):
                    read += chunk
                    if len(read) > most:
                        raise self._unavailable(f"answered with more than {most} bytes")
                    if time.monotonic() > ends:
                        raise self._unavailable(f"did not finish its answer within {self._timeout:g} s")
                names = {name.lower(): value for name, value in response.headers.items()}
                return Response(response.status_code, names, bytes(read))
        except requests.Timeout:
            raise self._unavailable(f"did not answer within {self._timeout:g} s") from None
        except ReadTimeoutError:
            raise self._unavailable(f"stopped in the middle of its answer for {self._timeout:g} s") from None
        except (requests.RequestException, HTTPError, ValueError):
            raise self._unavailable("cannot be reached, or does not speak HTTP") from None

    def _unavailable(self, what: str) -> Unavailable:
        return Unavailable(f"{self.address} {what}", source=self._source)


def _show_session(session: str, request: Any) -> Any:
    """As requests' ``auth``: a header alone would give way to what a file .netrc says of the host."""
    request.headers["Authorization"] = f"Bearer {session}"
    return request

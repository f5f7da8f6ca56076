"""Asking a web server that need not be friendly: answers have a size and a time, and nothing is followed elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.edges.chain.node import shown_address
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
    """One server, over connections that are kept. Not for two threads at once.

    ``timeout``: seconds until the answer must begin, and again until it must end.
    """

    def __init__(self, url: str, timeout: float, source: Source) -> None:
        """
        :param url: what every path is appended to; Malformed unless it is http or https.
        :param source: what the server is, for the errors that say it did not answer.
        """
        self.address = shown_address(url)
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._source = source
        self._session: Any = None

    def get(self, path: str, most: int) -> Response:
        """Ask for ``path``, which begins with a slash; the answer has at most ``most`` bytes.

        :raises Unavailable: it did not answer, not in time, or with more than that.
        """
        return self._ask("GET", path, None, most)

    def fetch(self, path: str, most: int) -> bytes:
        """The body of what is at ``path``; Unavailable, too, where the server says anything but 200."""
        answer = self.get(path, most)
        if answer.status != _OK:
            raise self._unavailable(f"has no {path}: it answers with HTTP {answer.status}")
        return answer.body

    def post(self, path: str, body: bytes, most: int) -> Response:
        """As ``get``, with a body of plain text."""
        return self._ask("POST", path, body, most)

    def _ask(self, method: str, path: str, body: bytes | None, most: int) -> Response:
        import requests  # here, because commands that work offline start without it
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        if self._session is None:
            self._session = requests.Session()
        headers = {} if body is None else {"Content-Type": "text/plain; charset=utf-8"}
        try:
            with self._session.request(
                method, self._url + path, data=body, headers=headers, timeout=self._timeout, stream=True,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                ends = time.monotonic() + self._timeout
                read = bytearray()
                while chunk := answer.raw.read1(_CHUNK, decode_content=True):
                    read += chunk
                    if len(read) > most:
                        raise self._unavailable(f"answered with more than {most} bytes")
                    if time.monotonic() > ends:
                        raise self._unavailable(f"did not end its answer within {self._timeout:g} s")
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, names, bytes(read))
        except requests.Timeout:
            raise self._unavailable(f"did not answer within {self._timeout:g} s") from None
        except ReadTimeoutError:
            raise self._unavailable(f"did not go on within {self._timeout:g} s") from None
        except (requests.RequestException, HTTPError, ValueError):
            raise self._unavailable("cannot be reached, or does not speak HTTP") from None

    def _unavailable(self, what: str) -> Unavailable:
        return Unavailable(f"{self.address} {what}", source=self._source)

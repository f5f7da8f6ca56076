"""A log that is served over HTTP: its newest checkpoint, and the pages of its index. Nothing here is believed."""

from __future__ import annotations

import time
from collections.abc import Collection

from ledger.core.checkpoints.note import MAX_NOTE, SignedNote
from ledger.core.tree.index_files import MAX_PAGE_BYTES, PageName
from ledger.core.tree.index_page import Page, page_from_bytes
from ledger.edges.web import Web
from ledger.errors import Malformed, Source, Unavailable, VerificationFailed

CHECKPOINT = "checkpoint"
TIMEOUT_SECONDS = 30.0
_OK, _NOT_FOUND = 200, 404


class PublishedLog:
    """A log at an address. Not safe to use from two threads at once."""

    def __init__(self, web: Web) -> None:
        self._web = web

    @classmethod
    def at(cls, url: str, timeout: float = TIMEOUT_SECONDS) -> PublishedLog:
        """The log at an address, each of whose answers may take ``timeout`` seconds; Malformed if it is none."""
        return cls(Web(url, timeout, Source.LOG))

    @property
    def place(self) -> str:
        """The part of its address that may be shown: scheme, host and port."""
        return self._web.address

    def checkpoint(self) -> SignedNote:
        """Its newest checkpoint, whose signatures are still to be checked.

        :raises Unavailable: it does not answer.
        :raises VerificationFailed: its answer is no checkpoint.
        """
        try:
            return SignedNote.parse(self._web.fetch(f"/{CHECKPOINT}", MAX_NOTE).decode())
        except (Malformed, UnicodeDecodeError) as error:
            raise VerificationFailed(f"the log does not answer with a checkpoint: {error}") from None

    def pages(self, patience: float = TIMEOUT_SECONDS) -> ServedPages:
        """The pages of its index, for one comparison that may take ``patience`` seconds."""
        return ServedPages(self._web, time.monotonic() + patience)


class ServedPages:
    """The pages of the index of a log that is served."""

    def __init__(self, web: Web, ends: float) -> None:
        self._web = web
        self._ends = ends

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        """The pages of prefixes as of a size, those that the log has.

        :raises Unavailable: it does not answer, or the comparison took too long.
        :raises VerificationFailed: its answer is no page.
        """
        found = {}
        for prefix in prefixes:
            if time.monotonic() > self._ends:
                raise Unavailable(f"{self._web.address} takes too long to show its index", source=Source.LOG)
            answer = self._web.get(f"/{PageName(size, prefix)}", MAX_PAGE_BYTES)
            if answer.status == _NOT_FOUND:
                continue
            if answer.status != _OK:
                raise Unavailable(f"{self._web.address} answers with HTTP {answer.status}", source=Source.LOG)
            try:
                found[prefix] = page_from_bytes(answer.body)
            except ValueError:
                raise VerificationFailed(f"{PageName(size, prefix)} is no page of an index") from None
        return found

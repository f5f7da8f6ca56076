"""The index of a checkpoint as static files: names and contents of its pages. docs/formats.md section 7.

``index/<size>/<prefix>`` is the page of a prefix of keys, in hexadecimal digits, and ``index/<size>/root`` the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.core.tree.index_page import Page
from ledger.errors import Malformed

MAX_PAGE_BYTES = 1 << 20
MAX_DIGITS = 64  # all of a key
_ROOT = "root"
_PATH = re.compile(r"index/([1-9][0-9]{0,18})/(root|[0-9a-f]{1,64})")


@dataclass(frozen=True, slots=True)
class PageName:
    """Which page: the size of the checkpoint, at least 1, and the prefix in hexadecimal digits, empty for the first."""

    size: int
    prefix: str

    def __str__(self) -> str:
        """The path below the log's prefix."""
        return f"index/{self.size}/{self.prefix or _ROOT}"

    @classmethod
    def parse(cls, path: str) -> PageName:
        """Read a path; Malformed for any other than the one that ``str`` prints."""
        match = _PATH.fullmatch(path)
        if match is None or int(match[1]) >= 1 << 63:
            raise Malformed("a page's path looks like index/67/root or index/67/3a", path[:100])
        return cls(int(match[1]), "" if match[2] == _ROOT else match[2])


def page_file(page: Page) -> bytes | None:
    """The bytes of a page; None of one that is too large to be served, because a list on it is very long."""
    data = page.to_bytes()
    return data if len(data) <= MAX_PAGE_BYTES else None

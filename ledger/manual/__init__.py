"""Pages of the manual: those of ``ledger help``, and what an export carries for whoever finds it.

An export carries the pages that describe its formats, the stand-alone verifier, and a README.

The pages are links to ``docs/`` and ``verifier/``, so that there is one text of each; a wheel holds copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

_PAGES = ("evidence-format.md", "exit.md", "formats.md", "pdf.md", "verify.py")
_README = "README.txt"


def pages() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each page."""
    for name in _PAGES:
        page = files(__name__).joinpath(name)
        if page.is_file():
            yield name, page.read_bytes()


def help_page(name: str) -> str:
    """The text of a page of ``docs/help``."""
    return files(__name__).joinpath("help", f"{name}.md").read_text(encoding="utf-8")


def checking_page() -> bytes:
    """The page that checks documents in a browser, built from ``web/``."""
    return files(__name__).joinpath("verify.html").read_bytes()


def code_page() -> bytes:
    """The page that a code on paper leads to, built from ``web/``."""
    return files(__name__).joinpath("q.html").read_bytes()


def signing_page() -> bytes:
    """The page that signs statements with passkeys, built from ``web/``."""
    return files(__name__).joinpath("sign.html").read_bytes()


def readme(origin: str) -> bytes:
    """The page that comes first, about the history of ``origin``."""
    return files(__name__).joinpath(_README).read_text(encoding="utf-8").replace("{origin}", origin).encode()

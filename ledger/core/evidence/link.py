"""The link to evidence that a code on paper holds: ``https://ledger.example/q#1.<id>.<digest>``.

Id and digest are base64url, 43 characters each. They stand in the fragment, which no browser sends to a server: so the
logs on the way do not have them. Who has both may ask the server for the evidence without an account (docs/access.md).
A link to a share ends with ``.<key>``, 22 characters: it opens the document that was left at the server (``share``).
The link proves nothing.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple
from urllib.parse import urlsplit

from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.share import KEY_SIZE
from ledger.errors import Malformed, VerificationFailed

PAGE = "/q"
MAX_SITE = 200  # characters: the code must stay small enough to be printed
_FRAGMENT = re.compile(r"1\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})(?:\.([A-Za-z0-9_-]{22}))?")
_SITE = re.compile(r"https?://[A-Za-z0-9._~:/\[\]-]+")


class EvidenceLink(NamedTuple):
    """``site``: the server's address without a slash at its end. Id and digest are 32 bytes each.

    ``key``: what opens the share of the document, 16 bytes; None where the link leads to evidence alone.
    """

    site: str
    id: DeclarationId
    digest: Digest
    key: bytes | None = None

    @classmethod
    def of(cls, evidence: Evidence, site: str) -> EvidenceLink:
        return cls(site, evidence.id, evidence.declaration.digest)

    def __str__(self) -> str:
        key = "" if self.key is None else f".{_text(self.key)}"
        return f"{self.site}{PAGE}#1.{_text(self.id)}.{_text(self.digest)}{key}"

    def check(self, evidence: Evidence) -> None:
        """:raises VerificationFailed: the evidence is of another declaration, or of another document."""
        if evidence.id != self.id:
            raise VerificationFailed(f"the server gave evidence of another declaration, {hex_text(evidence.id)}")
        if evidence.declaration.digest != self.digest:
            raise VerificationFailed("the link's digest is not that of the declaration that it names: it is forged")


def is_link(text: str) -> bool:
    """Whether a text means a link, and no id and no file: it begins as an address does."""
    return text.startswith(("https://", "http://"))


def read_site(text: str, where: str) -> str:
    """The address of a server, without a slash at its end.

    :raises Malformed: it is no address with http or https, has a user, a query or a fragment, or is too long.
    """
    site = text.rstrip("/")
    try:
        parts = urlsplit(site)
        fits = bool(_SITE.fullmatch(site) and parts.hostname and parts.port != 0)
    except ValueError:  # a port that is none
        fits = False
    if not fits or len(site) > MAX_SITE:
        raise Malformed(
            f"must be the address of a server, such as https://ledger.example, of at most {MAX_SITE} characters", where
        )
    return site


def read_link(text: str) -> EvidenceLink:
    """:raises Malformed: it is no link to evidence, or has been cut; the message says what is wrong."""
    site, hash_, fragment = text.strip().partition("#")
    if not hash_:
        raise Malformed("has no # part: give the whole link, in quotes, because shells end a word at #", "link")
    if not site.rstrip("/").endswith(PAGE):
        raise Malformed(f"is no link to evidence: before the # it ends with {PAGE}", "link")
    site = read_site(site.rstrip("/").removesuffix(PAGE), "link")
    found = _FRAGMENT.fullmatch(fragment)
    if found is None:
        raise Malformed(
            "is cut or changed: after the # it has 1, a dot, 43 characters, a dot, and 43 characters; to a share, also "
            "a dot and 22 characters",
            "link",
        )
    parts = [part for part in found.groups() if part is not None]
    id_, digest, *key = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
    if [_text(id_), _text(digest), *map(_text, key)] != parts:
        raise Malformed(f"is changed: its codes are not base64url of 32 bytes each, and {KEY_SIZE} of a key", "link")
    return EvidenceLink(site, DeclarationId(id_), Digest(digest), *key)


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()

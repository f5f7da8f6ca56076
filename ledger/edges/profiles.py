"""Profiles: what this machine's user knows of a server, and the session that he has there. Never a key.

A file for each server, which only its owner can read. A second file holds the session as a header for other programs:
``curl -H @FILE``.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ledger.core.encoding.ids import Digest
from ledger.core.encoding.json_text import parse_json
from ledger.errors import Malformed, Source, Unavailable

_UNSAFE = re.compile(r"[^a-z0-9.-]+")
_LONGEST = 16 << 10
_NOTED = re.compile(rb"^([0-9a-f]{64}) ([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Profile:
    """A server: its address, its history and its log's key as they were when its user believed them; his session.

    ``signer``, ``session`` and ``ends_at`` (seconds) are None after a sign-out.
    """

    url: str
    origin: str
    log_key: str | None
    signer: str | None = None
    session: str | None = None
    ends_at: int | None = None


class Profiles:
    """The profiles in a folder, by the servers' addresses; and which declarations were handed in there from here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes: dict[str, dict[bytes, bytes]] = {}

    def path(self, url: str) -> Path:
        """The file of a server's profile."""
        return self._folder / f"{_UNSAFE.sub('_', url.lower())}.json"

    def header_path(self, url: str) -> Path:
        """The file with the session as a header."""
        return self.path(url).with_suffix(".header")

    def get(self, url: str) -> Profile | None:
        """The profile of a server, None if there is none.

        :raises Malformed: the file is no profile, or that of another server.
        """
        path = self.path(url)
        try:
            with path.open("rb") as file:
                value = parse_json(file.read(_LONGEST))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Malformed(f"cannot be read: {error.strerror}", str(path)) from None
        names = {field.name for field in fields(Profile)}
        if not isinstance(value, dict) or set(value) != names or value["url"] != url:
            raise Malformed(
                "is no profile of this server: it is damaged, or of another version of this program. Remove it, and "
                "sign in again; compare what is shown then as you did the first time",
                str(path),
            )
        known: dict[str, Any] = dict(value)
        return Profile(**known)

    def keep(self, profile: Profile) -> None:
        """Write a profile in the place of the one that is there.

        :raises Unavailable: it cannot be written.
        """
        text = json.dumps(asdict(profile), indent=1, ensure_ascii=False) + "\n"
        header = self.header_path(profile.url)
        _write(self.path(profile.url), text)
        if profile.session is None:
            header.unlink(missing_ok=True)
        else:
            _write(header, f"Authorization: Bearer {profile.session}\n")

    def all(self) -> list[Profile]:
        """All profiles, by address. Files that are none are left out."""
        try:
            paths = sorted(self._folder.glob("*.json"))
        except OSError:
            return []
        found = []
        for path in paths:
            try:
                value = parse_json(path.read_bytes()[:_LONGEST])
                url = value.get("url") if isinstance(value, dict) else None
                known = self.get(url) if isinstance(url, str) else None
            except (OSError, Malformed):
                continue
            if known is not None:
                found.append(known)
        return found

    # ------------------------------------------------------------------------------------ what was declared at a server

    def declared_path(self, url: str) -> Path:
        """The file of what was declared at a server: a line for each, with id and digest in hex."""
        return self.path(url).with_suffix(".declared")

    def note_declared(self, url: str, declared: Sequence[tuple[bytes, bytes]]) -> None:
        """Note ids with the digests of their documents (32 bytes each), so that they can be asked for later.

        :raises Unavailable: the file cannot be written.
        """
        known = self._noted(url)
        new = {id_: digest for id_, digest in declared if id_ not in known}
        if not new:
            return
        path = self.declared_path(url)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(b"".join(b"\n%b %b" % (id_.hex().encode(), new[id_].hex().encode()) for id_ in new))
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None
        known |= new

    def digest_of(self, url: str, id_: bytes) -> Digest | None:
        """The digest of the document of what was declared at a server from here; None if it was not."""
        digest = self._noted(url).get(id_)
        return None if digest is None else Digest(digest)

    def _noted(self, url: str) -> dict[bytes, bytes]:
        if url not in self._notes:
            try:
                data = self.declared_path(url).read_bytes()
            except OSError:
                data = b""
            found = _NOTED.findall(data)  # a line that was cut off counts as not written
            self._notes[url] = {bytes.fromhex(id_.decode()): bytes.fromhex(digest.decode()) for id_, digest in found}
        return self._notes[url]


def _write(path: Path, text: str) -> None:
    """A whole file that only its owner can read, from the first moment on: temporary files are made with mode 0600."""
    made: Path | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
            made = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except OSError as error:
        if made is not None:
            made.unlink(missing_ok=True)
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None

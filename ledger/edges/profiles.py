"""Profiles: what this machine's user knows of a server, and the session that he has there. Never a key.

A file for each server, which only its owner can read. A second file holds the session as a header for other programs:
``curl -H @FILE``.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ledger.core.encoding.json_text import parse_json
from ledger.errors import Malformed, Source, Unavailable

_UNSAFE = re.compile(r"[^a-z0-9.-]+")
_LONGEST = 16 << 10


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
    """The profiles in a folder, by the servers' addresses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

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
            raise Malformed("is no profile of this server: remove it, and sign in again", str(path))
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

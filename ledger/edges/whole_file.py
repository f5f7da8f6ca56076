"""Files that are replaced as a whole: whatever happens, the old content is there or the new one.

Nothing is written through another name of a file: what a link points at, or shares its bytes with, stays as it is.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ledger.errors import Malformed, Source, Unavailable

_OPEN_MODE, _PRIVATE_MODE = 0o666, 0o600  # the first as the umask leaves it


def replace_file(path: Path, data: bytes, *, is_private: bool = False, is_made_again: bool = False) -> None:
    """Write a file in the place of what is there; a device or a pipe is written to.

    :param is_private: only its owner can read it, from the first byte on; else as the umask says, or as it was.
    :param is_made_again: losing it in a power failure loses nothing, so the disk is not waited for.
    :raises Malformed: the file has another name too (a hard link), which would lose what it names.
    :raises Unavailable: it cannot be written, and then nothing has changed.
    """
    part = path.with_name(f".{path.name[:200]}-{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = _known(path)
        if known is not None and not stat.S_ISREG(known.st_mode):
            path.write_bytes(data)
            return
        if known is not None and known.st_nlink > 1:
            raise Malformed(
                "is one file under two names (a hard link), and both would change: remove this name, or choose another",
                str(path),
            )
        try:
            with os.fdopen(os.open(part, _CREATE, _PRIVATE_MODE if is_private else _OPEN_MODE), "wb") as file:
                file.write(data)
                file.flush()
                if not is_made_again:
                    os.fsync(file.fileno())
            if known is not None and not is_private:
                part.chmod(stat.S_IMODE(known.st_mode))
            part.replace(path.resolve() if path.is_symlink() else path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None


def keep_new_file(path: Path, data: bytes) -> bool:
    """Write a file that is not there yet, as a whole; False, and nothing is changed, if it is there by then.

    Only its owner can read it, from the first byte on.

    :raises OSError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        _write_private(part, data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_private(part, data)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    try:
        os.link(part, path)
    except FileExistsError:
        part.unlink()
        return False
    except OSError:  # a file system without links
        if path.exists():
            part.unlink()
            return False
        part.replace(path)
        return True
    part.unlink()
    return True


_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


def _write_private(path: Path, data: bytes) -> None:
    """Write a file of our own making; what a killed process of this number left there is removed."""
    with suppress(FileNotFoundError):
        path.unlink()
    with os.fdopen(os.open(path, _CREATE, _PRIVATE_MODE), "wb") as file:
        file.write(data)


def _known(path: Path) -> os.stat_result | None:
    """What is there under the name, or where a link of that name points; None if nothing is."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None

"""Files that are replaced as a whole: whatever happens, the old content is there or the new one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ledger.errors import Source, Unavailable


def replace_file(path: Path, data: bytes) -> None:
    """Write a file in the place of what is there; Unavailable if it cannot be written, and then nothing has changed."""
    made: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            made = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            made.chmod(path.stat().st_mode & 0o777)
        else:
            made.chmod(0o644)
        made.replace(path)
    except OSError as error:
        if made is not None:
            made.unlink(missing_ok=True)
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None


def keep_new_file(path: Path, data: bytes) -> bool:
    """Write a file that is not there yet, as a whole; False, and nothing is changed, if it is there by then.

    :raises OSError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
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

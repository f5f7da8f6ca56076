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

"""Standard output and error that never end a command: who does not read on changes nothing of what was found.

A verdict is an exit code. So a pipe that its reader closed, a disk that is full, or a terminal that cannot print a
character of a name must not become another one.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TextIO, cast

from ledger.cli.visible import encodable

_NOBODY_READS = {errno.EPIPE, errno.EINVAL}
"""The reader closed the pipe: it has what it wanted. (Windows says EINVAL.)"""


class Stream(io.TextIOBase):
    """A text stream over another one. What cannot be written is dropped, and ``lost`` says why."""

    def __init__(self, under: TextIO | None) -> None:
        """``under``: None where the process was started without this stream."""
        self._under = under
        self.lost: OSError | None = None
        self.is_told = False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream below."""
        return getattr(self._under, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """What the encoding does not have becomes an escape."""
        return "backslashreplace"

    @property
    def buffer(self) -> BinaryIO:
        """For bytes, such as a document on standard output."""
        return cast(BinaryIO, _Bytes(self))

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        with suppress(ValueError, OSError):
            return self._under is not None and self._under.isatty()
        return False

    def fileno(self) -> int:
        if self._under is None:
            raise io.UnsupportedOperation("fileno")
        return self._under.fileno()

    def write(self, text: str) -> int:
        if self._under is not None and self.lost is None:
            try:
                self._under.write(encodable(text, self.encoding))
            except (OSError, ValueError) as error:
                self._lose(error)
        return len(text)

    def write_bytes(self, data: Any) -> int:
        """Bytes as they are, after all text so far, and now.

        :raises OSError: they cannot be written. Whoever writes bytes gives a file: that it got lost is an error.
        """
        under = getattr(self._under, "buffer", None)
        if under is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        self.flush()
        try:
            under.write(data)
            under.flush()
        except (OSError, ValueError) as error:
            self._lose(error)
            self.is_told = True
            raise
        return len(data)

    def flush(self) -> None:
        if self._under is not None and self.lost is None:
            try:
                self._under.flush()
            except (OSError, ValueError) as error:
                self._lose(error)

    def _lose(self, error: OSError | ValueError) -> None:
        """Remember why. What is buffered goes nowhere, or Python would try to write it again when it ends, and fail."""
        self.lost = error if isinstance(error, OSError) else OSError(errno.EBADF, os.strerror(errno.EBADF))
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, self.fileno())
            finally:
                os.close(nowhere)


class _Bytes(io.RawIOBase):
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._stream.write_bytes(data)

    def flush(self) -> None:
        self._stream.flush()


@contextmanager
def guarded() -> Iterator[Stream]:
    """While the block runs, standard output and error are guarded; gives standard output."""
    before = sys.stdout, sys.stderr
    out, err = Stream(before[0]), Stream(before[1])
    sys.stdout, sys.stderr = out, err
    try:
        yield out
    finally:
        out.flush()
        if out.lost is not None and not out.is_told and out.lost.errno not in _NOBODY_READS:
            err.write(f"The output could not be written ({out.lost.strerror}). The exit code says what was found.\n")
        err.flush()
        sys.stdout, sys.stderr = before

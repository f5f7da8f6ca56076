"""A lock on a file, held by one process; the system lets go of it when the process ends.

The modules for it are imported when a lock is first taken: commands that take none start wherever Python does.
"""

from __future__ import annotations

import sys


def lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file for this process alone. False: another one holds it, and ``wait`` is False.

    Closing the file lets go of it.

    :raises OSError: the system cannot lock this file.
    """
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True

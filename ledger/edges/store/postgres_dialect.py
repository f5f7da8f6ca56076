"""PostgreSQL through pg8000, with broken connections noticed.

If a socket fails while pg8000 writes, it raises its own ``InterfaceError``; if it fails while pg8000 reads, it raises a
plain ``OSError``. SQLAlchemy knows only the errors of a driver. It would hand out the broken connection again, and its
check of a connection before use would fail instead of making a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000

_BROKEN = "network error"  # SQLAlchemy's dialect looks for these words in an InterfaceError


class Dialect(PGDialect_pg8000):
    """pg8000's dialect, which raises ``InterfaceError`` if a socket fails while it is read, too."""

    supports_statement_cache = True

    def do_ping(self, *arguments: Any) -> bool:
        """Whether a connection answers."""
        return bool(self._checked(super().do_ping, arguments))

    def do_execute(self, *arguments: Any) -> None:
        """Execute a statement."""
        self._checked(super().do_execute, arguments)

    def do_executemany(self, *arguments: Any) -> None:
        """Execute a statement for many rows."""
        self._checked(super().do_executemany, arguments)

    def do_commit(self, *arguments: Any) -> None:
        """Commit."""
        self._checked(super().do_commit, arguments)

    def do_rollback(self, *arguments: Any) -> None:
        """Undo."""
        self._checked(super().do_rollback, arguments)

    def _checked(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            return call(*arguments)
        except OSError as error:
            raise self.loaded_dbapi.InterfaceError(_BROKEN) from error

"""PostgreSQL through pg8000, whose broken connections are known to be broken.

pg8000 turns a socket that fails while it is written into its own ``InterfaceError``, but lets what fails while it is
read pass as ``OSError``. SQLAlchemy knows only a driver's own errors: it would hand such a connection out again, and
its check of a connection before use would fail instead of making a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000

_BROKEN = "network error"  # what the dialect of SQLAlchemy looks for in an InterfaceError


class Dialect(PGDialect_pg8000):
    """pg8000's dialect, raising ``InterfaceError`` also where a socket fails while it is read."""

    supports_statement_cache = True

    def do_ping(self, *given: Any) -> bool:
        """Whether a connection answers."""
        return bool(self._told(super().do_ping, given))

    def do_execute(self, *given: Any) -> None:
        """Execute a statement."""
        self._told(super().do_execute, given)

    def do_executemany(self, *given: Any) -> None:
        """Execute a statement for many rows."""
        self._told(super().do_executemany, given)

    def do_commit(self, *given: Any) -> None:
        """Commit."""
        self._told(super().do_commit, given)

    def do_rollback(self, *given: Any) -> None:
        """Undo."""
        self._told(super().do_rollback, given)

    def _told(self, does: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        try:
            return does(*given)
        except OSError as error:
            raise self.loaded_dbapi.InterfaceError(_BROKEN) from error

"""What ``serve`` and ``witness`` share: how a server logs, and where its processes share their figures."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import Any

from ledger.settings import Settings

_FIGURES = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own; read when a process begins


def logging_config(settings: Settings) -> dict[str, Any]:
    """For ``logging.config.dictConfig``, and for uvicorn, which hands it to each of its processes."""
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "api.kit.logs.formatter", "form": settings.log_format}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"level": level, "handlers": ["stderr"]},
        # urllib3 warns with whole paths, and those of a node may hold its key. Requests have a line of our own.
        "loggers": {"urllib3": {"level": "ERROR"}, "uvicorn.access": {"level": "CRITICAL"}},
    }


def share_figures() -> None:
    """Make the folder in which the processes of one server count together; it is removed when the server ends."""
    folder = tempfile.mkdtemp(prefix="ledger-figures-")
    os.environ[_FIGURES] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

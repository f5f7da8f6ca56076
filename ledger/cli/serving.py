"""What ``serve`` and ``witness`` share: how a server logs, and where its processes share their figures."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import Any

from ledger.settings import Settings

_FIGURES = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own; read when a process begins
_OTHER_FILES = 200  # the store's connections, the node's, and the files of the program


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


def uvicorn_options(settings: Settings) -> dict[str, Any]:
    """Options of ``uvicorn.run``: where it listens, how it logs, and that our limits on connections hold.

    Forwarded addresses are the application's business: uvicorn would believe them from 127.0.0.1.
    """
    return {
        "host": settings.api_host,
        "port": settings.api_port,
        "http": "api.kit.connections:LimitedProtocol",
        "ws": "none",
        "proxy_headers": False,
        "log_level": settings.log_level,
        "log_config": logging_config(settings),
        "access_log": False,
        "server_header": False,
    }


def allow_connections(settings: Settings) -> None:
    """Let this process and those that it starts open as many files as the connections need, if the machine lets us."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def share_figures() -> None:
    """Make the folder in which the processes of one server count together; it is removed when the server ends."""
    folder = tempfile.mkdtemp(prefix="ledger-figures-")
    os.environ[_FIGURES] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

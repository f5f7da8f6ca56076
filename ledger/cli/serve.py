"""``ledger serve``: the API, which anchors in the background."""

from __future__ import annotations

from ledger.cli.inputs import now
from ledger.cli.output import Styled, print_line
from ledger.cli.serving import allow_connections, share_figures, uvicorn_options
from ledger.cli.terminal import open_app
from ledger.core.encoding.text import when

_LAST_ANSWERS_SECONDS = 30  # for requests under way when the server is told to stop


def serve() -> None:
    """Serve the API and anchor in the background, by the settings.

    Example: `LEDGER_API_PORT=8080 ledger serve`
    """
    import uvicorn

    app = open_app()
    settings = app.settings
    _ = app.origin  # without a contract no address is announced
    print_line(Styled(f"http://{settings.api_host}:{settings.api_port}/docs", "bold"), f"  (started {when(now())})")
    allow_connections(settings)
    if settings.api_processes > 1:
        share_figures()
    uvicorn.run(
        "api.main:from_settings",
        factory=True,
        workers=settings.api_processes,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
        **uvicorn_options(settings),
    )

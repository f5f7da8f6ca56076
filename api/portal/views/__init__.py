"""The screens, by whom they are for. They read by the services and journeys that the API has, and decide nothing."""

from api.portal.views import (
    agencies,
    attestations,
    cases,
    checking,
    declarations,
    history,
    inbox,
    missing,
    public,
    said,
    session,
    trader,
)

ROUTERS = (
    public.router,
    checking.router,
    history.router,
    agencies.router,
    declarations.router,
    trader.router,
    inbox.router,
    said.router,
    cases.router,
    attestations.router,
    session.router,
    missing.router,  # takes what is left below /portal/
)

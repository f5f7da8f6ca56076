"""The screens, by whom they are for. They read by the services and journeys that the API has, and decide nothing."""

from api.portal.views import agencies, checking, declarations, history, missing, public, trader

ROUTERS = (
    public.router,
    checking.router,
    history.router,
    agencies.router,
    declarations.router,
    trader.router,
    missing.router,  # takes what is left below /portal/
)

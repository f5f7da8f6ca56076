"""Figures for the operator's Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.kit import metrics
from api.kit.capacity import Kind, of_kind
from api.services import Injected
from api.status_figures import StatusFigures

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
@of_kind(Kind.STATUS)
def get_metrics(services: Injected) -> Response:
    """Names no party and no document, but tells how busy the server is: do not let the proxy publish it."""
    return Response(metrics.exposition(StatusFigures(services)), headers={"Content-Type": CONTENT_TYPE_LATEST})

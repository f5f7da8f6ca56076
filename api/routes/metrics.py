"""Figures for the operator's Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.kit import metrics
from api.services import Given
from api.status_figures import Figures

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
def get_metrics(given: Given) -> Response:
    """It names no party and no document, and tells how busy everybody is: keep it from others at the proxy."""
    return Response(metrics.exposition(Figures(given)), headers={"Content-Type": CONTENT_TYPE_LATEST})

"""Parts of the OpenAPI document that FastAPI does not make: models of bodies that routes read and print themselves.

A generated client knows a model only if it is named in the document, so each stands once under ``components``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

JSON, BYTES = "application/json", "application/octet-stream"
_PLACE = "#/components/schemas/{model}"
TEXT: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}
"""The content of a body that is text."""
OCTETS: dict[str, Any] = {BYTES: {"schema": {"type": "string", "format": "binary"}}}
"""The content of a body that is bytes."""


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The model by reference."""
    return {"$ref": _PLACE.format(model=model.__name__)}


def content(model: type[BaseModel], media_type: str = JSON) -> dict[str, Any]:
    """What OpenAPI calls the content of a body: the model, in one media type."""
    return {media_type: {"schema": schema_of(model)}}


def body_of(content: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a route that reads its body itself."""
    return {"requestBody": {"required": True, "content": content}}


def with_models(document: dict[str, Any], models: Iterable[type[BaseModel]]) -> None:
    """Add to a document what ``schema_of`` refers to, and what that refers to."""
    _, made = models_json_schema([(model, "validation") for model in models], ref_template=_PLACE)
    schemas = document["components"]["schemas"]
    for name, schema in made["$defs"].items():
        schemas.setdefault(name, schema)

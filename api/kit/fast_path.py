"""A route whose JSON body is read once, by its model, and goes straight to its function.

FastAPI parses a body, then validates it, and works out the function's arguments again for each request. That is more
work than the declaration itself.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from inspect import signature
from typing import Any, TypeVar, get_type_hints

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

_JSON = b"application/json"
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


def fast_post(router: APIRouter, path: str, **about: Any) -> Callable[[_Endpoint], _Endpoint]:
    """Like ``router.post``, for a function that ``FastPath`` can call."""

    def add(endpoint: _Endpoint) -> _Endpoint:
        router.add_api_route(path, endpoint, methods=["POST"], route_class_override=FastPath, **about)
        return endpoint

    return add


class FastPath(APIRoute):
    """For an async function of ``body`` (a model), ``services`` and perhaps ``request``, which returns a ``Response``.

    Documentation and refusals are FastAPI's: a body that does not fit the model goes the usual way.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        thorough = super().get_route_handler()
        endpoint = self.endpoint
        takes_request = "request" in signature(endpoint).parameters
        model: type[BaseModel] = get_type_hints(endpoint)["body"]

        async def quick(request: Request) -> Response:
            if not _is_json(request):
                return await thorough(request)
            try:
                body = model.model_validate_json(await request.body())
            except ValidationError:
                return await thorough(request)
            arguments = {"request": request} if takes_request else {}
            answer: Response = await endpoint(body=body, services=request.app.state.services, **arguments)
            return answer

        return quick


class UnreadPath(APIRoute):
    """For an async function of ``body``, ``request`` and ``services`` that has the body read elsewhere.

    The model documents the body. It is None where a function is called in this way.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        thorough = super().get_route_handler()
        endpoint = self.endpoint

        async def quick(request: Request) -> Response:
            if not _is_json(request):
                return await thorough(request)
            answer: Response = await endpoint(body=None, request=request, services=request.app.state.services)
            return answer

        return quick


def _is_json(request: Request) -> bool:
    return any(
        name == b"content-type" and value.partition(b";")[0].strip().lower() == _JSON
        for name, value in request.scope["headers"]
    )

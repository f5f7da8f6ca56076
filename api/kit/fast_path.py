"""A route whose JSON body is read once, by its model, and goes straight to its function.

FastAPI parses a body, then validates it, and works out the function's arguments again for each request. That is more
work than the declaration itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from functools import partial
from inspect import signature
from typing import Any, TypeVar, get_type_hints

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

LARGE = 64 << 10  # bytes of a body; reading as many takes less than a millisecond
_JSON = re.compile(rb"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
_TOLD = 20  # findings
_WORDS = "send the body as JSON, with the header Content-Type: application/json"
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


def fast_post(router: APIRouter, path: str, **about: Any) -> Callable[[_Endpoint], _Endpoint]:
    """Like ``router.post``, for a function that ``FastPath`` can call."""

    def add(endpoint: _Endpoint) -> _Endpoint:
        router.add_api_route(path, endpoint, methods=["POST"], route_class_override=FastPath, **about)
        return endpoint

    return add


class FastPath(APIRoute):
    """For an async function of ``body`` (a model), ``services``, and perhaps ``request`` and ``response``.

    It returns a ``Response``, as one of ``api.kit.capacity.of_kind`` does. Documentation and refusals are FastAPI's: a
    small body that does not fit the model goes the usual way. A large one is read in the threads of the route's kind,
    since the event loop answers nobody else meanwhile. A body of another type is refused with 415.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        thorough = super().get_route_handler()
        endpoint: Any = self.endpoint
        names = signature(endpoint).parameters
        if "body" not in names:
            return thorough
        takes_request, takes_response = "request" in names, "response" in names
        model: type[BaseModel] = get_type_hints(endpoint)["body"]

        async def quick(request: Request) -> Response:
            data = await request.body()
            if data:
                check_type(request)
            services = request.app.state.services
            if len(data) > LARGE:
                body = await services.pools[endpoint.kind].run(partial(_large, model, data))
            else:
                try:
                    body = model.model_validate_json(data)
                except ValidationError:
                    return await thorough(request)
            arguments: dict[str, Any] = {"request": request} if takes_request else {}
            if takes_response:
                arguments["response"] = _no_response()
            answer: Response = await endpoint(body=body, services=services, **arguments)
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
            if not await request.body():
                return await thorough(request)
            check_type(request)
            answer: Response = await endpoint(body=None, request=request, services=request.app.state.services)
            return answer

        return quick


def _no_response() -> Response:
    """What FastAPI gives a function that wants to set a status or headers: nothing is set yet."""
    made = Response()
    made.status_code = None  # type: ignore[assignment]
    del made.headers["content-length"]
    return made


def _large(model: type[BaseModel], data: bytes) -> BaseModel:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:_TOLD]
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in found]) from None


def check_type(request: Request) -> None:
    """HTTPException with 415 unless the body is said to be JSON."""
    if not is_json(request):
        raise HTTPException(415, _WORDS, {"Accept": "application/json"})


def is_json(request: Request) -> bool:
    """Whether the body is said to be JSON."""
    return any(
        name == b"content-type" and _JSON.fullmatch(value.partition(b";")[0].strip())
        for name, value in request.scope["headers"]
    )

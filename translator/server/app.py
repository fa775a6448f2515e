"""The server as an ASGI app: its routes, and what they share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..errors import InvalidRequest, TranslatorError
from .auth import Authenticator
from .kept import Kept
from .models import Catalogue, ModelRoutes
from .observation import Observation
from .responses import Responses
from .settings import Settings, Upstream
from .turns import Turns
from .upstream import UpstreamClient, open_transport

PREFIXES = ("/v1", "", "/api/v1")
"""Every route is served under each of these."""


def create_app(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """The server for these settings; with no upstream among them the embedded demo answers.

    `transport` stands in for the network towards all upstreams.
    """
    upstreams = _open(settings, transport)
    authenticator = Authenticator(settings)
    catalogue = Catalogue(upstreams, settings.models_cache_seconds, settings.auth == "passthrough")
    kept = Kept(settings)
    responses = Responses(authenticator, Turns(settings, catalogue, kept))
    models = ModelRoutes(authenticator, catalogue)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with kept.open():
            try:
                yield
            finally:
                for upstream in upstreams:
                    await upstream.aclose()

    app = Starlette(
        routes=[route for prefix in PREFIXES for route in _routes(prefix, responses, models)],
        middleware=[Middleware(Observation)],
        exception_handlers={TranslatorError: _answer_error, HTTPException: _answer_http_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _open(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> list[UpstreamClient]:
    if settings.upstreams:
        return [UpstreamClient(upstream, transport or open_transport()) for upstream in settings.upstreams]
    from . import demo

    upstream = Upstream(name="demo", base_url=demo.BASE_URL)
    return [UpstreamClient(upstream, transport or demo.transport())]


def _routes(prefix: str, responses: Responses, models: ModelRoutes) -> list[BaseRoute]:
    return [
        Route(f"{prefix}/responses", responses, methods=["POST"]),
        Route(f"{prefix}/models", models.list),
        Route(f"{prefix}/models/{{id:path}}", models.retrieve),
        Route(f"{prefix}/health", _health),
    ]


async def _health(request: Request) -> Response:
    """`GET /health`: the server is up; nothing is said of the upstreams."""
    return JSONResponse({"status": "ok"})


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TranslatorError)
    return JSONResponse(error.body(), error.status, dict(error.headers))


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    asked = f"{request.method} {request.url.path[:200]}"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        message = f"{asked} is not possible here: use {allowed}."
    elif error.status_code == 404:
        message = f"There is no {asked}: there are POST /responses, GET /models, GET /models/{{id}} and GET /health."
    else:
        message = f"{error.detail}."
    answer = InvalidRequest(message, status=error.status_code, headers=error.headers)
    return JSONResponse(answer.body(), answer.status, dict(answer.headers))

"""The server as an ASGI app: its routes, and what they share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from ..errors import InvalidRequest, TranslatorError
from .auth import Authenticator
from .body import ClientLeft, answer_error
from .browsers import OwnPages, own_pages_only
from .chat_completions import ChatCompletions
from .compactions import Compactions
from .conversation_items import ConversationItems
from .conversations import Conversations
from .copies import Copies
from .fetching import Fetcher
from .files import Files
from .input_tokens import InputTokens
from .kept import Kept
from .models import Catalogue, ModelRoutes
from .observation import Observation
from .own_files import OwnFiles
from .ownership import Ownership
from .passages import Passages
from .responses import Responses
from .settings import Settings, Upstream
from .stored_responses import StoredResponses
from .turns import Turns
from .uploads import Uploads
from .upstream import UpstreamClient, open_transport
from .websocket import WebSocketResponses

PREFIXES = ("/v1", "", "/api/v1")
"""Every route is served under each of these."""

_RESOURCES = "/responses, /chat/completions, /conversations, /files, /uploads, /models and /health"


def create_app(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    fetcher: Fetcher | None = None,
) -> Starlette:
    """The server for these settings; with no upstream among them the embedded demo answers.

    `transport` stands in for the network towards all upstreams, `fetcher` for the one that the settings ask for.
    """
    if fetcher is None and settings.fetch_urls:
        fetcher = Fetcher(settings.fetch_max_bytes, settings.fetch_seconds)
    upstreams = _open(settings, transport)
    authenticator = Authenticator(settings)
    catalogue = Catalogue(upstreams, settings.models_cache_seconds, settings.auth == "passthrough")
    kept = Kept(settings)
    copies = Copies(kept, upstreams)
    turns = Turns(settings, catalogue, kept, copies, fetcher)
    own_files = OwnFiles(kept, settings.document_max_bytes, settings.request_max_files)
    ownership = Ownership(settings, kept, upstreams)
    passages = Passages(settings, catalogue, own_files, ownership)
    resources = _Resources(
        Responses(authenticator, turns, passages),
        ChatCompletions(authenticator, settings, catalogue, own_files, ownership),
        WebSocketResponses(authenticator, turns, passages),
        Compactions(authenticator, turns, passages),
        InputTokens(authenticator, turns, passages),
        StoredResponses(authenticator, kept, ownership, settings.max_event_bytes),
        Conversations(authenticator, kept, settings.max_body_bytes),
        ConversationItems(authenticator, kept, settings.max_body_bytes),
        ModelRoutes(authenticator, catalogue, settings.websocket),
        Files(authenticator, kept, copies),
        Uploads(authenticator, kept, settings.max_body_bytes),
    )

    app = Starlette(
        routes=[route for prefix in PREFIXES for route in _routes(prefix, resources)],
        middleware=_middleware(settings),
        exception_handlers={
            TranslatorError: _answer_error,
            HTTPException: _answer_http_error,
            ClientLeft: _answer_nobody,
        },
        lifespan=_lifespan(kept, copies, catalogue, upstreams),
    )
    app.router.redirect_slashes = False
    app.router.default = _answer_nothing_there
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    middleware = [Middleware(Observation)]
    if own_pages_only(settings):
        middleware.append(Middleware(OwnPages, settings.allowed_hosts))
    return middleware


def _lifespan(
    kept: Kept, copies: Copies, catalogue: Catalogue, upstreams: Sequence[UpstreamClient]
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Opens what is kept, with what was learned of the upstreams, and closes all connections at the end."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with kept.open():
            facts = await kept.store.learned.all()
            for knowledge in catalogue.knowledge:
                knowledge.recall(kept.store, facts)
            try:
                async with copies.open():
                    yield
            finally:
                for upstream in upstreams:
                    await upstream.aclose()

    return lifespan


def _open(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> list[UpstreamClient]:
    if settings.upstreams:
        return [UpstreamClient(upstream, transport or open_transport()) for upstream in settings.upstreams]
    from . import demo

    upstream = Upstream(name="demo", base_url=demo.BASE_URL, dialect={"file": False})
    return [UpstreamClient(upstream, transport or demo.transport())]


class _Resources(NamedTuple):
    responses: Responses
    chat: ChatCompletions
    websocket: WebSocketResponses
    compactions: Compactions
    input_tokens: InputTokens
    stored: StoredResponses
    conversations: Conversations
    items: ConversationItems
    models: ModelRoutes
    files: Files
    uploads: Uploads


def _routes(prefix: str, resources: _Resources) -> list[BaseRoute]:
    stored, conversations, items = resources.stored, resources.conversations, resources.items
    response, conversation = f"{prefix}/responses/{{id}}", f"{prefix}/conversations/{{id}}"
    return [
        Route(f"{prefix}/responses", resources.responses, methods=["POST"]),
        Route(f"{prefix}/chat/completions", resources.chat, methods=["POST"]),
        Route(f"{prefix}/responses", resources.websocket.answer_get, methods=["GET"]),
        WebSocketRoute(f"{prefix}/responses", resources.websocket),
        Route(f"{prefix}/responses/compact", resources.compactions, methods=["POST"]),
        Route(f"{prefix}/responses/input_tokens", resources.input_tokens, methods=["POST"]),
        Route(response, stored.retrieve, methods=["GET"]),
        Route(response, stored.delete, methods=["DELETE"]),
        Route(f"{response}/cancel", stored.cancel, methods=["POST"]),
        Route(f"{response}/input_items", stored.input_items, methods=["GET"]),
        Route(f"{prefix}/conversations", conversations.create, methods=["POST"]),
        Route(conversation, conversations.retrieve, methods=["GET"]),
        Route(conversation, conversations.update, methods=["POST"]),
        Route(conversation, conversations.delete, methods=["DELETE"]),
        Route(f"{conversation}/items", items.list, methods=["GET"]),
        Route(f"{conversation}/items", items.create, methods=["POST"]),
        Route(f"{conversation}/items/{{item_id}}", items.retrieve, methods=["GET"]),
        Route(f"{conversation}/items/{{item_id}}", items.delete, methods=["DELETE"]),
        *_file_routes(prefix, resources.files, resources.uploads),
        Route(f"{prefix}/models", resources.models.list),
        Route(f"{prefix}/models/{{id:path}}", resources.models.retrieve),
        Route(f"{prefix}/health", _health),
    ]


def _file_routes(prefix: str, files: Files, uploads: Uploads) -> list[BaseRoute]:
    file, upload = f"{prefix}/files/{{id}}", f"{prefix}/uploads/{{id}}"
    return [
        Route(f"{prefix}/files", files.list, methods=["GET"]),
        Route(f"{prefix}/files", files.create, methods=["POST"]),
        Route(file, files.retrieve, methods=["GET"]),
        Route(file, files.delete, methods=["DELETE"]),
        Route(f"{file}/content", files.content, methods=["GET"]),
        Route(f"{prefix}/uploads", uploads.create, methods=["POST"]),
        Route(f"{upload}/parts", uploads.add_part, methods=["POST"]),
        Route(f"{upload}/complete", uploads.complete, methods=["POST"]),
        Route(f"{upload}/cancel", uploads.cancel, methods=["POST"]),
    ]


async def _health(request: Request) -> Response:
    """`GET /health`: the server is up; nothing is said of the upstreams."""
    return JSONResponse({"status": "ok"})


async def _answer_nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        raise HTTPException(404)
    path = scope["path"][:200]
    nothing = InvalidRequest(f"There is no WebSocket at {path}: the one there is, is /responses.", status=404)
    await answer_error(scope, send, nothing)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TranslatorError)
    return JSONResponse(error.body(), error.status, dict(error.headers))


async def _answer_nobody(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    asked = f"{request.method} {request.url.path[:200]}"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        message = f"{asked} is not possible here: use {allowed}."
    elif error.status_code == 404:
        message = f"There is no {asked}: there are {_RESOURCES}, and what is below."
    else:
        message = f"{error.detail}."
    answer = InvalidRequest(message, status=error.status_code, headers=error.headers)
    return JSONResponse(answer.body(), answer.status, dict(answer.headers))

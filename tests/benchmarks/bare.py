"""The yardstick: a pass-through written with the libraries the server uses, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


def create_app(upstream: str) -> Starlette:
    """Forwards each body to `upstream` and its reply back, chunk by chunk where the client asks for a stream."""
    transport = AiohttpTransport(client=lambda: aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
    client = httpx.AsyncClient(transport=transport, timeout=60)

    async def forward(request: Request) -> Response:
        body = await request.json()
        asked = client.build_request("POST", f"{upstream}/chat/completions", json=body)
        reply = await client.send(asked, stream=bool(body.get("stream")))
        if not body.get("stream"):
            return Response(reply.content, reply.status_code, media_type="application/json")
        return StreamingResponse(relay(reply), reply.status_code, media_type="text/event-stream")

    async def relay(reply: httpx.Response) -> AsyncIterator[bytes]:
        async for chunk in reply.aiter_bytes():
            yield chunk
        await reply.aclose()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await client.aclose()

    return Starlette(routes=[Route("/v1/responses", forward, methods=["POST"])], lifespan=lifespan)

"""The demo upstream's routes: `POST /v1/chat/completions` and `GET /v1/models`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HTTPRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ...errors import InvalidRequest, TranslatorError
from ...sse import DONE
from .answer import answer
from .completion import Completion, encode
from .request import read
from .transport import StreamingASGITransport

BASE_URL = "http://demo.invalid/v1"
"""The address that the transport answers to; it can never be a real one."""

MODEL = "demo"
"""The only model there is."""


def transport() -> httpx.AsyncBaseTransport:
    """A transport that talks to the demo in-process and streams."""
    return StreamingASGITransport(app)


async def _create(http_request: HTTPRequest) -> Response:
    try:
        body = await http_request.json()
    except ValueError:
        raise InvalidRequest("The body is not JSON; send a JSON object with 'model' and 'messages'.") from None
    request = read(body)
    if request.model != MODEL:
        raise InvalidRequest(
            f"The model '{request.model}' does not exist; the demo has one, '{MODEL}'.",
            status=404,
            code="model_not_found",
            param="model",
        )
    completion = Completion(request, answer(request))
    if request.stream:
        return StreamingResponse(_stream(completion), media_type="text/event-stream")
    return JSONResponse(completion.body())


async def _stream(completion: Completion) -> AsyncIterator[bytes]:
    for chunk in completion.chunks():
        yield encode(chunk)
    yield DONE


async def _models(_: HTTPRequest) -> Response:
    model = {"id": MODEL, "object": "model", "created": 1_735_689_600, "owned_by": "responses-translator"}
    return JSONResponse({"object": "list", "data": [model]})


async def _refuse(_: HTTPRequest, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        error = InvalidRequest(f"There is nothing here: {error.detail}.", status=error.status_code)
    assert isinstance(error, TranslatorError)
    return JSONResponse(error.body(), error.status)


app = Starlette(
    routes=[
        Route("/v1/chat/completions", _create, methods=["POST"]),
        Route("/v1/models", _models),
    ],
    exception_handlers={TranslatorError: _refuse, HTTPException: _refuse},
)
"""The demo as an ASGI app; it can also be served by itself."""

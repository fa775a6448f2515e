"""An in-process transport that streams: what the app sends is what the client reads, chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Scope


class StreamingASGITransport(httpx.AsyncBaseTransport):
    """Speaks to an ASGI app as if over the network.

    httpx's own ASGITransport gathers the whole body first. Here each `send` of the app waits until the
    client has taken what was sent, and closing the response cancels the app. An app that fails before its
    response has started is an httpx.ConnectError; one that fails later an httpx.ReadError.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response as soon as the app has started it."""
        body = _Body(self._app, _scope(request), await request.aread())
        try:
            start = await body.start()
        except BaseException:
            await body.aclose()
            raise
        return httpx.Response(start["status"], headers=start["headers"], stream=body)


def _scope(request: httpx.Request) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port or 80),
    }


class _Body(httpx.AsyncByteStream):
    """The app's run: its messages arrive one at a time; None follows the last."""

    def __init__(self, app: ASGIApp, scope: Scope, body: bytes) -> None:
        self._request: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._task: asyncio.Task[Any] = asyncio.ensure_future(_run(app, scope, self._receive, self._send))
        self._task.add_done_callback(lambda _: self._messages.put_nowait(None))

    async def start(self) -> Message:
        message = await self._next()
        if message is None:
            raise httpx.ConnectError("The app ended without a response.") from self._error()
        return message

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._next()) is not None:
            if data := message.get("body"):
                yield data
        if error := self._error():
            raise httpx.ReadError("The app failed while it was responding.") from error

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _error(self) -> BaseException | None:
        return None if self._task.cancelled() else self._task.exception()

    async def _receive(self) -> Message:
        if self._request:
            return self._request.pop()
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await never  # a client that leaves cancels the app instead

    async def _send(self, message: Message) -> None:
        self._messages.put_nowait(message)
        await self._messages.join()

    async def _next(self) -> Message | None:
        message = await self._messages.get()
        self._messages.task_done()
        return message


async def _run(app: ASGIApp, scope: Scope, receive: Any, send: Any) -> None:
    await app(scope, receive, send)

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from translator.server.demo.transport import StreamingASGITransport


class Clock:
    """An app that sends one tick at a time and remembers how far it came."""

    def __init__(self) -> None:
        self.sent = 0
        self.cancelled = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-clock", b"yes")]})
        try:
            while True:
                self.sent += 1
                await send({"type": "http.response.body", "body": b"tick", "more_body": True})
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=StreamingASGITransport(app), base_url="http://app.invalid")


async def test_bytes_arrive_while_the_app_still_sends() -> None:
    app = Clock()
    async with client(app) as http, http.stream("GET", "/") as response:
        ticks = response.aiter_raw()
        assert [await anext(ticks), await anext(ticks)] == [b"tick", b"tick"]
        assert response.headers["x-clock"] == "yes"
        assert app.sent <= 3, "the app runs no further ahead than one send"


async def test_closing_the_response_cancels_the_app() -> None:
    app = Clock()
    async with client(app) as http:
        async with http.stream("GET", "/") as response:
            await anext(response.aiter_raw())
        assert app.cancelled.is_set()


async def test_a_client_that_stops_waiting_for_the_start_cancels_the_app() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        started.set()
        try:
            await receive()
            await receive()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with client(silent) as http:
        waiting = asyncio.create_task(http.get("/"))
        await started.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert cancelled.is_set()


async def test_the_app_gets_the_request_as_it_was_sent() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope, body=(await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def body() -> AsyncIterator[bytes]:
        yield b"hel"
        yield b"lo"

    async with client(app) as http:
        response = await http.post("/a%20b?c=d", content=body(), headers={"X-Key": "k"})
    assert response.status_code == 204
    assert (seen["method"], seen["path"], seen["query_string"]) == ("POST", "/a b", b"c=d")
    assert seen["raw_path"] == b"/a%20b"
    assert (b"x-key", b"k") in seen["headers"]
    assert seen["body"] == b"hello"


async def test_an_app_that_fails_before_its_response_is_a_connect_error() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("no")

    async with client(broken) as http:
        with pytest.raises(httpx.ConnectError) as caught:
            await http.get("/")
    assert isinstance(caught.value.__cause__, ValueError)


async def test_an_app_that_fails_in_its_response_is_a_read_error_after_what_it_sent() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("no")

    got = []
    async with client(broken) as http, http.stream("GET", "/") as response:
        with pytest.raises(httpx.ReadError):
            async for data in response.aiter_raw():
                got.append(data)
    assert got == [b"half"]

"""The events of one reply on their way to the client."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.types import Send

from ..errors import TranslatorError
from ..responses_over_chat import Stream
from ..sse import DONE, encode
from .body import Headers

Events = list[dict[str, Any]]

_HEADERS = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))


class EventStream:
    """The one door to the client: events are made and sent in one turn, so they leave in the order of their numbers.

    Events that arise together leave in one `send`, which returns when the client has room for more: a slow client
    slows its upstream down, and nothing piles up between them.
    """

    def __init__(self, send: Send, stream: Stream, done_marker: bool) -> None:
        self._send = send
        self._stream = stream
        self._last = DONE if done_marker else b""
        self._turn = asyncio.Lock()
        self._sent_at = 0.0
        self.over = False
        """Whether the last event was sent."""

    async def start(self, headers: Headers) -> None:
        """The HTTP headers and the first events."""
        await self._send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
        async with self._turn:
            await self._say(self._stream.open())

    async def receive(self, data: bytes) -> None:
        """What bytes of the upstream's body say; with its end marker the reply ends in the same `send`."""
        async with self._turn:
            events = self._stream.receive_bytes(data)
            if self._stream.ended:
                if not self._stream.over:
                    events += self._stream.finish(int(time.time()))
                await self._say_last(events)
            elif events:
                await self._say(events)

    async def finish(self) -> None:
        """The upstream said it all; nothing happens if the reply has ended."""
        async with self._turn:
            if not self.over:
                await self._say_last(self._stream.finish(int(time.time())))

    async def fail(self, error: TranslatorError) -> None:
        """It broke off; nothing happens if the reply has ended."""
        async with self._turn:
            if not self.over:
                await self._say_last(self._stream.fail(error))

    async def beat(self, seconds: float) -> None:
        """Repeats `response.in_progress` whenever nothing was sent for that long; runs until it is cancelled.

        A client that has no room for what is being sent to it is not silent and needs no sign of life.
        """
        loop = asyncio.get_running_loop()
        while True:
            silence = loop.time() - self._sent_at
            if self._turn.locked():
                await asyncio.sleep(seconds)
            elif silence < seconds:
                await asyncio.sleep(seconds - silence)
            else:
                async with self._turn:
                    await self._say(self._stream.heartbeat())

    async def _say(self, events: Events) -> None:
        self._sent_at = asyncio.get_running_loop().time()
        body = b"".join([encode(event) for event in events])
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _say_last(self, events: Events) -> None:
        self.over = True
        body = b"".join([*[encode(event) for event in events], self._last])
        await self._send({"type": "http.response.body", "body": body})

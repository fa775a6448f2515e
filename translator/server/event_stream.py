"""The events of one reply on their way to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.types import Send

from ..mapping.losses import Loss
from ..sse import DONE, encode
from .body import losses_header

Events = list[dict[str, Any]]

_HEADERS = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))


class EventStream:
    """The one door to the client: events are made and sent in one turn, so they leave in the order of their numbers.

    Events that arise together leave in one `send`, which returns when the client has room for more: a slow client
    slows its upstream down, and nothing piles up between them.
    """

    def __init__(self, send: Send, done_marker: bool) -> None:
        self._send = send
        self._last = DONE if done_marker else b""
        self._turn = asyncio.Lock()
        self._sent_at = 0.0

    async def start(self, losses: Sequence[Loss]) -> None:
        """The HTTP headers."""
        headers = [*_HEADERS, *losses_header(losses)]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def write(self, make: Callable[..., Events], *arguments: Any) -> None:
        """Sends the events that `make(*arguments)` gives, if any."""
        async with self._turn:
            events = make(*arguments)
            if events:
                self._sent_at = asyncio.get_running_loop().time()
                body = b"".join([encode(event) for event in events])
                await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self, make: Callable[[], Awaitable[Events]]) -> None:
        """Sends the last events, the end marker if it is wanted, and closes the response."""
        async with self._turn:
            body = b"".join([encode(event) for event in await make()])
            await self._send({"type": "http.response.body", "body": body + self._last})

    async def beat(self, seconds: float, make: Callable[[], Events]) -> None:
        """Sends what `make` gives whenever nothing was sent for that long; runs until it is cancelled.

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
                await self.write(make)

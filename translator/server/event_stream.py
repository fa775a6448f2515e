"""The events of one reply on their way to the client, as server-sent events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.types import Send

from ..mapping.losses import Loss
from ..sse import DONE, encode
from .body import Headers, losses_header
from .telling import Events

STREAM_HEADERS = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))
"""The HTTP headers of every stream."""


def loss_comment(losses: Sequence[Loss]) -> bytes:
    """What was lost since the headers were sent, as a comment of the stream."""
    return b"".join(b": %b: %b\n\n" % header for header in losses_header(losses))


class EventStream:
    """The door of an HTTP reply.

    Events that arise together leave in one `send`, which returns when the client has room for more: a slow client
    slows its upstream down, and nothing piles up between them.
    """

    encoded = True

    def __init__(self, send: Send, done_marker: bool, headers: Headers = ()) -> None:
        self._send = send
        self._headers = [*STREAM_HEADERS, *headers]
        self._last = DONE if done_marker else b""

    async def start(self, losses: Sequence[Loss]) -> None:
        """The HTTP headers."""
        headers = [*self._headers, *losses_header(losses)]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def say(self, events: Events) -> None:
        """Some events."""
        body = b"".join(map(_encoded, events))
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def say_last(self, events: Events, losses: Sequence[Loss]) -> None:
        """The last events, and the end marker if it is wanted; what was lost stands before them, in a comment.

        The headers are long gone, and an event of no standard kind might trouble a client; comments trouble none.
        """
        body = b"".join([loss_comment(losses), *map(_encoded, events), self._last])
        await self._send({"type": "http.response.body", "body": body})


def _encoded(event: dict[str, Any] | bytes) -> bytes:
    return event if isinstance(event, bytes) else encode(event)

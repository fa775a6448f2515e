"""A reply told to a client: the events of its machine, in the order of their numbers, whatever carries them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from ..errors import TranslatorError
from ..mapping.losses import Loss
from ..responses_over_chat import Stream

Events = Sequence[dict[str, Any] | bytes]
"""Events; those that are nothing but text may have been encoded already, for a door that takes them so."""


class Door(Protocol):
    """What carries events to one client."""

    encoded: bool
    """Whether it takes events as server-sent events have them."""

    async def start(self, losses: Sequence[Loss]) -> None:
        """The upstream has accepted the request: say what is said before the first event."""
        ...

    async def say(self, events: Events) -> None:
        """Send these events."""
        ...

    async def say_last(self, events: Events, losses: Sequence[Loss]) -> None:
        """Send these events and what marks the end; `losses` came to light since the start."""
        ...


class Telling:
    """Events are made and sent in one turn, so they leave in order though several tasks make them.

    `keep` is awaited before the last events leave: what they tell of is committed by then. It raises TranslatorError
    where that cannot be; the client is told of it unless the reply failed anyway.
    """

    def __init__(self, stream: Stream, door: Door, keep: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._door = door
        self._keep = keep
        self._turn = asyncio.Lock()
        self._sent_at = 0.0
        self._last: Events = []
        self.over = False
        """Whether the last event was sent."""

    async def start(self, losses: Sequence[Loss]) -> None:
        """What comes before the first events, and they."""
        async with self._turn:
            await self._door.start(losses)
            await self._say(self._stream.open())

    async def receive(self, data: bytes) -> None:
        """What bytes of the upstream's body say; with its end marker the reply ends in the same breath."""
        async with self._turn:
            stream = self._stream
            events: Events = stream.receive_encoded(data) if self._door.encoded else stream.receive_bytes(data)
            if self._stream.ended:
                await self._end(events)
            elif events:
                await self._say(events)

    async def finish(self) -> None:
        """The upstream said it all; nothing happens if the reply has ended."""
        async with self._turn:
            if not self.over:
                await self._end([])

    async def fail(self, error: TranslatorError) -> None:
        """It broke off; nothing happens if the reply has ended."""
        async with self._turn:
            if not self.over:
                if self._last and self._stream.error is None:  # it ended, and was cut short before that was told
                    self._last = [*self._last[:-1], *self._stream.revoke(error)]
                await self._end([*self._last, *self._stream.fail(error)])

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
                    if not self.over:
                        await self._say(self._stream.heartbeat())

    async def _say(self, events: Events) -> None:
        self._sent_at = asyncio.get_running_loop().time()
        await self._door.say(events)

    async def _end(self, events: Events) -> None:
        self._last = events if self._stream.over else [*events, *self._stream.finish(int(time.time()))]
        try:
            await self._keep()
        except TranslatorError as error:
            if self._stream.error is None:
                self._last = [*self._last[:-1], *self._stream.revoke(error)]
        self.over = True
        await self._door.say_last(self._last, self._stream.losses)

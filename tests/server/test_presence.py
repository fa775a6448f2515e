"""Whether the client is there: what that takes is over with the request."""

from __future__ import annotations

import asyncio
import gc
import weakref

from starlette.types import Message

from translator.server.presence import Presence


async def test_nothing_of_a_request_is_held_when_it_is_over() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    gc.disable()
    try:
        with Presence(receive) as presence:
            await asyncio.sleep(0)  # it listens
        held = weakref.ref(presence)
        del presence
        await asyncio.sleep(0)  # it hears that it is over
        await asyncio.sleep(0)
        assert held() is None
    finally:
        gc.enable()

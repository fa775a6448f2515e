"""Whether the client is still there: one that leaves ends the work done for it."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive


class Presence:
    """Cancels the work in its `with` block when the client leaves, and ends the block in silence then.

    It listens from the start, in parallel: an upstream that has not answered yet would go on generating otherwise.
    The request's body must have been read. `gone` says whether the client has left.
    """

    def __init__(self, receive: Receive) -> None:
        self.gone = False
        self._receive = receive

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._work = task
        self._watch = asyncio.create_task(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._watch.cancel()
        del self._watch  # which ends with an error that refers to this: the request would be held in a circle
        # as asyncio.timeout does: another's cancellation that came in between goes on
        return self.gone and self._work.uncancel() == 0 and kind is asyncio.CancelledError

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._work.cancel()

"""What stands in for an upstream's reply where nothing is to be generated."""

from __future__ import annotations

from collections.abc import AsyncGenerator

_USAGE = b'{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}'
_REPLY = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":%b}\n\ndata: [DONE]\n\n' % _USAGE


class Silence:
    """A reply that says nothing and cost nothing: no upstream is asked."""

    def __init__(self) -> None:
        self.chunks = self._read()
        """The body."""

    async def read(self, limit: int) -> bytes:
        """The whole body."""
        return _REPLY

    async def linger(self) -> None:
        """There is nothing to wait for."""

    async def aclose(self) -> None:
        """Ends the body."""
        await self.chunks.aclose()

    async def _read(self) -> AsyncGenerator[bytes, None]:
        yield _REPLY

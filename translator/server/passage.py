"""Passing a request through to an upstream that speaks what the client speaks: the bytes are not touched.

But for the model's name, where the public one is another: it is put into the request and taken out of the reply. And
but for a limit of tokens beyond the one that is configured for the model. Errors, keys and limits are as where
requests are translated.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping

from starlette.types import Send

from ..errors import TranslatorError
from ..mapping.losses import Losses
from ..sse import encode, encode_data
from ..wire import events
from .auth import Principal
from .body import losses_header
from .claims import Claims
from .model_name import ModelNames
from .observation import stopping
from .presence import Presence
from .upstream import Reply, UpstreamClient


class Passage(ABC):
    """One reply on its way through; what is asked for it, subclasses say.

    `names` are the upstream's names of models with the public ones; `claims` writes down whose the response is.
    """

    def __init__(
        self, upstream: UpstreamClient, names: Mapping[str, str], event_bytes: int, claims: Claims | None = None
    ) -> None:
        self._upstream = upstream
        self._names = names if any(name != public for name, public in names.items()) else {}
        self._event_bytes = event_bytes
        self._claims = claims
        self.losses = Losses()
        """What the upstream was not asked as the client asked it."""
        self._reply: Reply | None = None
        self._whole: bytes | None = None
        self._begun = False

    async def ask(self, principal: Principal) -> None:
        """Ask the upstream. Raises UpstreamError unless it has accepted the request, Unsupported if it never does.

        A whole answer of which something is to be written down is read, and StoreUnavailable raised where it cannot be.
        """
        reply = self._reply = await self._ask(principal.upstream_key)
        if self._claims is not None and not _streams(reply):
            self._whole = await reply.read(self._event_bytes)
            await self._claims.read_whole(self._whole)

    @abstractmethod
    async def _ask(self, key: str | None) -> Reply:
        """The upstream's reply."""

    async def relay(self, send: Send) -> None:
        """Hand the reply on, piece by piece, as it comes. Raises TranslatorError where it breaks off."""
        reply = self._reply
        assert reply is not None
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [*_headers(reply), *losses_header(self.losses)],
            }
        )
        self._begun = True
        async for data in self.pieces():
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, with the public names of models; whose it is was written down before it is told.

        Raises UpstreamError where it breaks off, StoreUnavailable where that could not be written down.
        """
        if not self._names:
            async for data in self._read():
                yield data
            return
        names = ModelNames(self._names, self._event_bytes)
        async for data in self._read():
            if told := names.receive(data):
                yield told
        if rest := names.finish():
            yield rest

    async def _read(self) -> AsyncIterator[bytes]:
        reply = self._reply
        assert reply is not None
        if self._whole is not None:
            yield self._whole
            return
        async for data in reply.chunks:
            if self._claims is not None:
                await self._claims.read(data)
            yield data

    async def tell_failure(self, send: Send, error: TranslatorError) -> bool:
        """Tell that a reply broke off, in its stream; False where that cannot be told but by breaking off, too."""
        if not self._begun or self._reply is None or not _streams(self._reply):
            return False
        if self._upstream.settings.wire == "chat":
            told = encode_data(error.body())
        else:
            told = encode({"type": events.ERROR, **error.payload(), "error": error.payload()})
        # an event may have been cut in the middle: a blank line ends it
        await send({"type": "http.response.body", "body": b"\n\n" + told})
        return True

    async def linger(self) -> None:
        """Let the upstream's body come to its end, so that its connection can be kept."""
        if self._reply is not None:
            await self._reply.linger()

    async def aclose(self) -> None:
        """Let go of the upstream."""
        if self._reply is not None:
            await self._reply.aclose()


def _streams(reply: Reply) -> bool:
    return reply.headers.get("content-type", "").startswith("text/event-stream")


def _headers(reply: Reply) -> list[tuple[bytes, bytes]]:
    kind = reply.headers.get("content-type", "application/json")
    headers = [(b"content-type", kind.encode("latin-1"))]
    if _streams(reply):
        headers.append((b"cache-control", b"no-cache"))
    return headers + reply.handed_on


async def pass_through(passage: Passage, principal: Principal, presence: Presence, send: Send) -> None:
    """Ask, hand on, let go. Raises TranslatorError where nothing was sent, or nothing more can be told."""
    try:
        await passage.ask(principal)
        await passage.relay(send)
    except TranslatorError as error:
        if not await passage.tell_failure(send, error):
            raise
    except asyncio.CancelledError:
        if not presence.gone:
            await passage.tell_failure(send, stopping())
        raise
    finally:
        await passage.aclose()

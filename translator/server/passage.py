"""Passing a request through to an upstream that speaks what the client speaks: the bytes are not touched.

But for the model's name, where the public one is another: it is put into the request and taken out of the reply. And
but for a limit of tokens beyond the one that is configured for the model. Errors, keys and limits are as where
requests are translated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from pydantic_core import to_json
from starlette.types import Send

from ..errors import TranslatorError, Unsupported, UpstreamError
from ..mapping.losses import Loss, Losses
from ..mapping.upstream_error import is_missing_route
from ..sse import encode, encode_data
from ..wire import events
from .auth import Principal
from .body import losses_header
from .model_name import ModelName
from .models import Target
from .observation import stopping
from .presence import Presence
from .upstream import Reply

JSON = dict[str, Any]

_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
"""What limits the answer in either API."""

_INSTEAD = {
    "/compact": "send on the whole conversation, or ask the model for a summary of it",
    "/input_tokens": "send the request itself, its usage says how many tokens they were",
}
"""What to do where an upstream lacks one of the paths below `/responses`."""

_HANDED_ON = ("x-ratelimit-", "openai-processing-ms")
"""What headers that a client may see begin with; others may say whose account this is."""


class Passage:
    """One request on its way through."""

    def __init__(self, raw: bytes, body: JSON, target: Target, event_bytes: int, below: str = "") -> None:
        self._raw = raw
        self._body = body
        self._target = target
        self._event_bytes = event_bytes
        self._below = below
        self.losses = Losses()
        """What the upstream was not asked as the client asked it."""
        self._reply: Reply | None = None
        self._begun = False

    async def ask(self, principal: Principal) -> None:
        """Ask the upstream. Raises UpstreamError unless it has accepted the request, Unsupported if it never does."""
        changes: JSON = {}
        if self._body["model"] != self._target.model:
            changes["model"] = self._target.model
        changes |= dict(self._caps())
        content = to_json({**self._body, **changes}) if changes else self._raw
        try:
            self._reply = await self._target.upstream.post_own(content, principal.upstream_key, self._below)
        except UpstreamError as error:
            if self._below and error.refusal is not None and is_missing_route(*error.refusal):
                raise self._no_route() from error
            raise

    def _no_route(self) -> Unsupported:
        return Unsupported(
            f"The upstream of {self._body['model']!r} speaks Responses, but has no POST /responses{self._below}: "
            f"{_INSTEAD[self._below]}.",
            param="model",
        )

    def _caps(self) -> Iterator[tuple[str, int]]:
        """The limits of tokens that are beyond what the settings allow the model."""
        limit = self._target.output_limit
        for name in _LIMITS if limit is not None else ():
            asked = self._body.get(name)
            if isinstance(asked, int) and limit is not None and asked > limit:
                self.losses.append(Loss(name, f"capped to {limit}"))
                yield name, limit

    async def relay(self, send: Send) -> None:
        """Hand the reply on, piece by piece, as it comes. Raises UpstreamError where it breaks off."""
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
        """The reply's body as it comes, with the public name of the model. Raises UpstreamError where it breaks off."""
        reply = self._reply
        assert reply is not None
        if self._body["model"] == self._target.model:
            async for data in reply.chunks:
                yield data
            return
        name = ModelName(self._target.model, self._body["model"], self._event_bytes)
        async for data in reply.chunks:
            if told := name.receive(data):
                yield told
        if rest := name.finish():
            yield rest

    async def tell_failure(self, send: Send, error: TranslatorError) -> bool:
        """Tell that a reply broke off, in its stream; False where that cannot be told but by breaking off, too."""
        if not self._begun or self._reply is None or not _streams(self._reply):
            return False
        if self._target.upstream.settings.wire == "chat":
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
    for name, value in reply.headers.items():
        if name.lower().startswith(_HANDED_ON):
            headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
    return headers


async def pass_through(passage: Passage, principal: Principal, presence: Presence, send: Send) -> None:
    """Ask, hand on, let go. Raises UpstreamError where nothing was sent, or nothing more can be told."""
    try:
        await passage.ask(principal)
        await passage.relay(send)
    except UpstreamError as error:
        if not await passage.tell_failure(send, error):
            raise
    except asyncio.CancelledError:
        if not presence.gone:
            await passage.tell_failure(send, stopping())
        raise
    finally:
        await passage.aclose()

"""`POST /responses`: a request in, the upstream asked, its reply out as JSON or as a stream."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

from starlette.types import Receive, Scope, Send

from ..errors import TranslatorError, UpstreamError
from ..mapping.losses import Loss
from ..responses_over_chat import ReplyOptions, Stream, Translation, translate_request
from ..responses_over_chat.response import read_response
from ..wire.responses import validate
from .auth import Authenticator, Principal
from .body import ClientLeft, Headers, read_json, send_json
from .event_stream import EventStream
from .models import Catalogue, Target
from .observation import log_failure, stopping
from .presence import Presence
from .settings import Settings
from .upstream import Reply

Expansion = Callable[[dict[str, Any], Principal], Awaitable[dict[str, Any]]]
"""What fills a request in before it is translated, such as the turns an id stands for; it may raise InvalidRequest."""

LOSSES_BYTES = 2048
"""The longest that the header of losses may be: proxies refuse headers that are much longer."""

_log = logging.getLogger(__name__)


class Responses:
    """The endpoint, as a raw ASGI app: on this path each layer costs as much as the translation."""

    def __init__(
        self,
        settings: Settings,
        authenticator: Authenticator,
        catalogue: Catalogue,
        expansions: Sequence[Expansion],
    ) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._catalogue = catalogue
        self._expansions = expansions
        self._options = ReplyOptions(
            reasoning_events=settings.reasoning_events,
            max_argument_bytes=settings.max_argument_bytes,
            max_event_bytes=settings.max_event_bytes,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises TranslatorError as long as nothing was sent."""
        principal = self._authenticator.identify(scope)
        try:
            request = await read_json(scope, receive, self._settings.max_body_bytes)
        except ClientLeft:
            return
        reply: Reply | None = None
        try:
            with Presence(receive) as presence:
                for expand in self._expansions:
                    request = await expand(request, principal)
                if not isinstance(request.get("model"), str):
                    validate(request)  # which raises, saying what is wrong with the model
                target = await self._catalogue.target(request["model"])
                call = self._translate(request, target)
                reply = await target.upstream.post_chat(call.chat_request, principal.upstream_key)
                if call.request.get("stream"):
                    await self._stream(call, reply, send, presence)
                else:
                    await self._complete(call, reply, send)
            if reply is not None and not presence.gone:
                await reply.linger()
        finally:
            if reply is not None:
                await reply.aclose()

    def _translate(self, request: dict[str, Any], target: Target) -> Translation:
        return translate_request(
            request,
            dialect=target.dialect,
            upstream_model=target.model,
            output_limit=target.output_limit,
            options=self._options,
        )

    async def _complete(self, call: Translation, reply: Reply, send: Send) -> None:
        stream = _begin(call)
        body = await reply.read(self._settings.max_event_bytes)
        response = read_response(stream, body, int(time.time()))
        await send_json(send, response, losses_header([*call.losses, *stream.losses]))

    async def _stream(self, call: Translation, reply: Reply, send: Send, presence: Presence) -> None:
        stream = _begin(call)
        events = EventStream(send, stream, self._settings.done_marker)
        await events.start(losses_header(call.losses))
        beat = asyncio.create_task(events.beat(self._settings.heartbeat_seconds))
        try:
            await self._relay(reply.chunks, stream, events)
            await events.finish()
        except TranslatorError as error:
            await events.fail(error)
        except asyncio.CancelledError:
            if not presence.gone:
                await events.fail(stopping())
            raise
        except Exception as error:
            log_failure(error)
            await events.fail(TranslatorError("The server failed: try again.", code="server_error"))
        finally:
            beat.cancel()
        if stream.error is not None:
            _log.warning("a stream ended with response.failed: %s", stream.error.code)

    async def _relay(self, chunks: AsyncGenerator[bytes, None], stream: Stream, events: EventStream) -> None:
        """Reads until the upstream has said all, or only usage is missing and does not come within the grace."""
        async for data in chunks:
            await events.receive(data)
            if events.over:
                return
            if stream.finishing:
                break
        deadline = asyncio.get_running_loop().time() + self._settings.finish_grace_seconds
        with contextlib.suppress(TimeoutError, UpstreamError, StopAsyncIteration):
            while not events.over:
                async with asyncio.timeout_at(deadline):
                    data = await anext(chunks)
                await events.receive(data)


def _begin(call: Translation) -> Stream:
    return call.stream(response_id=f"resp_{secrets.token_hex(16)}", created_at=int(time.time()))


def losses_header(losses: Sequence[Loss]) -> Headers:
    """`x-translator-losses: path: reason; path: reason`, if there are any; cut between two losses where too long."""
    if not losses:
        return ()
    said: list[str] = []
    left = LOSSES_BYTES
    for index, loss in enumerate(losses):
        words = f"{loss.path}: {loss.reason}".encode("ascii", "replace").decode("ascii")
        words = "".join(letter if letter.isprintable() else "?" for letter in words)
        left -= len(words) + 2
        if left < 32:
            said.append(f"and {len(losses) - index} more")
            break
        said.append(words)
    return ((b"x-translator-losses", "; ".join(said).encode("ascii")),)

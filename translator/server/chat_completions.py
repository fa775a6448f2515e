"""`POST /chat/completions`: passed through to a chat upstream, translated for one that speaks Responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from starlette.types import Receive, Scope, Send

from .. import chat_over_responses
from ..chat_over_responses import Translation
from ..chat_over_responses.response import read_response
from ..errors import TranslatorError, UpstreamError
from ..mapping.losses import Loss
from ..mapping.upstream_error import param_to_chat
from ..sse import DONE, encode_data
from .auth import Authenticator, Principal
from .body import ClientLeft, encode_request, losses_header, parse_json, read_body, send_json
from .event_stream import STREAM_HEADERS, loss_comment
from .models import Catalogue, Target, model_of
from .observation import log_failure, stopping
from .own_files import OwnFiles
from .ownership import Ownership
from .passage import pass_through
from .passed_request import PassedRequest
from .presence import Presence
from .settings import Settings
from .upstream import Reply

JSON = dict[str, Any]

_HEARTBEAT = b": the upstream is silent\n\n"
"""A comment, which every reader of event streams passes over: chat has no event that says nothing."""


class ChatCompletions:
    """The endpoint, as a raw ASGI app."""

    def __init__(
        self,
        authenticator: Authenticator,
        settings: Settings,
        catalogue: Catalogue,
        own_files: OwnFiles,
        ownership: Ownership,
    ) -> None:
        self._authenticator = authenticator
        self._settings = settings
        self._catalogue = catalogue
        self._own_files = own_files
        self._ownership = ownership

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises TranslatorError as long as nothing was sent."""
        principal = self._authenticator.identify(scope)
        try:
            raw = await read_body(scope, receive, self._settings.max_body_bytes)
        except ClientLeft:
            return
        body = parse_json(raw)
        with Presence(receive) as presence:
            target = await self._catalogue.target(model_of(body), principal)
            raw, body = await self._own_files.bring(raw, body, principal.tenant)
            if target.upstream.settings.wire == "chat":
                passage = PassedRequest(raw, body, target, self._settings.max_event_bytes)
                await pass_through(passage, principal, presence, send)
            else:
                await self._translate(body, target, principal, presence, send)

    async def _translate(
        self, body: JSON, target: Target, principal: Principal, presence: Presence, send: Send
    ) -> None:
        options = chat_over_responses.ReplyOptions(
            reasoning_field=self._settings.reasoning_field,
            sealed_reasoning=target.upstream.settings.sealed_reasoning,
            reasoning_summary=target.upstream.settings.reasoning_summary,
            max_argument_bytes=self._settings.max_argument_bytes,
            max_event_bytes=self._settings.max_event_bytes,
        )
        call = chat_over_responses.translate_request(
            body, upstream_model=target.model, output_limit=target.output_limit, options=options
        )
        call = await self._checked(call, principal)
        told = encode_request(call.responses_request, call.request)
        try:
            reply = await target.post_own(told, principal.upstream_key)
        except UpstreamError as error:
            error.param = param_to_chat(error.param, call.request)
            raise
        try:
            if call.request.get("stream"):
                await self._tell(call, reply, presence, send)
            else:
                stream = call.stream()
                completion = read_response(stream, await reply.read(self._settings.max_event_bytes))
                losses = losses_header([*call.losses, *stream.losses])
                await send_json(send, completion, [*reply.handed_on, *losses])
        finally:
            await reply.aclose()

    async def _checked(self, call: Translation, principal: Principal) -> Translation:
        """The same without what is another client's: a chat request may bring fields of the other API along."""
        asked, foreign = await self._ownership.check(call.responses_request, principal.tenant)
        if not foreign:
            return call
        losses = [Loss("messages", reason) for _, reason in foreign]
        return call._replace(responses_request=asked, losses=(*call.losses, *losses))

    async def _tell(self, call: Translation, reply: Reply, presence: Presence, send: Send) -> None:
        """Tell of the reply as it goes on, to its end; failures are told as its last chunk."""
        stream = call.stream()
        headers = [*STREAM_HEADERS, *reply.handed_on, *losses_header(call.losses)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async with aclosing(_with_silences(reply, self._settings.heartbeat_seconds)) as pieces:
                async for data in pieces:
                    told = b"".join(map(encode_data, stream.receive_bytes(data))) if data else _HEARTBEAT
                    if told:
                        await send({"type": "http.response.body", "body": told, "more_body": True})
                    if stream.ended:
                        break
            chunks = stream.finish()
        except TranslatorError as error:
            chunks = stream.fail(error)
        except asyncio.CancelledError:
            if not presence.gone:
                await _say_last(send, stream.fail(stopping()), stream.losses)
            raise
        except Exception as error:
            log_failure(error)
            chunks = stream.fail(TranslatorError("The server failed: try again.", code="server_error"))
        await _say_last(send, chunks, stream.losses)
        await reply.linger()


async def _say_last(send: Send, chunks: list[JSON], losses: Sequence[Loss]) -> None:
    body = b"".join([loss_comment(losses), *map(encode_data, chunks), DONE])
    await send({"type": "http.response.body", "body": body})


async def _with_silences(reply: Reply, seconds: float) -> AsyncGenerator[bytes, None]:
    """The pieces of a body, and nothing wherever none came for that long."""
    while True:
        coming = asyncio.ensure_future(anext(reply.chunks, None))
        try:
            while not (await asyncio.wait({coming}, timeout=seconds))[0]:
                yield b""
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.wait({coming})  # or the body could not be closed yet
        if (data := coming.result()) is None:
            return
        yield data

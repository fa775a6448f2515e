"""The upstream client: one HTTP request out, its reply in, every failure an UpstreamError."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote
from urllib.request import getproxies

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic_core import to_json

from .. import __version__
from ..errors import UpstreamError
from ..mapping.upstream_error import map_upstream_error
from .body import encode_request
from .file_form import PIECE_BYTES, FileForm, cut
from .settings import Upstream

USER_AGENT = f"responses-translator/{__version__}"

ERROR_BYTES = 64 * 1024
"""As much of an error's body as is read: what it says stands at its beginning."""

LIST_BYTES = 8 * 1024 * 1024
"""The longest list that is read, of models or of tokens."""

FILE_SECONDS = 10.0
"""How long an answer about a file that it keeps is waited for: it generates nothing, and others wait meanwhile."""

LINGER_SECONDS = 0.25
"""How long the end of a body is waited for once its end marker was seen."""

SECRET_LENGTH = 8
"""A header's value that is shorter is no secret, and may be any word of an error's message."""

_KEEP_ALIVE_SECONDS = 4.0
"""Shorter than the five seconds after which many servers (uvicorn's default) close an idle connection: a request
sent on one that is just being closed fails, and a POST may not simply be sent again."""

_HANDED_ON = (b"x-ratelimit-", b"openai-processing-ms", b"x-translator-losses")
"""What headers that a client may see begin with; others may say whose account this is."""

_BROKEN = (httpx.TransportError, httpx.StreamError, httpx.DecodingError, aiohttp.ClientError, OSError)


def open_transport() -> httpx.AsyncBaseTransport:
    """The transport that does the work: aiohttp's connections behind httpx's interface.

    There is no limit to the connections, no cookie is kept, and environment proxies are asked only if there are any:
    looking them up costs a tenth of a request.
    """
    context = _ssl_context()

    def open_session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=_KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=bool(getproxies()),
        )

    return AiohttpTransport(verify=context, client=open_session)


@cache
def _ssl_context() -> ssl.SSLContext:
    """The one of this process: reading the certificates takes 16 ms, and there may be many upstreams."""
    return httpx.create_ssl_context()


class UpstreamClient:
    """One upstream, as the settings describe it.

    `key` is always the client's own, handed through; without one the upstream's configured key is used.
    """

    def __init__(self, upstream: Upstream, transport: httpx.AsyncBaseTransport) -> None:
        self.settings = upstream
        self._transport = transport
        self._key = upstream.key()
        base = self._base = httpx.URL(upstream.base_url)
        self._chat_url = base.copy_with(path=base.path.rstrip("/") + "/chat/completions")
        self._responses_url = base.copy_with(path=base.path.rstrip("/") + "/responses")
        self._models_url = base.copy_with(path=base.path.rstrip("/") + "/models")
        self._files_url = base.copy_with(path=base.path.rstrip("/") + "/files")
        self._plain_headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": USER_AGENT,
        } | {name.lower(): value.get_secret_value() for name, value in upstream.headers.items()}
        self._own_headers = self._with_key(self._key)
        connecting = upstream.connect_timeout_seconds
        # what httpx calls the pool's timeout is aiohttp's for all of connecting, the look-up of the name included
        timeouts = {"connect": connecting, "pool": connecting, "read": upstream.idle_timeout_seconds}
        self._extensions = {"timeout": timeouts}
        self._secrets = [base.host, base.netloc.decode(), *([self._key] if self._key else [])]
        values = [value.get_secret_value() for value in upstream.headers.values()]
        self._secrets += [value for value in values if len(value) >= SECRET_LENGTH]

    def account(self, key: str | None = None) -> str:
        """What stands for the upstream and the key it is asked with, and tells neither."""
        own = sorted(f"{name}: {value.get_secret_value()}" for name, value in self.settings.headers.items())
        return hashlib.sha256("\0".join([str(self._base), key or self._key or "", *own]).encode()).hexdigest()

    async def post_chat(self, body: Mapping[str, Any], key: str | None = None) -> Reply:
        """The reply to a chat request once its status is known, and is 2xx; whoever gets it closes it.

        Raises UpstreamError: what the upstream said, or that it cannot be reached.
        """
        return await self._ask("POST", self._chat_url, encode_request(body), key, translated=True)

    async def post_own(self, body: bytes, key: str | None = None, below: str = "") -> Reply:
        """The reply to a request of the wire that the upstream speaks, its body as it is; as `post_chat`.

        `below` names one of the paths below `/responses`, with its slash.
        """
        url = self._chat_url if self.settings.wire == "chat" else self._responses_url
        if below:
            url = url.copy_with(path=url.path + below)
        return await self._ask("POST", url, body, key, translated=False)

    async def ask_below(self, method: str, below: str, query: bytes, key: str | None = None) -> Reply:
        """The reply to a request without a body, to a path below `/responses`; as `post_chat`."""
        url = self._responses_url
        query = b"&".join(filter(None, (url.query, query)))
        url = url.copy_with(path=url.path + below, query=query or None)
        return await self._ask(method, url, b"", key, translated=False)

    async def post_file(self, form: FileForm, key: str | None = None) -> Reply:
        """The reply to a file that the upstream is given to keep; as `post_chat`, or what reading the file raised."""
        try:
            return await self._ask("POST", self._files_url, form, key, translated=False)
        except UpstreamError as error:
            if form.failure is not None:
                raise form.failure from error
            raise

    async def ask_file(self, method: str, id: str, key: str | None = None) -> int:
        """The status of the answer to a request for one of the files it keeps. Raises UpstreamError."""
        url = self._files_url.copy_with(path=f"{self._files_url.path}/{quote(id, safe='')}")
        try:
            async with asyncio.timeout(FILE_SECONDS):
                reply = await self._send(method, url, key, b"")
        except TimeoutError as error:
            raise _explain(error) from error
        try:
            await reply.linger()
            return reply.status
        finally:
            await reply.aclose()

    async def _ask(
        self, method: str, url: httpx.URL, body: bytes | FileForm, key: str | None, *, translated: bool
    ) -> Reply:
        reply = await self._send(method, url, key, body)
        if 200 <= reply.status < 300 and (reply.status != 204 or method == "DELETE"):
            return reply
        try:
            raise await self._refusal(reply, key, translated=translated)
        finally:
            await reply.aclose()

    async def get_models(self, key: str | None = None) -> bytes | None:
        """The body of the upstream's own list of models; None where it has none. Raises UpstreamError."""
        reply = await self._send("GET", self._models_url, key, b"")
        try:
            if 200 <= reply.status < 300:
                return await reply.read(LIST_BYTES)
            if reply.status in (404, 405, 501):
                return None
            raise await self._refusal(reply, key)
        finally:
            await reply.aclose()

    async def get_beside(self, path: str, key: str | None = None) -> bytes | None:
        """What a path of the server's own says, outside `/v1`; None where it says nothing. Raises UpstreamError."""
        reply = await self._send("GET", self._beside(path), key, b"")
        try:
            return await reply.read(LIST_BYTES) if reply.status == 200 else None
        finally:
            await reply.aclose()

    async def post_beside(self, path: str, body: Mapping[str, Any], key: str | None = None) -> bytes | None:
        """What a path of the server's own says, outside `/v1`: the body of a 2xx, `{}` where it does not take this
        request, None where there is no such path. Raises UpstreamError.
        """
        reply = await self._send("POST", self._beside(path), key, to_json(body))
        try:
            if 200 <= reply.status < 300:
                return await reply.read(LIST_BYTES)
            if reply.status in (404, 405, 501):
                return None
            if reply.status in (400, 422):
                return b"{}"
            raise await self._refusal(reply, key)
        finally:
            await reply.aclose()

    def _beside(self, path: str) -> httpx.URL:
        return self._base.copy_with(path=self._base.path.rstrip("/").removesuffix("/v1") + path)

    async def aclose(self) -> None:
        """Closes all its connections."""
        await self._transport.aclose()

    async def _send(self, method: str, url: httpx.URL, key: str | None, body: bytes | FileForm) -> Reply:
        headers = self._own_headers if key is None else self._with_key(key)
        # given as content, httpx would take eight times as long, to add headers that every transport adds itself
        stream = _as_stream(body)
        request = httpx.Request(method, url, headers=headers, stream=stream, extensions=self._extensions)
        if isinstance(stream, httpx.ByteStream):
            request.read()
        else:
            request.headers["content-length"] = str(len(body))  # or it would be sent in chunks, which not all take
        if isinstance(body, FileForm):
            request.headers["content-type"] = body.content_type
        request.headers.encoding = "ascii"  # or it is guessed for each header anew
        try:
            return Reply(await self._transport.handle_async_request(request))
        except _BROKEN as error:
            raise _explain(error) from error

    async def _refusal(self, reply: Reply, key: str | None, *, translated: bool = True) -> UpstreamError:
        if reply.status == 204:
            return UpstreamError("The upstream answered with nothing (status 204): try again.", code="upstream_empty")
        if 300 <= reply.status < 400:
            return UpstreamError(
                "The upstream answered with a redirect, which is not followed: its operator can set its final address.",
                code="upstream_redirect",
            )
        body = await reply.read_at_most(ERROR_BYTES)
        secrets = self._secrets if key is None else [*self._secrets, key]
        error = map_upstream_error(
            reply.status,
            body,
            reply.headers,
            key_is_clients=key is not None,
            translated=translated,
            secrets=secrets,
        )
        error.refusal, error.refusal_headers = (reply.status, body), reply.headers
        return error

    def _with_key(self, key: str | None) -> httpx.Headers:
        authorization = {} if key is None else {"authorization": f"Bearer {key}"}
        return httpx.Headers(authorization | self._plain_headers)


class Reply:
    """An upstream's reply whose body has not been read yet."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.chunks = self._read()
        """The body as it arrives. Raises UpstreamError when it breaks off."""
        self._ended = False

    @property
    def handed_on(self) -> list[tuple[bytes, bytes]]:
        """Those of its headers that a client may see, whether the reply is translated or passed through."""
        headers = ((name.lower(), value) for name, value in self._response.headers.raw)
        return [header for header in headers if header[0].startswith(_HANDED_ON)]

    async def read(self, limit: int) -> bytes:
        """The whole body; UpstreamError where it has more than `limit` bytes."""
        body = await self.read_at_most(limit + 1)
        if len(body) > limit:
            raise UpstreamError(
                f"The upstream's reply is larger than {limit} bytes: ask for less, or have max_event_bytes raised.",
                code="upstream_event_too_large",
            )
        return body

    async def read_at_most(self, limit: int) -> bytes:
        """The body up to `limit` bytes."""
        pieces, size = [], 0
        async for chunk in self.chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size >= limit:
                break
        return b"".join(pieces)[:limit]

    async def linger(self) -> None:
        """Reads the rest of a body that said all it had to say, so that the connection can be kept.

        Mostly nothing but its end is left, and is there already; what takes longer is not worth a connection.
        """
        if self._ended:
            return
        with contextlib.suppress(TimeoutError, UpstreamError):
            async with asyncio.timeout(LINGER_SECONDS):
                async for _ in self.chunks:
                    pass

    async def aclose(self) -> None:
        """Gives the connection back if the body was read to its end, else closes it."""
        await self.chunks.aclose()
        with contextlib.suppress(*_BROKEN):
            await self._response.aclose()

    async def _read(self) -> AsyncGenerator[bytes, None]:
        response = self._response
        try:
            async for chunk in response.aiter_bytes() if "content-encoding" in response.headers else _raw(response):
                yield chunk
            self._ended = True
        except _BROKEN as error:
            raise _explain(error) from error


def _as_stream(body: bytes | FileForm) -> httpx.ByteStream | _Pieces | FileForm:
    if isinstance(body, FileForm):
        return body
    return httpx.ByteStream(body) if len(body) <= PIECE_BYTES else _Pieces(body)


class _Pieces(httpx.AsyncByteStream):
    """A large body, which is not written at once."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in cut(self._body):
            yield piece


def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream.__aiter__()


def _explain(error: Exception) -> UpstreamError:
    """What happened, without the address that is in the exception's own words."""
    cause = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    if isinstance(cause, asyncio.TimeoutError | httpx.TimeoutException):
        return UpstreamError(
            "The upstream did not answer in time: try again, or raise its timeouts.",
            status=504,
            code="upstream_timeout",
        )
    if isinstance(cause, aiohttp.ClientConnectorError | aiohttp.InvalidURL | httpx.ConnectError):
        return UpstreamError("The upstream cannot be reached: try again once it is up.", code="upstream_unreachable")
    return UpstreamError(
        "The upstream broke the connection before its reply was complete: try again.",
        code="upstream_disconnected",
    )

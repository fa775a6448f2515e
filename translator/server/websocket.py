"""`/responses` as a WebSocket: one connection, many turns, each told by the events that a stream has."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..errors import InvalidRequest, TranslatorError
from .auth import Authenticator
from .body import answer_error
from .connection import Connection
from .passages import Passages
from .settings import is_loopback
from .turns import Turns

_OPENAIS_PROTOCOL = b"responses_websockets"
"""In `OpenAI-Beta`: the client speaks OpenAI's own version of this protocol, which also says `stream: true`."""


class WebSocketResponses:
    """The endpoint, as a raw ASGI app."""

    def __init__(self, authenticator: Authenticator, turns: Turns, passages: Passages) -> None:
        self._authenticator = authenticator
        self._turns = turns
        self._passages = passages
        self._settings = turns.settings
        self._without_keys = turns.settings.auth == "keys" and not turns.settings.api_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes the connection, or refuses it with an HTTP answer, and serves it to its end."""
        await receive()  # that it wants to be opened
        headers = dict(scope["headers"])
        try:
            if not self._settings.websocket:
                raise _upgrade_required()
            self._refuse_foreign_pages(headers.get(b"origin"))
            principal = self._authenticator.identify(scope)
        except TranslatorError as error:
            await answer_error(scope, send, error)
            return
        await send({"type": "websocket.accept"})
        openais = _OPENAIS_PROTOCOL in headers.get(b"openai-beta", b"")
        connection = Connection(self._turns, self._passages, principal, receive, send, may_say_stream=openais)
        await connection.serve()

    async def answer_get(self, request: Request) -> Response:
        """`GET /responses` that is no WebSocket: 426 where it meant to become one."""
        if request.headers.get("upgrade", "").lower() == "websocket":
            raise _upgrade_required()
        raise HTTPException(405, headers={"Allow": "POST"})

    def _refuse_foreign_pages(self, origin: bytes | None) -> None:
        """A browser lets any page open a WebSocket to this machine, and without keys nothing else would stop it."""
        if origin is None or not self._without_keys:
            return
        try:
            host = urlsplit(origin.decode("latin-1")).hostname
        except ValueError:  # it is no URL, so it is nobody's page
            host = None
        if host is None or not is_loopback(host):
            raise InvalidRequest(
                "Pages of other machines may not connect to a server without client keys: set one with --api-key.",
                status=403,
                code="origin_not_allowed",
            )


def _upgrade_required() -> InvalidRequest:
    return InvalidRequest(
        "This server takes no WebSocket here: use POST /responses, with 'stream' for events.",
        status=426,
        code="websocket_not_available",
        headers={"upgrade": "websocket", "connection": "close"},
    )

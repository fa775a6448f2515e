"""`/responses` as a WebSocket: one connection, many turns, each told by the events that a stream has."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..errors import InvalidRequest, TranslatorError
from .auth import Authenticator
from .body import answer_error
from .connection import Connection
from .passages import Passages
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes the connection, or refuses it with an HTTP answer, and serves it to its end."""
        await receive()  # that it wants to be opened
        headers = dict(scope["headers"])
        try:
            if not self._settings.websocket:
                raise _upgrade_required()
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


def _upgrade_required() -> InvalidRequest:
    return InvalidRequest(
        "This server takes no WebSocket here: use POST /responses, with 'stream' for events.",
        status=426,
        code="websocket_not_available",
        headers={"upgrade": "websocket", "connection": "close"},
    )

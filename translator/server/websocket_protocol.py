"""uvicorn's WebSocket protocol, as it serves here: a stop is told to the app, and a refusal is an answer."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

from ..errors import InvalidRequest
from .observation import new_request_id, request_id

STOP = "translator.stop"
"""The type of the message by which the app hears that the server stops: it ends what it tells, and closes."""

_CLOSE_SECONDS = 1.0
"""How long a server that stops waits for a client's half of the closing."""

_log = logging.getLogger(__name__)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn = _Handshake(max_size=self.config.ws_max_size, logger=self.logger)

    def shutdown(self) -> None:
        """The server stops. uvicorn itself would close an open connection in the middle of what is being told."""
        if self.close_sent:
            super().shutdown()
            return
        self.close_timeout = _CLOSE_SECONDS
        message: Any = {"type": STOP}  # of our own, beside ASGI's
        self.queue.put_nowait(message)

    def data_received(self, data: bytes) -> None:
        """The handshake, or what comes after it. uvicorn would leave one that cannot be read without an answer."""
        super().data_received(data)
        if not self.handshake_initiated and (fault := self.conn.handshake_exc) is not None:
            reason = f"{fault}: {fault.__cause__}" if fault.__cause__ is not None else str(fault)
            answer = b"".join(self.conn.data_to_send())
            self.transport.write(answer or self.conn.reject(HTTPStatus.BAD_REQUEST, reason).serialize())
            self.transport.close()

    async def run_asgi(self) -> None:
        """Runs the app. uvicorn would log an error for each handshake that the app answers with a refusal."""
        app = self.app

        async def settle(scope: Scope, receive: Receive, send: Send) -> Any:
            result = await app(scope, receive, send)
            self.handshake_complete |= self.close_sent
            return result

        self.app = settle
        await super().run_asgi()


class _Handshake(ServerProtocol):
    """What is no handshake is refused before the app hears of it, in the form of all other answers."""

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        """The refusal, with OpenAI's error body."""
        response = super().reject(status, "")
        reason = text.partition("\n")[0].removeprefix("Failed to open a WebSocket connection: ").rstrip(".")
        error = InvalidRequest(
            f"No WebSocket was opened ({reason[:200]}): open one by GET /responses, or use POST /responses.",
            code="invalid_handshake",
        )
        response.body = to_json(error.body())
        for name in ("Content-Length", "Content-Type"):
            del response.headers[name]
        id = new_request_id()
        response.headers.update(
            {"Content-Length": str(len(response.body)), "Content-Type": "application/json", "X-Request-Id": id}
        )
        token = request_id.set(id)
        _log.info("a handshake was refused with status %d", response.status_code)
        request_id.reset(token)
        return response

"""uvicorn's WebSocket protocol, as it serves here: a stop is told to the app, and a refusal is an answer."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Response
from websockets.server import ServerProtocol

from ..errors import InvalidRequest
from .observation import new_request_id, request_id

STOP = "translator.stop"
"""The type of the message by which the app hears that the server stops: it ends what it tells, and closes."""

_CLOSE_SECONDS = 1.0
"""How long a server that stops waits for a client's half of the closing."""

MOST_FRAGMENTS = 10_000
"""How many frames one message may be of: each is held until the last of them, and may be all but empty."""

MOST_SIGNS = 100
"""How many signs of life (pings and pongs) may come at once: no client has a reason for more than one."""

_TURN_BYTES = 64 * 1024
"""After as much was read at once the others have their turn: it may have been ten thousand frames."""

_log = logging.getLogger(__name__)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._signs = 0
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
        self._signs = 0
        super().data_received(data)
        if not self.handshake_initiated and (fault := self.conn.handshake_exc) is not None:
            reason = f"{fault}: {fault.__cause__}" if fault.__cause__ is not None else str(fault)
            answer = b"".join(self.conn.data_to_send())
            self.transport.write(answer or self.conn.reject(HTTPStatus.BAD_REQUEST, reason).serialize())
            self.transport.close()
        elif len(data) >= _TURN_BYTES and not self.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def handle_ping(self) -> None:
        """Answers it, unless the client takes nothing: uvicorn would hold the answers to all of its pings then."""
        if not self._count_sign():
            return
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_pong(self, event: Frame) -> None:
        """The client lives."""
        if self._count_sign():
            super().handle_pong(event)

    def _count_sign(self) -> bool:
        self._signs += 1
        if self._signs > MOST_SIGNS:
            self._fail(CloseCode.POLICY_VIOLATION, f"more than {MOST_SIGNS} pings or pongs at once")
        return not self.close_sent

    def handle_cont(self, event: Frame) -> None:
        """Another part of a message."""
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        else:
            self._fail(CloseCode.POLICY_VIOLATION, f"a message of more than {MOST_FRAGMENTS} frames")

    def send_receive_event_to_app(self) -> None:
        """A message is complete. uvicorn would log a text that is none as a fault of the server's."""
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA, "a text that is no UTF-8")
        else:
            super().send_receive_event_to_app()

    def _fail(self, code: CloseCode, reason: str) -> None:
        if not self.close_sent:
            self.conn.fail(code, reason)
            self.handle_parser_exception()  # whatever went wrong, it tells the app and closes

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

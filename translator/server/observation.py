"""Every answer carries a request id, and one log line says what was answered: never a key, never a body."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
import traceback
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import TranslatorError
from .body import answer_error

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered."""

_CLEAN_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")

_BEGINNINGS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})

_log = logging.getLogger(__name__)


class RequestIdFilter(logging.Filter):
    """Gives log records the field `request_id`, for formats to use."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        record.request_id = request_id.get()
        return True


class Observation:
    """ASGI middleware: the request id, the log line, and an answer where the code below failed.

    A client's own `x-request-id` is kept if it is up to 128 letters, digits, dots, dashes and underscores.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what the app answers."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        id = _request_id(scope)
        token = request_id.set(id.decode("ascii"))
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in _BEGINNINGS:
                status = message.get("status", 101)
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", id)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except asyncio.CancelledError:
            # only the end of the server cancels requests; who does it waits for nothing but their end
            if not status:
                await answer_error(scope, send_with_id, stopping())
        except Exception as error:
            log_failure(error)
            if not status:
                failure = TranslatorError("The server failed: try again, and tell its operator the request id.")
                await answer_error(scope, send_with_id, failure)
        finally:
            path = scope.get("raw_path") or scope["path"].encode("ascii", "backslashreplace")
            _log.info(
                "%s %s %s %.1f ms",
                scope.get("method", "WEBSOCKET"),
                path[:200].decode("ascii", "backslashreplace"),
                status or "client left",
                (time.perf_counter() - began) * 1000,
            )
            request_id.reset(token)


def stopping() -> TranslatorError:
    """What a request is told that the end of the server cuts short."""
    return TranslatorError("The server is being stopped: send the request again.", status=503, code="server_stopping")


def log_failure(error: BaseException) -> None:
    """Logs where the code failed, without the exception's own words: they may quote a body."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s in\n%s", type(error).__name__, where.rstrip())


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _CLEAN_ID.fullmatch(value):
            return bytes(value)
    return new_request_id().encode("ascii")


def new_request_id() -> str:
    """An id for a request whose client gave it none."""
    return f"req_{random.getrandbits(128):032x}"  # it grants nothing, so it need not cost a call of the system

"""One WebSocket connection: its messages are answered in turn, and it remembers the latest of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic_core import to_json
from starlette.types import Message, Receive, Send

from ..errors import InvalidRequest, TranslatorError
from ..mapping.losses import Loss
from ..wire.events import ERROR
from .auth import Principal
from .body import parse_json
from .envelope import envelope, losses_event
from .history import Memory
from .observation import log_failure, stopping
from .passages import Passages
from .passed_turns import PassedTurns
from .turns import Turn, Turns
from .websocket_protocol import STOP

JSON = dict[str, Any]

MOST_WAITING = 16
"""How many messages may wait for the one that is being answered."""

_CREATE = "response.create"
_OF_HTTP = ("stream", "stream_options", "background")
_FAREWELL_SECONDS = 5.0

_NORMAL, _RESTART = 1000, 1012
"""The codes of closing: the connection has done what it was for, or the server stops."""


class Connection:
    """Reads and answers at the same time: a client that leaves is noticed while it is being answered."""

    def __init__(
        self,
        turns: Turns,
        passages: Passages,
        principal: Principal,
        receive: Receive,
        send: Send,
        *,
        may_say_stream: bool,
    ) -> None:
        self._turns = turns
        self._principal = principal
        self._receive = receive
        self._send = send
        self._may_say_stream = may_say_stream
        self._memory = Memory()
        self._passed_turns = PassedTurns(passages, principal, self._memory, self._tell, lambda: self._cut)
        self._waiting: deque[str | bytes] = deque()
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._stopping = False
        self._cut: TranslatorError | None = stopping()
        """Why a turn that is cut short is; None: the client left."""

    async def serve(self) -> None:
        """Answers until the client leaves, the server stops, or the connection has become too old."""
        listening, work = asyncio.create_task(self._listen()), asyncio.create_task(self._work())
        try:
            seconds = self._turns.settings.websocket_max_seconds
            await asyncio.wait([listening, work], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            self._cut = None if listening.done() or work.done() else _too_old(seconds)
        except asyncio.CancelledError:
            self._stopping = True  # and its grace is over; who stops waits for nothing but this end
        await _end(listening, work)
        if listening.cancelled():
            await self._say_farewell()
        else:  # the client left
            listening.result()

    async def _say_farewell(self) -> None:
        code, reason = (_RESTART if self._stopping else _NORMAL), ""
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                if self._cut is not None:
                    reason = self._cut.code or ""
                    await self._send(_text(envelope(self._cut)))
                await self._send({"type": "websocket.close", "code": code, "reason": reason})

    # ---- what the client sends ----

    async def _listen(self) -> None:
        while (message := await self._receive())["type"] != "websocket.disconnect":
            if message["type"] == STOP:
                self._stopping = True
                self._arrived.set()
                continue
            data = message.get("text") or message.get("bytes") or b""
            size = self._waiting_bytes + len(data)
            if len(self._waiting) >= MOST_WAITING or (self._waiting and size > self._turns.settings.max_body_bytes):
                with contextlib.suppress(OSError):  # who is gone will be heard of next
                    await self._send(_text(envelope(_too_many())))
                continue
            self._waiting.append(data)
            self._waiting_bytes = size
            self._arrived.set()

    async def _next(self) -> str | bytes | None:
        """What came next; None: nothing did, and the server stops."""
        while not self._waiting:
            if self._stopping:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        data = self._waiting.popleft()
        self._waiting_bytes -= len(data)
        return data

    # ---- what it is told ----

    async def _work(self) -> None:
        while (data := await self._next()) is not None:
            try:
                if self._stopping:
                    raise stopping()
                await self._answer(data)
            except TranslatorError as error:
                await self._tell(envelope(error))
            except Exception as error:
                log_failure(error)
                await self._tell(envelope(TranslatorError("The server failed: try again.", code="server_error")))

    async def _answer(self, data: str | bytes) -> None:
        """One message. Raises TranslatorError as long as no event was sent."""
        body = self._read(parse_json(data))
        generate = body.pop("generate", True) is not False
        if await self._passed_turns.take(body, generate=generate):
            return
        try:
            turn = await self._turns.begin(body, self._principal, self._memory, generate=generate)
        except TranslatorError:
            self._memory.forget(body.get("previous_response_id"))
            raise
        try:
            await turn.tell(_Events(self._tell, turn), lambda: self._cut)
            await turn.linger()
        finally:
            await turn.aclose()

    def _read(self, message: JSON) -> JSON:
        """The request in a `response.create` message. Raises InvalidRequest."""
        kind = message.get("type")
        if kind != _CREATE:
            raise InvalidRequest(
                f"Invalid 'type': a message must be of the type '{_CREATE}'.", param="type", code="invalid_value"
            )
        for name in _OF_HTTP:
            said = message.get(name)
            if said is not None and not (name == "stream" and said is True and self._may_say_stream):
                raise InvalidRequest(
                    f"'{name}' has no meaning on a WebSocket, where all responses are told by events: leave it out.",
                    param=name,
                    code="unsupported_parameter",
                )
        if not isinstance(message.get("generate", True), bool | None):
            raise InvalidRequest("Invalid 'generate': it is true or false.", param="generate", code="invalid_type")
        body = {name: value for name, value in message.items() if name not in ("type", "background", "stream_options")}
        return {**body, "stream": True}

    async def _tell(self, message: JSON) -> None:
        try:
            await self._send(_text(message))
        except OSError:
            # the connection is gone: whoever listens hears of it too, and ends what is being done
            await asyncio.Event().wait()


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancels what still runs, and waits for it a while: a client that takes nothing more is not waited for."""
    for _ in range(2):
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_FAREWELL_SECONDS)


class _Events:
    """The door of one turn: each event is a message."""

    encoded = False

    def __init__(self, tell: Callable[[JSON], Awaitable[None]], turn: Turn) -> None:
        self._tell = tell
        self._turn = turn
        self._losses: Sequence[Loss] = ()

    async def start(self, losses: Sequence[Loss]) -> None:
        """There are no headers that the losses could stand in: an event tells them, after the first ones."""
        self._losses = losses

    async def say(self, events: Sequence[Any]) -> None:
        """A message for each event."""
        for event in events:
            await self._tell(event)
        if self._losses:
            told = losses_event(self._losses)
            self._losses = ()
            await self.say(self._turn.stream.extend(told.pop("type"), told))

    async def say_last(self, events: Sequence[Any], losses: Sequence[Loss]) -> None:
        """The last messages of this turn; the connection stays. What was lost on the way back comes before the end."""
        if losses:
            *before, terminal = events
            number = terminal["sequence_number"]
            told = {**losses_event(losses), "sequence_number": number}
            events = [*before, told, {**terminal, "sequence_number": number + 1}]
        error = self._turn.stream.error
        for event in events:
            await self._tell({**event, **envelope(error)} if event["type"] == ERROR and error is not None else event)


def _text(message: JSON) -> Message:
    return {"type": "websocket.send", "text": to_json(message).decode()}


def _too_many() -> InvalidRequest:
    return InvalidRequest(
        "Too many messages wait for the one that is being answered: send this one again when some were answered.",
        status=429,
        type="too_many_requests",
        code="too_many_requests",
    )


def _too_old(seconds: float) -> InvalidRequest:
    return InvalidRequest(
        f"A connection lives {seconds / 60:g} minutes at most: open a new one.",
        code="websocket_connection_limit_reached",
    )

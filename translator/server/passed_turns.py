"""The turns of one WebSocket connection that are passed through: each is a stream of the upstream's own.

The upstream is asked by HTTP, so what it does not store it cannot continue. The connection remembers that instead, and
sends it again; what stands before it, and the upstream has, is named by its id.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ..body import Body
from ..errors import InvalidRequest, TranslatorError, UpstreamError
from ..mapping.failure import failure_of
from ..mapping.losses import Loss, Losses
from ..mapping.upstream_error import map_error_object
from ..mapping.usage import NOTHING_USED
from ..responses_over_chat.response import echo
from ..wire import events
from ..wire.responses import validate
from .auth import Principal
from .body import encode_request
from .envelope import envelope, losses_event
from .history import Memory, Past, Remembered, as_items
from .models import Target
from .passage import Passage
from .passages import Passages
from .turns import new_response_id

JSON = dict[str, Any]
Tell = Callable[[JSON], Awaitable[None]]
CutShort = Callable[[], TranslatorError | None]

_TERMINAL = events.TERMINALS | {"response.cancelled"}
_CONTINUABLE = frozenset({"completed", "incomplete"})


class PassedTurns:
    """Answers the messages whose model's upstream speaks Responses itself.

    `cut_short` says why a turn was cancelled if it was; None: the client has left, there is nobody to be told.
    """

    def __init__(
        self, passages: Passages, principal: Principal, memory: Memory, tell: Tell, cut_short: CutShort
    ) -> None:
        self._passages = passages
        self._principal = principal
        self._memory = memory
        self._tell = tell
        self._cut_short = cut_short

    async def take(self, body: JSON, *, generate: bool) -> bool:
        """Answer a request if it is to be passed through; whether it was.

        One that shall not `generate` is taken in, and the upstream is not asked. Raises TranslatorError as long as no
        event was told.
        """
        target = await self._passages.target(body, self._principal)
        if target is None:
            return False
        previous = body.get("previous_response_id")
        try:
            turn = _PassedTurn(body, self._memory.recall(previous), self._memory)
            if generate:
                await self._relay(turn, target)
            else:
                await self._warm_up(turn)
        except TranslatorError:
            self._memory.forget(previous)
            raise
        return True

    async def _relay(self, turn: _PassedTurn, target: Target) -> None:
        passage = await self._passages.prepare(encode_request(turn.asked), turn.asked, target, self._principal)
        try:
            await passage.ask(self._principal)
            door = _Door(self._tell, turn, [*turn.losses, *passage.losses])
            try:
                await self._read(passage, door)
            except TranslatorError as error:
                if not door.begun:
                    raise
                self._memory.forget(turn.previous)
                await door.fail(error)
            except asyncio.CancelledError:
                if door.begun and (reason := self._cut_short()) is not None:
                    await door.fail(reason)
                raise
            await passage.linger()
        finally:
            await passage.aclose()

    async def _read(self, passage: Passage, door: _Door) -> None:
        """Tell of the reply up to its last event. Raises UpstreamError where that does not come."""
        body = Body(self._passages.event_bytes)
        async for data in passage.pieces():
            for event in body.receive(data):
                await door.say(event)
            if door.over or body.ended or body.fault is not None:
                break
        for event in body.finish():
            await door.say(event)
        if body.fault is not None:
            raise body.fault
        if not door.over:
            raise UpstreamError(
                "The upstream's answer broke off: it ended without saying how.", code="upstream_incomplete"
            )

    async def _warm_up(self, turn: _PassedTurn) -> None:
        now = int(time.time())
        response = echo(validate(turn.body), new_response_id(), now, keeps=False)  # type: ignore[arg-type]  # plain
        done = {**response, "status": "completed", "completed_at": now, "usage": NOTHING_USED}
        if turn.body.get("store", True):
            turn.losses.report("store", "what generates nothing is remembered by this connection alone")
        door = _Door(self._tell, turn, turn.losses)
        for number, (kind, told) in enumerate(
            ((events.CREATED, response), (events.IN_PROGRESS, response), (events.COMPLETED, done))
        ):
            await door.say({"type": kind, "response": told, "sequence_number": number})


class _PassedTurn:
    """One request, as the client sent it and as it is sent on, and what is remembered of its turn."""

    def __init__(self, body: JSON, remembered: Remembered | None, memory: Memory) -> None:
        self.body = body
        self.asked = body
        self.losses = Losses()
        self.previous = body.get("previous_response_id")
        self._memory = memory
        given = body.get("input") or ()
        if not isinstance(given, str) and not (isinstance(given, list) and all(isinstance(i, dict) for i in given)):
            raise InvalidRequest(
                "Invalid 'input': it is a string, or a list of items.", param="input", code="invalid_type"
            )
        self._past = Past({"input": as_items(given)}, None)
        self._stands_on = self.previous if isinstance(self.previous, str) else None
        if remembered is not None:
            self._past = Past(self._past.request, remembered.items, remembered=remembered)
            self._stands_on = remembered.stands_on
            self.asked = {**body, "input": [*self._sent_again(remembered.items), *self._past.request["input"]]}
            self.asked["previous_response_id"] = remembered.stands_on
            if remembered.stands_on is None:
                del self.asked["previous_response_id"]

    def _sent_again(self, items: list[JSON]) -> list[JSON]:
        """What of a turn that was not stored can be sent again: thoughts only with what they were."""
        sent = [item for item in items if item.get("type") != "reasoning" or _says_something(item)]
        if lost := len(items) - len(sent):
            self.losses.append(
                Loss(
                    "previous_response_id",
                    f"{lost} items of reasoning without content were left out; include reasoning.encrypted_content",
                )
            )
        return sent

    def as_asked(self, response: JSON) -> JSON:
        """A response as its client asked for it: it continues what the client said, not what stands before that."""
        return response if self.asked is self.body else {**response, "previous_response_id": self.previous}

    def end(self, response: JSON, items: list[JSON]) -> None:
        """Remember the turn where its upstream does not; `items` are those of its events."""
        status, stored = response.get("status"), response.get("store")
        if not isinstance(stored, bool):
            stored = self.body.get("store", True) is not False
        if status not in _CONTINUABLE or not isinstance(response.get("id"), str):
            self._memory.forget(self.previous)
        elif stored:
            self._memory.clear()
        else:
            output = [item for item in response.get("output") or items if isinstance(item, dict)]
            told = {"id": response["id"], "output": output}
            self._memory.remember(told, self._past, stored=False, stands_on=self._stands_on)


def _says_something(reasoning: JSON) -> bool:
    return bool(reasoning.get("encrypted_content") or reasoning.get("content"))


class _Door:
    """The messages of one turn: the upstream's events, and among them one that tells what was lost."""

    def __init__(self, tell: Tell, turn: _PassedTurn, losses: list[Loss]) -> None:
        self._tell = tell
        self._turn = turn
        self._losses = losses
        self._items: list[JSON] = []
        self._response: JSON = {}
        self._number = -1
        self._added = 0
        self.over = False
        """Whether the last event was told."""

    @property
    def begun(self) -> bool:
        """Whether any event was told."""
        return self._number >= 0

    async def say(self, event: JSON | str) -> None:
        """Tell of an event; nothing follows the last one. Raises UpstreamError for one that tells of a failure."""
        if self.over or not isinstance(event, dict):
            return
        kind = event.get("type")
        if kind == events.ERROR or (event.get("error") and "response" not in event):
            raise map_error_object(event)
        if not isinstance(kind, str):
            raise UpstreamError("The upstream's answer is no stream of events.", code="upstream_bad_response")
        if isinstance(response := event.get("response"), dict):
            self._response = self._turn.as_asked(response)
            event = {**event, "response": self._response}
        if kind == events.OUTPUT_ITEM_DONE and isinstance(item := event.get("item"), dict):
            self._items.append(item)
        if kind in _TERMINAL:
            self.over = True
            self._turn.end(self._response, self._items)
        if self._losses and (self.begun or self.over):
            told, self._losses = losses_event(self._losses), []
            await self._send(told)
            self._added = 1
        await self._send(event)

    async def fail(self, error: TranslatorError) -> None:
        """Tell that the turn broke off after it had begun."""
        if self.over:
            return
        self.over = True
        await self._send(envelope(error))
        failed = {**self._response, "status": "failed", "error": failure_of(error)}
        await self._send({"type": events.FAILED, "response": failed})

    async def _send(self, event: JSON) -> None:
        number = event.get("sequence_number")
        self._number = number + self._added if isinstance(number, int) else self._number + 1
        await self._tell({**event, "sequence_number": self._number})

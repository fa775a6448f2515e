"""`POST /responses`: a request in, its turn's response out, as JSON or as a stream."""

from __future__ import annotations

import logging

from starlette.types import Receive, Scope, Send

from .auth import Authenticator
from .body import ClientLeft, losses_header, read_json, send_json
from .event_stream import EventStream
from .presence import Presence
from .turns import Turn, Turns

_log = logging.getLogger(__name__)


class Responses:
    """The endpoint, as a raw ASGI app: on this path each layer costs as much as the translation."""

    def __init__(self, authenticator: Authenticator, turns: Turns) -> None:
        self._authenticator = authenticator
        self._turns = turns
        self._settings = turns.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises TranslatorError as long as nothing was sent."""
        principal = self._authenticator.identify(scope)
        try:
            body = await read_json(scope, receive, self._settings.max_body_bytes)
        except ClientLeft:
            return
        with Presence(receive) as presence:
            turn = await self._turns.begin(body, principal)
            try:
                if turn.call.request.get("stream"):
                    await self._stream(turn, send, presence)
                else:
                    response = await turn.complete()
                    await send_json(send, response, losses_header(turn.losses))
            finally:
                await turn.aclose()

    async def _stream(self, turn: Turn, send: Send, presence: Presence) -> None:
        door = EventStream(send, self._settings.done_marker)
        await turn.tell(door, presence_ended=presence.end, client_gone=lambda: presence.gone)
        if turn.stream.error is not None:
            _log.warning("a stream ended with response.failed: %s", turn.stream.error.code)

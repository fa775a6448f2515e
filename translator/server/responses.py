"""`POST /responses`: a request in, its turn's response out, as JSON or as a stream."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from .auth import Authenticator
from .body import ClientLeft, losses_header, parse_json, read_body, send_json
from .event_stream import EventStream
from .observation import stopping
from .passages import Passages
from .presence import Presence
from .turns import Turn, Turns


class Responses:
    """The endpoint, as a raw ASGI app: on this path each layer costs as much as the translation."""

    def __init__(self, authenticator: Authenticator, turns: Turns, passages: Passages) -> None:
        self._authenticator = authenticator
        self._turns = turns
        self._settings = turns.settings
        self._passages = passages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises TranslatorError as long as nothing was sent."""
        principal = self._authenticator.identify(scope)
        try:
            raw = await read_body(scope, receive, self._settings.max_body_bytes)
        except ClientLeft:
            return
        body = parse_json(raw)
        turn: Turn | None = None
        try:
            with Presence(receive) as presence:
                if await self._passages.take(raw, body, principal, presence, send):
                    return
                turn = await self._turns.begin(body, principal)
                if turn.call.request.get("stream"):
                    door = EventStream(send, turn.call.options.done_marker, turn.handed_on)
                    await turn.tell(door, lambda: None if presence.gone else stopping())
                else:
                    response = await turn.complete()
                    await send_json(send, response, [*turn.handed_on, *losses_header(turn.losses)])
            if turn is not None and not presence.gone:
                await turn.linger()
        finally:
            if turn is not None:
                await turn.aclose()

"""`POST /responses/compact`: a conversation in, what stands for it out."""

from __future__ import annotations

from typing import Any

from starlette.types import Receive, Scope, Send

from ..errors import InvalidRequest
from ..mapping.usage import NOTHING_USED
from ..responses_over_chat.compaction import TRIGGER
from .auth import Authenticator
from .body import ClientLeft, losses_header, parse_json, read_body, send_json
from .history import listed
from .passages import Passages
from .presence import Presence
from .turns import Turn, Turns

JSON = dict[str, Any]


class Compactions:
    """The endpoint, as a raw ASGI app: a client that leaves ends it."""

    def __init__(self, authenticator: Authenticator, turns: Turns, passages: Passages) -> None:
        self._authenticator = authenticator
        self._turns = turns
        self._passages = passages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises TranslatorError as long as nothing was sent."""
        principal = self._authenticator.identify(scope)
        try:
            raw = await read_body(scope, receive, self._turns.settings.max_body_bytes)
        except ClientLeft:
            return
        body = parse_json(raw)
        turn: Turn | None = None
        try:
            with Presence(receive) as presence:
                if await self._passages.take(raw, body, principal, presence, send, "/compact"):
                    return
                turn = await self._turns.begin(_asked(body), principal)
                compacted = _compacted(turn, await turn.complete())
                await send_json(send, compacted, [*turn.handed_on, *losses_header(turn.losses)])
            if turn is not None and not presence.gone:
                await turn.linger()
        finally:
            if turn is not None:
                await turn.aclose()


def _asked(body: JSON) -> JSON:
    """The request for a response that is a compaction; it is kept by the client alone."""
    if body.get("stream"):
        raise InvalidRequest("A compaction cannot be streamed: leave 'stream' out.", param="stream")
    given = body.get("input")
    if isinstance(given, str):
        items: Any = [{"role": "user", "content": given}] if given else []
    else:
        items = given or []
    if isinstance(items, list):
        items = [*items, {"type": TRIGGER}]
    return {**body, "input": items, "store": False}


def _compacted(turn: Turn, response: JSON) -> JSON:
    """What users said, word for word, then the item that stands for all the rest."""
    said = [item for item in turn.told if item.get("role") == "user"]
    digits = response["id"].removeprefix("resp_")
    return {
        "id": response["id"],
        "object": "response.compaction",
        "created_at": response["created_at"],
        "output": [*listed(said, digits), *response["output"]],
        "usage": response["usage"] or NOTHING_USED,
    }

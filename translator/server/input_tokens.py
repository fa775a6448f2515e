"""`POST /responses/input_tokens`: how many tokens a request would be, counted by the upstream itself."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from .auth import Authenticator
from .body import ClientLeft, losses_header, parse_json, read_body, send_json
from .passages import Passages
from .presence import Presence
from .tokenizer import count_tokens
from .turns import Turns


class InputTokens:
    """The endpoint, as a raw ASGI app: a client that leaves ends it."""

    def __init__(self, authenticator: Authenticator, turns: Turns, passages: Passages) -> None:
        self._authenticator = authenticator
        self._turns = turns
        self._passages = passages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The tokens of what would be sent upstream: history, instructions, tools and all. Raises TranslatorError."""
        principal = self._authenticator.identify(scope)
        try:
            raw = await read_body(scope, receive, self._turns.settings.max_body_bytes)
        except ClientLeft:
            return
        body = parse_json(raw)
        with Presence(receive) as presence:
            if await self._passages.take(raw, body, principal, presence, send, "/input_tokens"):
                return
            call, target = await self._turns.translate({**body, "store": False}, principal)
            count, losses = await count_tokens(target.upstream, call.chat_request, principal.upstream_key)
            answer = {"object": "response.input_tokens", "input_tokens": count}
            await send_json(send, answer, losses_header([*call.losses, *losses]))

"""`POST /responses/input_tokens`: how many tokens a request would be, counted by the upstream itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .auth import Authenticator
from .body import losses_header, read_json
from .tokenizer import count_tokens
from .turns import Turns


class InputTokens:
    """The endpoint."""

    def __init__(self, authenticator: Authenticator, turns: Turns) -> None:
        self._authenticator = authenticator
        self._turns = turns

    async def count(self, request: Request) -> Response:
        """The tokens of what would be sent upstream: history, instructions, tools and all."""
        principal = self._authenticator.identify(request.scope)
        body = await read_json(request.scope, request.receive, self._turns.settings.max_body_bytes)
        call, target = await self._turns.translate({**body, "store": False}, principal)
        count, losses = await count_tokens(target.upstream, call.chat_request, principal.upstream_key)
        answer = JSONResponse({"object": "response.input_tokens", "input_tokens": count})
        answer.raw_headers.extend(losses_header([*call.losses, *losses]))
        return answer

"""The families' upstreams: one server, in which every experiment has an upstream of its own below its own path."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import completion, meant, stream
from .conversations import Conversation, Say
from .family import Family

JSON = dict[str, Any]


class Exchange(NamedTuple):
    """One chat request, and what came of it."""

    request: JSON
    said: Say | None
    """None: it was refused."""


class FamilyServer:
    """Answers for all experiments; `exchanges` holds what was asked and said, by the experiment's key."""

    def __init__(self) -> None:
        self.exchanges: dict[str, list[Exchange]] = defaultdict(list)
        self._experiments: dict[str, tuple[Family, Conversation]] = {}
        self.app = Starlette(
            routes=[
                Route("/{key}/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/{key}/v1/models", self._models),
                Route("/{key}/{path:path}", self._beside),
            ]
        )

    def expect(self, key: str, family: Family, conversation: Conversation) -> None:
        """Play this family, having this conversation, below `/key/v1`."""
        self._experiments[key] = family, conversation

    async def _models(self, request: Request) -> Response:
        family, _ = self._experiments[request.path_params["key"]]
        if family.entry is None:
            return Response('{"detail": "Not Found"}', 404, media_type="application/json")
        entry = {"id": family.model, "object": "model", "created": 1764000000, **family.entry}
        return Response(json.dumps({"object": "list", "data": [entry]}), media_type="application/json")

    async def _beside(self, request: Request) -> Response:
        family, _ = self._experiments[request.path_params["key"]]
        body = family.beside.get(f"/{request.path_params['path']}")
        return Response(json.dumps(body), 404 if body is None else 200, media_type="application/json")

    async def _chat(self, request: Request) -> Response:
        key = request.path_params["key"]
        family, conversation = self._experiments[key]
        body = await request.json()
        exchanges = self.exchanges[key]
        refusal = family.refusal(body)
        if refusal is not None:
            exchanges.append(Exchange(body, None))
            return Response(refusal[1], refusal[0], family.headers, "application/json")
        turn = sum(exchange.said is not None for exchange in exchanges)
        intended = conversation.turns[min(turn, len(conversation.turns) - 1)].says
        if intended.fault in ("too_long", "too_fast"):
            exchanges.append(Exchange(body, intended))
            error = getattr(family, intended.fault)
            return Response(error["body"], error["status"], error.get("headers"), "application/json")
        said = meant(intended, body, family)
        exchanges.append(Exchange(body, said))
        if body.get("stream"):
            return Response(stream(said, family, body["model"]), 200, family.headers, "text/event-stream")
        if intended.fault == "breaks":
            cut = completion(said, family, body["model"])[:-40]
            return Response(cut, 200, family.headers, "application/json")
        return Response(completion(said, family, body["model"]), 200, family.headers, "application/json")

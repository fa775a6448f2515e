"""`/conversations`: made, read, changed and deleted."""

from __future__ import annotations

import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..store import Conversation
from ..store.conversations import not_found
from ..wire.conversations import read_change, read_creation
from .auth import Authenticator
from .body import read_json
from .history import History, listed
from .kept import Kept

JSON = dict[str, Any]


class Conversations:
    """The endpoints. An id that is unknown, another client's, deleted or expired is answered alike."""

    def __init__(self, authenticator: Authenticator, kept: Kept, max_body_bytes: int) -> None:
        self._authenticator = authenticator
        self._kept = kept
        self._history = History(kept)
        self._max_body_bytes = max_body_bytes

    async def create(self, request: Request) -> Response:
        """`POST /conversations`: a new one, with its first items if there are any."""
        tenant = self._authenticator.identify(request.scope).tenant
        body = await read_json(request.scope, request.receive, self._max_body_bytes, empty=b"{}")
        items, metadata = read_creation(body)
        digits = secrets.token_hex(16)
        given = await self._history.dereference(items, tenant, path="items")
        conversation = Conversation(tenant, f"conv_{digits}", int(time.time()), metadata)
        stored = await self._kept.inline.move(listed(given, digits), tenant, [conversation.id])
        await self._kept.store.conversations.create(conversation, stored)
        return JSONResponse(as_json(conversation))

    async def retrieve(self, request: Request) -> Response:
        """`GET /conversations/{id}`."""
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        conversation = await self._kept.store.conversations.load(tenant, id)
        if conversation is None:
            raise not_found(id)
        return JSONResponse(as_json(conversation))

    async def update(self, request: Request) -> Response:
        """`POST /conversations/{id}`: other metadata."""
        tenant = self._authenticator.identify(request.scope).tenant
        metadata = read_change(await read_json(request.scope, request.receive, self._max_body_bytes))
        id = request.path_params["id"]
        conversation = await self._kept.store.conversations.update(tenant, id, metadata)
        if conversation is None:
            raise not_found(id)
        return JSONResponse(as_json(conversation))

    async def delete(self, request: Request) -> Response:
        """`DELETE /conversations/{id}`: it and its items are gone."""
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        if not await self._kept.store.conversations.delete(tenant, id):
            raise not_found(id)
        return JSONResponse({"id": id, "object": "conversation.deleted", "deleted": True})


def as_json(conversation: Conversation) -> JSON:
    """A conversation as OpenAI shows it."""
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": conversation.created_at,
        "metadata": conversation.metadata,
    }

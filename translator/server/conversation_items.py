"""`/conversations/{id}/items`: added, listed, read and deleted."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import InvalidRequest
from ..store import Page
from ..store.conversations import not_found
from ..wire.conversations import read_addition
from .auth import Authenticator
from .body import losses_header, read_json
from .conversations import as_json
from .history import History, listed
from .kept import Kept
from .pages import as_list, read_include, read_paging, report_include
from .stored_responses import KNOWN

JSON = dict[str, Any]


class ConversationItems:
    """The endpoints. What another client has is as if it did not exist."""

    def __init__(self, authenticator: Authenticator, kept: Kept, max_body_bytes: int) -> None:
        self._authenticator = authenticator
        self._kept = kept
        self._history = History(kept)
        self._max_body_bytes = max_body_bytes

    async def create(self, request: Request) -> Response:
        """`POST /conversations/{id}/items`: put at the end, together and in this order."""
        tenant = self._authenticator.identify(request.scope).tenant
        items = read_addition(await read_json(request.scope, request.receive, self._max_body_bytes))
        given = await self._history.dereference(items, tenant, path="items")
        added = listed(given, secrets.token_hex(16))
        stored = await self._kept.inline.move(added, tenant, [request.path_params["id"]])
        await self._kept.store.conversations.append(tenant, request.path_params["id"], stored)
        return self._answer(as_list(Page(added, has_more=False)), request)

    async def list(self, request: Request) -> Response:
        """`GET /conversations/{id}/items`: a page of them."""
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        page = await self._kept.store.conversations.page(tenant, id, **read_paging(request.query_params)._asdict())
        if page is None:
            raise not_found(id)
        shown = as_list(page)
        include = read_include(request.query_params)
        items = await self._kept.inline.restore(page.items, tenant)
        shown["data"] = [self._kept.sealed(item, tenant, include) for item in items]
        return self._answer(shown, request)

    async def retrieve(self, request: Request) -> Response:
        """`GET /conversations/{id}/items/{item_id}`."""
        tenant = self._authenticator.identify(request.scope).tenant
        id, item_id = request.path_params["id"], request.path_params["item_id"]
        item = await self._kept.store.conversations.load_item(tenant, id, item_id)
        if item is None:
            raise _item_not_found(id, item_id)
        (item,) = await self._kept.inline.restore([item], tenant)
        return self._answer(self._kept.sealed(item, tenant, read_include(request.query_params)), request)

    async def delete(self, request: Request) -> Response:
        """`DELETE /conversations/{id}/items/{item_id}`; the conversation is the answer."""
        tenant = self._authenticator.identify(request.scope).tenant
        id, item_id = request.path_params["id"], request.path_params["item_id"]
        conversation = await self._kept.store.conversations.load(tenant, id)
        if conversation is None or not await self._kept.store.conversations.delete_item(tenant, id, item_id):
            raise _item_not_found(id, item_id)
        return JSONResponse(as_json(conversation))

    def _answer(self, value: JSON, request: Request) -> Response:
        answer = JSONResponse(value)
        answer.raw_headers.extend(losses_header(report_include(read_include(request.query_params), KNOWN)))
        return answer


def _item_not_found(id: str, item_id: str) -> InvalidRequest:
    return InvalidRequest(
        f"No item '{item_id[:128]}' in a conversation '{id[:128]}': it was never made, was deleted or has expired.",
        status=404,
        param="item_id",
        code="item_not_found",
    )

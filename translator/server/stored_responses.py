"""`/responses/{id}`: what was stored, read and deleted."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import InvalidRequest
from ..responses_over_chat.request import ENCRYPTED_REASONING, LOGPROBS
from ..responses_over_chat.response import output_text
from .auth import Authenticator
from .body import losses_header
from .kept import Kept
from .pages import as_list, read_include, read_paging, report_include

JSON = dict[str, Any]

KNOWN = frozenset({ENCRYPTED_REASONING, LOGPROBS})
"""What `include` may ask for and get."""


class StoredResponses:
    """The endpoints. An id that is unknown, another client's, deleted or expired is answered alike."""

    def __init__(self, authenticator: Authenticator, kept: Kept) -> None:
        self._authenticator = authenticator
        self._kept = kept

    async def retrieve(self, request: Request) -> Response:
        """`GET /responses/{id}`: the response as its client was told it."""
        tenant = self._authenticator.identify(request.scope).tenant
        if request.query_params.get("stream", "false").lower() not in ("false", "0"):
            raise InvalidRequest(
                "A stored response cannot be streamed again: leave 'stream' out to get it whole.", param="stream"
            )
        id = request.path_params["id"]
        found = await self._kept.store.responses.load(tenant, id)
        if found is None:
            raise not_found(id)
        include = read_include(request.query_params)
        output = [self._kept.sealed(item, tenant, include) for item in found.output]
        response = {**found.body, "output": output, "output_text": output_text(output)}
        return _answer(response, include)

    async def delete(self, request: Request) -> Response:
        """`DELETE /responses/{id}`: it is gone, and what continues it can no longer be continued."""
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        if not await self._kept.store.responses.delete(tenant, id):
            raise not_found(id)
        return JSONResponse({"id": id, "object": "response", "deleted": True})

    async def cancel(self, request: Request) -> Response:
        """`POST /responses/{id}/cancel`: nothing runs in the background that could be cancelled."""
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        if await self._kept.store.responses.load(tenant, id) is None:
            raise not_found(id)
        raise InvalidRequest(
            f"The response '{id}' does not run in the background: close the connection that it is sent on to cancel "
            "one that is still being made.",
            param="id",
            code="response_not_cancellable",
        )

    async def input_items(self, request: Request) -> Response:
        """`GET /responses/{id}/input_items`: what its own request brought, without what it continued."""
        tenant = self._authenticator.identify(request.scope).tenant
        id = request.path_params["id"]
        paging = read_paging(request.query_params)
        page = await self._kept.store.responses.input_items(tenant, id, **paging._asdict())
        if page is None:
            raise not_found(id)
        include = read_include(request.query_params)
        shown = as_list(page)
        items = await self._kept.inline.restore(page.items, tenant)
        shown["data"] = [self._kept.sealed(item, tenant, include) for item in items]
        return _answer(shown, include)


def not_found(id: str) -> InvalidRequest:
    """The same for every response that this client does not have."""
    return InvalidRequest(
        f"No response '{id[:128]}': it was never stored, was deleted or has expired.",
        status=404,
        param="id",
        code="response_not_found",
    )


def _answer(value: JSON, include: list[str]) -> Response:
    answer = JSONResponse(value)
    answer.raw_headers.extend(losses_header(report_include(include, KNOWN)))
    return answer

"""`/responses/{id}`: what was stored, read and deleted."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import InvalidRequest
from ..responses_over_chat.request import ENCRYPTED_REASONING, LOGPROBS
from ..responses_over_chat.response import output_text
from .auth import Authenticator, Principal
from .body import losses_header
from .kept import Kept
from .ownership import Ownership
from .pages import as_list, read_include, read_paging, report_include
from .passed_by_id import Errand, PassedAnswer, PassedById, not_found

JSON = dict[str, Any]

KNOWN = frozenset({ENCRYPTED_REASONING, LOGPROBS})
"""What `include` may ask for and get."""


class StoredResponses:
    """The endpoints. An id that is unknown, another client's, deleted or expired is answered alike.

    What an upstream that speaks Responses keeps for the client is asked of it.
    """

    def __init__(self, authenticator: Authenticator, kept: Kept, ownership: Ownership, max_event_bytes: int) -> None:
        self._authenticator = authenticator
        self._kept = kept
        self._ownership = ownership
        self._event_bytes = max_event_bytes

    async def retrieve(self, request: Request) -> Response:
        """`GET /responses/{id}`: the response as its client was told it."""
        principal = self._authenticator.identify(request.scope)
        tenant, id = principal.tenant, request.path_params["id"]
        found = await self._kept.store.responses.load(tenant, id)
        if found is None:
            return await self._passed(request, principal, "GET")
        if request.query_params.get("stream", "false").lower() not in ("false", "0"):
            raise InvalidRequest(
                "A stored response cannot be streamed again: leave 'stream' out to get it whole.", param="stream"
            )
        include = read_include(request.query_params)
        output = [self._kept.sealed(item, tenant, include) for item in found.output]
        response = {**found.body, "output": output, "output_text": output_text(output)}
        return _answer(response, include)

    async def delete(self, request: Request) -> Response:
        """`DELETE /responses/{id}`: it is gone, and what continues it can no longer be continued."""
        principal = self._authenticator.identify(request.scope)
        id = request.path_params["id"]
        if not await self._kept.store.responses.delete(principal.tenant, id):
            return await self._passed(request, principal, "DELETE")
        return JSONResponse({"id": id, "object": "response", "deleted": True})

    async def cancel(self, request: Request) -> Response:
        """`POST /responses/{id}/cancel`: nothing runs in the background here that could be cancelled."""
        principal = self._authenticator.identify(request.scope)
        id = request.path_params["id"]
        if await self._kept.store.responses.load(principal.tenant, id) is None:
            return await self._passed(request, principal, "POST", "/cancel")
        raise InvalidRequest(
            f"The response '{id}' does not run in the background: close the connection that it is sent on to cancel "
            "one that is still being made.",
            param="id",
            code="response_not_cancellable",
        )

    async def input_items(self, request: Request) -> Response:
        """`GET /responses/{id}/input_items`: what its own request brought, without what it continued."""
        principal = self._authenticator.identify(request.scope)
        tenant, id = principal.tenant, request.path_params["id"]
        paging = read_paging(request.query_params)
        page = await self._kept.store.responses.input_items(tenant, id, **paging._asdict())
        if page is None:
            return await self._passed(request, principal, "GET", "/input_items")
        include = read_include(request.query_params)
        shown = as_list(page)
        items = await self._kept.inline.restore(page.items, tenant)
        shown["data"] = [self._kept.sealed(item, tenant, include) for item in items]
        return _answer(shown, include)

    async def _passed(self, request: Request, principal: Principal, method: str, below: str = "") -> Response:
        """The answer of the upstream that keeps the response. Raises InvalidRequest (404) where none can."""
        id, tenant = request.path_params["id"], principal.tenant
        upstream = await self._ownership.home(id, tenant)
        if upstream is None:
            raise not_found(id)
        errand = Errand(method, id, below, request.scope["query_string"], upstream)
        claims = None
        if method == "GET" and not below:
            claims, _ = self._ownership.claims({}, upstream, tenant)
        done = partial(self._ownership.forget, id, tenant) if method == "DELETE" else None
        return PassedAnswer(PassedById(errand, self._event_bytes, claims), principal, done)


def _answer(value: JSON, include: list[str]) -> Response:
    answer = JSONResponse(value)
    answer.raw_headers.extend(losses_header(report_include(include, KNOWN)))
    return answer

"""What is asked of a response by its id, passed through to the upstream that keeps it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..errors import InvalidRequest, Unsupported, UpstreamError
from ..mapping.upstream_error import is_missing_route
from .auth import Principal
from .claims import Claims
from .passage import Passage, pass_through
from .presence import Presence
from .upstream import Reply, UpstreamClient

_PLAIN_ID = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,255}")
"""What may stand in an URL as it is, and leads nowhere else."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is asked, and of which upstream."""

    method: str
    id: str
    below: str
    """What follows the id in the path, with its slash."""

    query: bytes
    upstream: UpstreamClient

    @property
    def path(self) -> str:
        """The path below `/responses`."""
        return f"/{self.id}{self.below}"


def not_found(id: str) -> InvalidRequest:
    """The same for every response that this client does not have."""
    return InvalidRequest(
        f"No response '{id[:128]}': it was never stored, was deleted or has expired.",
        status=404,
        param="id",
        code="response_not_found",
    )


class PassedById(Passage):
    """One errand on its way through."""

    def __init__(self, errand: Errand, event_bytes: int, claims: Claims | None) -> None:
        settings = errand.upstream.settings
        names = {model.upstream_name: model.name for model in reversed(settings.models)}
        super().__init__(errand.upstream, names, event_bytes, claims)
        self._errand = errand

    async def _ask(self, key: str | None) -> Reply:
        errand = self._errand
        if not _PLAIN_ID.fullmatch(errand.id):
            raise not_found(errand.id)
        try:
            return await errand.upstream.ask_below(errand.method, errand.path, errand.query, key)
        except UpstreamError as error:
            status, body = error.refusal or (0, b"")
            if status == 404:
                raise not_found(errand.id) from error
            if is_missing_route(status, body):
                raise Unsupported(
                    f"The upstream of the response '{errand.id}' has no {errand.method} /responses/{{id}}"
                    f"{errand.below}: it cannot be done there.",
                    param="id",
                ) from error
            raise


class PassedAnswer(Response):
    """The upstream's answer to an errand, as the answer of an endpoint. `done` is awaited once it was all told."""

    def __init__(
        self,
        passage: PassedById,
        principal: Principal,
        done: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__()
        self._passage = passage
        self._principal = principal
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask, and hand on. Raises TranslatorError as `pass_through` does."""
        with Presence(receive) as presence:
            await pass_through(self._passage, self._principal, presence, send)
            if self._done is not None:
                await self._done()

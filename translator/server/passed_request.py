"""A request that is passed through: what of it the upstream is told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import Unsupported, UpstreamError
from ..mapping.losses import Loss
from ..mapping.upstream_error import is_missing_route
from .body import encode_request
from .claims import Claims
from .models import Target
from .passage import Passage
from .upstream import Reply

JSON = dict[str, Any]

_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
"""What limits the answer in either API."""

_INSTEAD = {
    "/compact": "send on the whole conversation, or ask the model for a summary of it",
    "/input_tokens": "send the request itself, its usage says how many tokens they were",
}
"""What to do where an upstream lacks one of the paths below `/responses`."""


class PassedRequest(Passage):
    """A request, as bytes and as the JSON they are, for a path that is `below` the API's own."""

    def __init__(
        self, raw: bytes, body: JSON, target: Target, event_bytes: int, *, below: str = "", claims: Claims | None = None
    ) -> None:
        super().__init__(target.upstream, {target.model: body["model"]}, event_bytes, claims)
        self._raw = raw
        self._body = body
        self._target = target
        self._below = below

    async def _ask(self, key: str | None) -> Reply:
        changes: JSON = {}
        if self._body["model"] != self._target.model:
            changes["model"] = self._target.model
        changes |= dict(self._caps())
        content = encode_request({**self._body, **changes}) if changes else self._raw
        try:
            return await self._target.post_own(content, key, self._below)
        except UpstreamError as error:
            if self._below and error.refusal is not None and is_missing_route(*error.refusal):
                raise self._no_route() from error
            raise

    def _no_route(self) -> Unsupported:
        return Unsupported(
            f"The upstream of {self._body['model']!r} speaks Responses, but has no POST /responses{self._below}: "
            f"{_INSTEAD[self._below]}.",
            param="model",
        )

    def _caps(self) -> Iterator[tuple[str, int]]:
        """The limits of tokens that are beyond what the settings allow the model."""
        limit = self._target.output_limit
        for name in _LIMITS if limit is not None else ():
            asked = self._body.get(name)
            if isinstance(asked, int) and limit is not None and asked > limit:
                self.losses.append(Loss(name, f"capped to {limit}"))
                yield name, limit

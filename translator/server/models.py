"""`GET /models`: which public models there are, and which upstream answers for each."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..dialects import Dialect
from ..errors import InvalidRequest, UpstreamError
from .auth import Authenticator, Principal
from .listing import Listing
from .settings import Model
from .upstream import UpstreamClient

JSON = dict[str, Any]


class Target(NamedTuple):
    """Where a request for a public model goes, and what is known of it there."""

    upstream: UpstreamClient
    model: str | None
    dialect: Dialect
    output_limit: int | None = None
    window: int | None = None


class Catalogue:
    """All public models of all upstreams. Where two have a model of one name, the first upstream answers.

    An upstream's models are the configured ones, else those of its own list; one without a list takes every name.
    Clients with keys of the upstream's see its list as it is for their key, and every name is for it to judge.
    """

    def __init__(self, upstreams: Sequence[UpstreamClient], cache_seconds: float, passthrough: bool) -> None:
        self._created = int(time.time())
        self._configured: dict[str, Target] = {}
        self._listings: list[Listing] = []
        self._passthrough = passthrough
        for upstream in upstreams:
            for model in upstream.settings.models:
                self._configured[model.name] = _target(upstream, model)
            if not upstream.settings.models:
                self._listings.append(Listing(upstream, cache_seconds))

    async def target(self, name: str) -> Target:
        """Where a request for a model goes. Raises InvalidRequest (404 `model_not_found`)."""
        if (found := self._configured.get(name)) is not None:
            return found
        for listing in self._listings:
            if self._passthrough or await listing.admits(name):
                return Target(listing.upstream, None, listing.upstream.settings.dialect)
        raise unknown_model(name)

    async def models(self, principal: Principal) -> list[JSON]:
        """All public models. Raises UpstreamError where no upstream could say any."""
        found = {name: self._model(name, target.upstream) for name, target in self._configured.items()}
        failure: UpstreamError | None = None
        for listing in self._listings:
            try:
                models = await listing.models(principal.upstream_key)
            except UpstreamError as error:
                failure = failure or error
                continue
            for model in models or ():
                found.setdefault(model["id"], model)
        if failure is not None and not found:
            raise failure
        return list(found.values())

    async def model(self, name: str, principal: Principal) -> JSON:
        """One public model. Raises InvalidRequest (404 `model_not_found`)."""
        if (target := self._configured.get(name)) is not None:
            return self._model(name, target.upstream)
        for listing in self._listings:
            models = await listing.models(principal.upstream_key)
            for model in models or ():
                if model["id"] == name:
                    return model
            if models is None:
                return self._model(name, listing.upstream)
        raise unknown_model(name)

    def _model(self, name: str, upstream: UpstreamClient) -> JSON:
        return {"id": name, "object": "model", "created": self._created, "owned_by": upstream.settings.name}


def _target(upstream: UpstreamClient, model: Model) -> Target:
    dialect = upstream.settings.dialect
    if model.hosted_tools:
        dialect = dataclasses.replace(dialect, hosted_tools=dialect.hosted_tools | model.hosted_tools)
    return Target(upstream, model.upstream_name, dialect, model.max_output_tokens)


def unknown_model(name: str) -> InvalidRequest:
    """The error for a model that nobody serves."""
    return InvalidRequest(
        f"The model {name[:128]!r} does not exist: GET /models lists those that do.",
        status=404,
        code="model_not_found",
        param="model",
    )


class ModelRoutes:
    """The endpoints."""

    def __init__(self, authenticator: Authenticator, catalogue: Catalogue) -> None:
        self._authenticator = authenticator
        self._catalogue = catalogue

    async def list(self, request: Request) -> Response:
        """`GET /models`: the public models, as OpenAI lists them."""
        principal = self._authenticator.identify(request.scope)
        return JSONResponse({"object": "list", "data": await self._catalogue.models(principal)})

    async def retrieve(self, request: Request) -> Response:
        """`GET /models/{id}`: one of them; its id may hold slashes."""
        principal = self._authenticator.identify(request.scope)
        return JSONResponse(await self._catalogue.model(request.path_params["id"], principal))

"""`GET /models`: which public models there are, and which upstream answers for each."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import InvalidRequest, UpstreamError
from .auth import Authenticator, Principal
from .codex_models import codex_model
from .knowledge import Knowledge, Known
from .listing import Listing
from .settings import Model
from .upstream import Reply, UpstreamClient

JSON = dict[str, Any]


class Target(NamedTuple):
    """Where a request for a public model goes."""

    upstream: UpstreamClient
    model: str
    """The upstream's name for it."""

    knowledge: Knowledge
    configured: Model | None = None
    """What the settings say of the model."""

    @property
    def output_limit(self) -> int | None:
        """The most tokens that the settings allow a reply."""
        return None if self.configured is None else self.configured.max_output_tokens

    @property
    def known(self) -> Known:
        """The model's dialect and limits, as they are known now; what is configured wins."""
        known, model = self.knowledge.of(self.model), self.configured
        if model is None:
            return known
        dialect, limits = known
        if model.hosted_tools:
            dialect = dataclasses.replace(dialect, hosted_tools=dialect.hosted_tools | model.hosted_tools)
        if model.max_output_tokens is not None:
            limits = limits._replace(max_output=model.max_output_tokens)
        return Known(dialect, limits)

    async def post_chat(self, body: JSON, key: str | None) -> Reply:
        """As the upstream client's, with the public name of the model in what is refused."""
        with self._public_names():
            return await self.upstream.post_chat(body, key)

    async def post_own(self, body: bytes, key: str | None, below: str = "") -> Reply:
        """As the upstream client's, with the public name of the model in what is refused."""
        with self._public_names():
            return await self.upstream.post_own(body, key, below)

    @contextmanager
    def _public_names(self) -> Iterator[None]:
        try:
            yield
        except UpstreamError as error:
            public = self.model if self.configured is None else self.configured.name
            if public != self.model:
                alone = rf"(?<![\w/.-]){re.escape(self.model)}(?![\w/-]|\.\w)"
                error.message = re.sub(alone, lambda _: public, error.message)
            raise


class Catalogue:
    """All public models of all upstreams. Where two have a model of one name, the first upstream answers.

    An upstream's models are the configured ones, else those of its own list; one without a list takes every name.
    Clients with keys of the upstream's see its list as it is for their key, and every name is for it to judge.
    """

    def __init__(self, upstreams: Sequence[UpstreamClient], cache_seconds: float, passthrough: bool) -> None:
        self._created = int(time.time())
        self._configured: dict[str, tuple[Listing, Model]] = {}
        self._listings: list[Listing] = []
        self._passthrough = passthrough
        self.knowledge: list[Knowledge] = []
        """What is known of each upstream."""
        for upstream in upstreams:
            self.knowledge.append(Knowledge(upstream.settings))
            listing = Listing(upstream, self.knowledge[-1], cache_seconds)
            for model in upstream.settings.models:
                self._configured[model.name] = listing, model
            if not upstream.settings.models:
                self._listings.append(listing)

    async def target(self, name: str, principal: Principal) -> Target:
        """Where a request for a model goes. Raises InvalidRequest (404 `model_not_found`)."""
        listing, model = self._configured.get(name, (None, None))
        if listing is None:
            for candidate in self._listings:
                if self._passthrough or await candidate.admits(name):
                    listing = candidate
                    break
            else:
                raise unknown_model(name)
        await listing.look(principal.upstream_key)
        return Target(listing.upstream, name if model is None else model.upstream_name, listing.knowledge, model)

    async def models(self, principal: Principal) -> list[JSON]:
        """All public models. Raises UpstreamError where no upstream could say any."""
        found = {name: self._model(name, listing.upstream) for name, (listing, _) in self._configured.items()}
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
        if name in self._configured:
            return self._model(name, self._configured[name][0].upstream)
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


def model_of(body: JSON) -> str:
    """The public model a body asks for. Raises InvalidRequest."""
    model = body.get("model")
    if isinstance(model, str) and 0 < len(model) <= 128:
        return model
    if model is None:
        raise InvalidRequest("Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
    raise InvalidRequest("Invalid 'model': it is the name of a model.", param="model", code="invalid_type")


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

    def __init__(self, authenticator: Authenticator, catalogue: Catalogue, websocket: bool) -> None:
        self._authenticator = authenticator
        self._catalogue = catalogue
        self._websocket = websocket

    async def list(self, request: Request) -> Response:
        """`GET /models`: the public models, as OpenAI lists them; with `client_version` also as Codex does."""
        principal = self._authenticator.identify(request.scope)
        models = await self._catalogue.models(principal)
        answer: JSON = {"object": "list", "data": models}
        if "client_version" in request.query_params:
            answer["models"] = [
                codex_model(
                    model["id"],
                    (await self._catalogue.target(model["id"], principal)).known,
                    place=place,
                    websocket=self._websocket,
                )
                for place, model in enumerate(models)
            ]
        return JSONResponse(answer)

    async def retrieve(self, request: Request) -> Response:
        """`GET /models/{id}`: one of them; its id may hold slashes."""
        principal = self._authenticator.identify(request.scope)
        return JSONResponse(await self._catalogue.model(request.path_params["id"], principal))

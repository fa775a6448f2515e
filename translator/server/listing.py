"""An upstream's own list of models, kept for a while."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from pydantic_core import from_json

from ..errors import UpstreamError
from .knowledge import Knowledge
from .upstream import UpstreamClient

JSON = dict[str, Any]

LIST_SECONDS = 10.0
"""How long a list may take to come: a request for an answer may be waiting for it."""

RECHECK_SECONDS = 10.0
"""How old a list must be before a name that is not in it is a reason to ask again, or a failure is tried again."""


class Listing:
    """What an upstream lists: asked for once, kept, asked again when it is old or a name is missing from it.

    Whoever asks while it is being fetched waits for the same answer. A list that cannot be fetched again stays.
    """

    def __init__(self, upstream: UpstreamClient, knowledge: Knowledge, cache_seconds: float) -> None:
        self.upstream = upstream
        self.knowledge = knowledge
        """What the list tells beside names goes there."""
        self._cache_seconds = cache_seconds
        self._models: dict[str, JSON] | None = None
        self._failure: UpstreamError | None = None
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def look(self, key: str | None) -> None:
        """Have the list read, if that was not tried lately, for what it tells; a client's key is for that alone."""
        if not self._long_ago():
            return
        async with self._looking:
            if not self._long_ago():
                return
            with contextlib.suppress(UpstreamError):
                if key is not None:
                    await self._fetch(key)
                else:
                    await self._refresh(self._cache_seconds)
            self._looked_at = time.monotonic()

    async def admits(self, name: str) -> bool:
        """Whether the upstream has the model, as far as one can know: without a list every name passes."""
        await self._refresh(self._cache_seconds)
        if self._models is not None and name not in self._models:
            await self._refresh(RECHECK_SECONDS)
        return self._models is None or name in self._models

    async def models(self, key: str | None = None) -> list[JSON] | None:
        """The models, or None from an upstream without a list; with a client's key they are asked for each time.

        Raises UpstreamError where the list cannot be fetched and never was.
        """
        if key is not None:
            models = await self._fetch(key)
        else:
            await self._refresh(self._cache_seconds)
            if self._failure is not None:
                raise self._failure
            models = self._models
        return None if models is None else list(models.values())

    async def _refresh(self, seconds: float) -> None:
        if not self._older_than(seconds):
            return
        async with self._fetching:
            if not self._older_than(seconds):
                return
            try:
                self._models = await self._fetch(None)
                self._failure = None
            except UpstreamError as error:
                self._failure = error if self._models is None else None
            self._fetched_at = time.monotonic()

    def _long_ago(self) -> bool:
        return time.monotonic() - self._looked_at >= self._cache_seconds

    def _older_than(self, seconds: float) -> bool:
        if self._failure is not None:
            seconds = min(seconds, RECHECK_SECONDS)
        return time.monotonic() - self._fetched_at >= seconds

    async def _fetch(self, key: str | None) -> dict[str, JSON] | None:
        try:
            async with asyncio.timeout(LIST_SECONDS):
                body = await self.upstream.get_models(key)
                self.knowledge.read_list(body)
                await self._look_beside(key)
        except TimeoutError:
            raise UpstreamError(
                "The upstream did not list its models in time: try again.", status=504, code="upstream_timeout"
            ) from None
        return None if body is None else _read(body, self.upstream.settings.name)

    async def _look_beside(self, key: str | None) -> None:
        """Some engines tell of their models more in a list of their own."""
        path = self.knowledge.list_beside
        if path is not None:
            with contextlib.suppress(UpstreamError):
                self.knowledge.read_beside(await self.upstream.get_beside(path, key))


def _read(body: bytes, owner: str) -> dict[str, JSON] | None:
    """`{"data": […]}`, `{"models": […]}` or a bare list, of objects or of names; None: it names no model."""
    try:
        value = from_json(body)
    except ValueError:
        return None
    if isinstance(value, dict):
        value = value.get("data", value.get("models"))
    if not isinstance(value, list):
        return None
    models = {}
    for entry in value:
        entry = {"id": entry} if isinstance(entry, str) else entry
        if isinstance(entry, dict) and (name := entry.get("id") or entry.get("name") or entry.get("model")):
            models[str(name)] = _model(str(name), entry, owner)
    return models or None


def _model(name: str, entry: JSON, owner: str) -> JSON:
    created, owned_by = entry.get("created"), entry.get("owned_by")
    return {
        "id": name,
        "object": "model",
        "created": int(created) if isinstance(created, int | float) else 0,
        "owned_by": owned_by if isinstance(owned_by, str) else owner,
    }

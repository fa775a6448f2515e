"""Whose what is that upstreams which speak Responses keep: clients that share this server's key there are told apart.

To such an upstream they are one, so it would let each of them read and continue what it keeps for another. So what it
makes is written down as it passes (`claims`), and what a request refers to is let through only to whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..errors import InvalidRequest, Unsupported
from ..mapping.losses import Loss
from .claims import Claims, containers_of
from .kept import Kept
from .settings import Settings
from .upstream import UpstreamClient

JSON = dict[str, Any]

_CONTENTS = (
    *("content", "arguments", "output", "input", "action", "operation", "tools"),
    *("encrypted_content", "result", "code", "queries"),
)
"""What an item can be made of. One without any of it can but stand for an item that the upstream has."""


class Ownership:
    """Knows which client's a response at an upstream is, and at which upstream it is."""

    def __init__(self, settings: Settings, kept: Kept, upstreams: Sequence[UpstreamClient]) -> None:
        self._kept = kept
        self._event_bytes = settings.max_event_bytes
        self._upstreams = {entry.settings.name: entry for entry in upstreams if entry.settings.wire == "responses"}
        self._shared = settings.auth == "keys" and len(settings.api_keys) > 1
        """Whether several clients are one to an upstream."""
        self._writes = self._shared or len(self._upstreams) > 1

    async def check(self, body: JSON, tenant: str) -> tuple[JSON, list[Loss]]:
        """A Responses request without what it may not refer to, and what that was. Raises InvalidRequest."""
        if not self._shared:
            return body, []
        if body.get("conversation") is not None:
            raise Unsupported(
                "The upstream of this model keeps its conversations for all clients together: continue with "
                "'previous_response_id', or send the earlier items in 'input'.",
                param="conversation",
            )
        references = list(_references(body))
        own = await self._kept.store.belongings.find(tenant, [reference.id for reference in references])
        foreign = [reference for reference in references if reference.id not in own]
        for reference in foreign:
            if reference.refusal is not None:
                raise reference.refusal
        if not foreign:
            return body, []
        items = list(body["input"])
        for reference in foreign:
            items[reference.place] = {key: value for key, value in items[reference.place].items() if key != "id"}
        lost = [Loss(reference.param, "no item of this client's has this id; it was left out") for reference in foreign]
        return {**body, "input": items}, lost

    def claims(self, body: JSON, upstream: UpstreamClient, tenant: str) -> tuple[Claims | None, list[Loss]]:
        """What writes down what a response to a request brings, where that is needed; and why it cannot be."""
        if not self._writes:
            return None, []
        stored = body.get("store", True) is not False
        if self._kept.store.keeps:
            return Claims(self._kept, tenant, upstream.settings.name, self._event_bytes, stored=stored), []
        reason = "this server keeps nothing, not even whose a response is; it can be neither read nor continued"
        return None, [Loss("store", reason)] if stored and self._shared else []

    async def home(self, id: str, tenant: str) -> UpstreamClient | None:
        """The upstream that keeps a response of the client's, if one can."""
        if self._writes:
            found = await self._kept.store.belongings.find(tenant, [id]) if self._upstreams else {}
            return self._upstreams.get(found.get(id, ""))
        return next(iter(self._upstreams.values()), None)

    async def forget(self, id: str, tenant: str) -> None:
        """A response of the client's was deleted at its upstream."""
        if self._writes:
            await self._kept.store.belongings.forget(tenant, id)


class _Reference(NamedTuple):
    """Where a request names something that an upstream may have, and what becomes of it if it is not the client's."""

    param: str
    id: str
    place: int = -1
    """Which input item's own id it is, if that can be left out."""

    refusal: InvalidRequest | None = None


def _references(body: JSON) -> Iterator[_Reference]:
    previous = body.get("previous_response_id")
    if isinstance(previous, str):
        yield _Reference("previous_response_id", previous, refusal=_no_response(previous))
    for name in ("tools", "input"):
        holders = body.get(name)
        for place, holder in enumerate(holders if isinstance(holders, list) else ()):
            if isinstance(holder, dict):
                yield from _containers(holder, f"{name}[{place}]")
                if name == "input":
                    yield from _item(holder, place)


def _containers(holder: JSON, param: str) -> Iterator[_Reference]:
    for id in containers_of(holder):
        yield _Reference(param, id, refusal=_no_container(id, param))
    tools = holder.get("tools")
    for place, tool in enumerate(tools if isinstance(tools, list) else ()):
        if isinstance(tool, dict):
            yield from _containers(tool, f"{param}.tools[{place}]")


def _item(item: JSON, place: int) -> Iterator[_Reference]:
    id, param = item.get("id"), f"input[{place}].id"
    if isinstance(id, str) and not _is_whole(item):
        bare = item.get("type") in (None, "item_reference")
        yield _Reference(param, id, place, refusal=_no_item(id, param) if bare else None)


def _is_whole(item: JSON) -> bool:
    if item.get("type") in ("reasoning", "image_generation_call"):
        return any(item.get(name) for name in ("encrypted_content", "content", "result"))
    return item.get("type") != "item_reference" and any(item.get(name) is not None for name in _CONTENTS)


def _no_response(id: str) -> InvalidRequest:
    return InvalidRequest(
        f"No response '{id[:128]}' to continue: it was never stored, was deleted or has expired.",
        param="previous_response_id",
        code="previous_response_not_found",
    )


def _no_item(id: str, param: str) -> InvalidRequest:
    return InvalidRequest(
        f"Item with id '{id[:128]}' not found: send the item itself, or store the response it is of.",
        status=404,
        param=param,
        code="item_not_found",
    )


def _no_container(id: str, param: str) -> InvalidRequest:
    return InvalidRequest(
        f"No container '{id[:128]}': name one that was made for this client, or have one made.",
        status=404,
        param=param,
        code="container_not_found",
    )

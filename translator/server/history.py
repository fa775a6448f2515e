"""What a request continues, and what is kept of its turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidRequest
from ..store import Response, Store
from .auth import Principal
from .kept import Kept

JSON = dict[str, Any]

_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
    "compaction": "cmp",
}
_CONTINUABLE = frozenset({"completed", "incomplete"})


@dataclass(frozen=True, slots=True)
class Past:
    """What a request stands on."""

    request: JSON
    """The request with its references put in place; `input` is a list."""

    history: list[JSON] | None
    """The items of the turns it continues, oldest first; None where it continues none."""

    conversation_id: str | None = None
    """The conversation that its turn is added to."""


class Memory:
    """The turns of one connection, kept for as long as it is open: what `store: false` continues from.

    Only the latest turn can be continued; it holds all that came before it.
    """

    def __init__(self) -> None:
        self._latest: tuple[str, list[JSON]] | None = None

    def recall(self, response_id: str) -> list[JSON] | None:
        """The items of the turn and all before it, if this is the latest one."""
        if self._latest is not None and self._latest[0] == response_id:
            return self._latest[1]
        return None

    def remember(self, response_id: str, items: list[JSON]) -> None:
        """Keep a turn, in the place of the one before it."""
        self._latest = (response_id, items)

    def forget(self, response_id: str | None) -> None:
        """Let go of a turn whose continuation failed."""
        if self._latest is not None and self._latest[0] == response_id:
            self._latest = None


class History:
    """Reads the past from the store, and adds to it."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    @property
    def keeps(self) -> bool:
        """Whether `store: true` can be obeyed at all."""
        return self._store.keeps

    @property
    def _store(self) -> Store:
        return self._kept.store

    async def resolve(self, request: JSON, principal: Principal, memory: Memory | None = None) -> Past:
        """What a valid request continues. Raises InvalidRequest where it is not there, or StoreUnavailable."""
        request = {**request, "input": _as_items(request.get("input", ()))}
        previous, conversation = request.get("previous_response_id"), request.get("conversation")
        if previous is not None and conversation is not None:
            raise InvalidRequest(
                "'previous_response_id' and 'conversation' both say what to continue; send one of them.",
                param="conversation",
                code="mutually_exclusive_parameters",
            )
        history: list[JSON] | None = None
        conversation_id = None
        if previous is not None:
            history = memory.recall(previous) if memory is not None else None
            if history is None:
                history = await self._chain(principal.tenant, previous)
        elif conversation is not None:
            conversation_id = _conversation_id(conversation)
            history = await self._store.conversations.history(principal.tenant, conversation_id)
        request["input"] = await self._dereference(request["input"], principal.tenant, history or ())
        return Past(request, history, conversation_id)

    async def keep(self, response: Mapping[str, Any], past: Past, principal: Principal) -> None:
        """Keep a finished response with what its own request brought; committed when this returns."""
        digits = response["id"].removeprefix("resp_")
        given = [_with_id(item, digits, index) for index, item in enumerate(past.request["input"])]
        output = response["output"]
        body = {key: value for key, value in response.items() if key not in ("output", "output_text")}
        record = Response(
            tenant=principal.tenant,
            id=response["id"],
            status=response["status"],
            body=body,
            input=given,
            output=output,
            previous_response_id=response["previous_response_id"],
            conversation_id=past.conversation_id if response["status"] in _CONTINUABLE else None,
        )
        await self._store.responses.save(record, conversation_items=[*given, *output])

    async def _chain(self, tenant: str, response_id: str) -> list[JSON]:
        turns = await self._store.responses.chain(tenant, response_id)
        return [item for turn in turns for item in (*turn.input, *turn.output)]

    async def _dereference(self, items: list[JSON], tenant: str, history: Sequence[JSON]) -> list[JSON]:
        """Items with what an `item_reference` refers to in its place."""
        wanted = {item["id"] for item in items if item.get("type") == "item_reference" and "id" in item}
        if not wanted:
            return items
        known = {item["id"]: item for item in history if item.get("id") in wanted}
        if len(known) < len(wanted):
            known |= await self._store.responses.find_items(tenant, wanted - known.keys())
        resolved = []
        for index, item in enumerate(items):
            if item.get("type") == "item_reference":
                item_id = item.get("id")
                if item_id not in known:
                    raise InvalidRequest(
                        f"Item with id {item_id!r} not found: send the item itself, or store the response it is of.",
                        status=404,
                        param=f"input[{index}].id",
                        code="item_not_found",
                    )
                item = known[item_id]
            resolved.append(item)
        return resolved


def _as_items(given: str | Sequence[JSON]) -> list[JSON]:
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}]
    return list(given)


def _conversation_id(conversation: str | JSON) -> str:
    found = conversation if isinstance(conversation, str) else conversation.get("id")
    if not isinstance(found, str):
        raise InvalidRequest(
            "Missing required parameter: 'conversation.id'.",
            param="conversation.id",
            code="missing_required_parameter",
        )
    return found


def _with_id(item: JSON, digits: str, index: int) -> JSON:
    """An input item as it is listed: with a type, an id, and the parts of a string."""
    kind = item.get("type", "message")
    listed: JSON = {"type": kind, "id": f"{_PREFIXES.get(kind, 'item')}_{digits}i{index:02x}", **item}
    if kind == "message":
        listed.setdefault("status", "completed")
        if isinstance(item["content"], str):
            part = "output_text" if item["role"] == "assistant" else "input_text"
            listed["content"] = [{"type": part, "text": item["content"]}]
            if part == "output_text":
                listed["content"][0]["annotations"] = []
    return listed

"""What a request continues, and what is kept of its turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from ..errors import InvalidRequest
from ..responses_over_chat.compaction import TRIGGER
from ..store import Response, Store
from ..store import Turn as StoredTurn
from ..store.records import owner_digits, well_formed
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
_MEMORY_BYTES = 64 * 2**20
_HAS_STATUS = frozenset({"message", "function_call", "function_call_output", "reasoning"})
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

    remembered: Remembered | None = None
    """What it continues, where that came from the memory of its connection."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A turn of this connection, with all that came before it."""

    items: list[JSON]
    size: int
    stored: bool
    """Whether the store has it too."""

    stands_on: str | None = None
    """The response before these items, where it is known to an upstream alone."""


class Memory:
    """The turns of one connection, kept for as long as it is open: what `store: false` continues from.

    Only the latest turn can be continued; it holds all that came before it. Beyond 64 MiB nothing is remembered.
    """

    def __init__(self) -> None:
        self._latest: tuple[str, Remembered] | None = None

    def recall(self, response_id: str | None) -> Remembered | None:
        """The turn, if it is the latest one."""
        if self._latest is not None and self._latest[0] == response_id:
            return self._latest[1]
        return None

    def remember(self, response: JSON, past: Past, *, stored: bool, stands_on: str | None = None) -> None:
        """Keep a finished turn, in the place of the one before it."""
        before = past.history or []
        new = [*past.request["input"], *response["output"]]
        size = len(to_json(new)) + (past.remembered.size if past.remembered else len(to_json(before)))
        if size > _MEMORY_BYTES:
            self._latest = None
            return
        self._latest = (response["id"], Remembered(in_force([*before, *new]), size, stored, stands_on))

    def forget(self, response_id: str | None) -> None:
        """Let go of a turn whose continuation failed."""
        if self._latest is not None and self._latest[0] == response_id:
            self._latest = None

    def clear(self) -> None:
        """Let go of the latest turn: there is a later one, which its upstream remembers."""
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
        request = {**request, "input": as_items(request.get("input", ()))}
        previous, conversation = request.get("previous_response_id"), request.get("conversation")
        if previous is not None and conversation is not None:
            raise InvalidRequest(
                "'previous_response_id' and 'conversation' both say what to continue; send one of them.",
                param="conversation",
                code="mutually_exclusive_parameters",
            )
        history: list[JSON] | None = None
        conversation_id = None
        remembered = None
        if previous is not None:
            remembered = memory.recall(previous) if memory is not None else None
            if remembered is not None and remembered.stands_on is not None:
                remembered = None  # only its upstream knows what came before
            if remembered is not None:
                history = remembered.items
            elif memory is not None and not request.get("store", True):
                raise _not_in_memory(previous)
            else:
                history = await self._chain(principal.tenant, previous)
        elif conversation is not None:
            conversation_id = _conversation_id(conversation)
            history = await self._store.conversations.history(principal.tenant, conversation_id)
        if history is not None:
            history = await self._kept.inline.restore(history, principal.tenant, self._store.chain_bytes)
        request["input"] = await self.dereference(request["input"], principal.tenant, history or ())
        return Past(request, in_force(history) if history is not None else None, conversation_id, remembered)

    async def keep(self, response: Mapping[str, Any], past: Past, principal: Principal) -> None:
        """Keep a finished response with what its own request brought; committed when this returns."""
        digits = response["id"].removeprefix("resp_")
        given = listed(past.request["input"], digits)
        previous = response["previous_response_id"]
        if past.remembered is not None and not past.remembered.stored:
            # what it continues was never stored: what it stands on is kept with it, so that it can be continued itself
            given = [*listed(past.history or (), f"{digits}h"), *given]
            previous = None
        conversation_id = past.conversation_id if response["status"] in _CONTINUABLE else None
        owners = [response["id"]] if conversation_id is None else [response["id"], conversation_id]
        given = await self._kept.inline.move(given, principal.tenant, owners)
        output = response["output"]
        body = {key: value for key, value in response.items() if key not in ("output", "output_text")}
        record = Response(
            tenant=principal.tenant,
            id=response["id"],
            status=response["status"],
            body=body,
            input=given,
            output=output,
            previous_response_id=previous,
            conversation_id=conversation_id,
        )
        await self._store.responses.save(record, conversation_items=[*given, *output])

    async def _chain(self, tenant: str, response_id: str) -> list[JSON]:
        turns = await self._store.responses.chain(tenant, response_id)
        before = await self._before(tenant, turns[0])
        return [*before, *(item for turn in turns for item in (*turn.input, *turn.output))]

    async def _before(self, tenant: str, first: StoredTurn) -> list[JSON]:
        """What the first turn of a chain was told itself: the conversation, if it was made in one, as it was then."""
        if first.conversation_id is None:
            return []
        own = {item["id"] for item in (*first.input, *first.output)}
        made = {id for id in own if owner_digits(id) == first.id.removeprefix("resp_")} or own
        try:
            said = await self._store.conversations.history(tenant, first.conversation_id)
        except InvalidRequest as error:
            if error.code != "conversation_not_found":
                raise
            said = []
        place = next((place for place, item in enumerate(said) if item["id"] in made), None)
        if place is None:
            raise InvalidRequest(
                f"The response '{first.id}' was made in the conversation '{first.conversation_id}', and no longer "
                "stands there: start a new chain, or name a conversation.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        return [item for item in said[:place] if item["id"] not in own]

    async def dereference(
        self, items: list[JSON], tenant: str, history: Sequence[JSON] = (), path: str = "input"
    ) -> list[JSON]:
        """Items with what an `item_reference` refers to in its place. Raises InvalidRequest (404) where it is gone."""
        wanted = {item["id"] for item in items if item.get("type") == "item_reference"}
        if not wanted:
            return items
        known = {item["id"]: item for item in history if item.get("id") in wanted}
        if len(known) < len(wanted):
            found = await self._store.responses.find_items(tenant, wanted - known.keys())
            restored = await self._kept.inline.restore(list(found.values()), tenant, self._store.chain_bytes)
            known |= dict(zip(found, restored, strict=True))
        resolved = []
        for index, item in enumerate(items):
            if item.get("type") == "item_reference":
                item_id = item["id"]
                if item_id not in known:
                    raise InvalidRequest(
                        f"Item with id {item_id!r} not found: send the item itself, or store the response it is of.",
                        status=404,
                        param=f"{path}[{index}].id",
                        code="item_not_found",
                    )
                item = known[item_id]
            resolved.append(item)
        return resolved


def as_items(given: str | Sequence[JSON]) -> list[JSON]:
    """An input as a list: a string is one user message."""
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


def in_force(items: list[JSON]) -> list[JSON]:
    """What is left of earlier items: where they were compacted, what users said before, word for word, and the rest.

    A compaction was made here if it follows the trigger that asked for it; one that a client sent stands for what it
    sent it in the place of.
    """
    if not any(item.get("type") == TRIGGER for item in items):
        return items
    start = 0
    for index in range(len(items) - 1, 0, -1):
        if items[index].get("type") == "compaction" and items[index - 1].get("type") == TRIGGER:
            start = index
            break
    said = [item for item in items[:start] if item.get("role") == "user"]
    return [*said, *(item for item in items[start:] if item.get("type") != TRIGGER)]


def listed(items: Sequence[JSON], digits: str) -> list[JSON]:
    """Items as they are stored and listed: each with a type, an id made of `digits`, and a status where it has one."""
    return [_listed(item, digits, index) for index, item in enumerate(items)]


def _listed(item: JSON, digits: str, index: int) -> JSON:
    kind = item.get("type", "message")
    shown: JSON = {"type": kind, "id": f"{_PREFIXES.get(kind, 'item')}_{digits}i{index:02x}", **item}
    if not well_formed(str(shown["id"])):
        shown["id"] = f"{_PREFIXES.get(kind, 'item')}_{digits}i{index:02x}"
    if kind in _HAS_STATUS:
        shown.setdefault("status", "completed")
    if kind == "reasoning":
        shown.setdefault("summary", [])
    if kind == "message":
        part = "output_text" if item["role"] == "assistant" else "input_text"
        content = item["content"]
        parts = [{"type": part, "text": content}] if isinstance(content, str) else content
        shown["content"] = [{"annotations": [], **part} if part["type"] == "output_text" else part for part in parts]
    return shown


def _not_in_memory(response_id: str) -> InvalidRequest:
    return InvalidRequest(
        f"No response '{response_id[:128]}' to continue on this connection, which remembers its latest one alone: send "
        "the earlier items in 'input', or store responses.",
        param="previous_response_id",
        code="previous_response_not_found",
    )

"""Freeform calls in recorded chat replies: chat-only upstreams make none, so the exchange reads them as functions."""

from __future__ import annotations

import json
from typing import Any

from ..mapping.freeform import OPENING, wrap
from ..mapping.tool_names import Tool, ToolNames

JSON = dict[str, Any]


def custom_names(completion: JSON) -> list[str]:
    """The names of the freeform tools that a completion calls."""
    return [str(call["custom"].get("name", "")) for call in _calls(completion, "message") if _is_custom(call)]


def as_functions(completion: JSON) -> JSON:
    """A completion with its freeform calls as calls of functions, their input wrapped as arguments are."""
    calls = _calls(completion, "message")
    if not any(map(_is_custom, calls)):
        return completion
    told = [_as_function(call, wrap(_input(call))) if _is_custom(call) else call for call in calls]
    return _with(completion, "message", told)


class FreeformCalls:
    """The same for the chunks of one stream; `names` learns which tools are freeform, as the stream calls them."""

    def __init__(self, names: ToolNames) -> None:
        self._names = names
        self._begun: set[Any] = set()  # indexes of calls

    def as_functions(self, chunk: JSON) -> JSON:
        """A chunk in which fragments of freeform calls are fragments of functions' arguments."""
        calls = _calls(chunk, "delta")
        if not any(map(_is_custom, calls)):
            return chunk
        told = [_as_function(call, self._arguments(call)) if _is_custom(call) else call for call in calls]
        return _with(chunk, "delta", told)

    def _arguments(self, call: JSON) -> str:
        name = call["custom"].get("name")
        if isinstance(name, str) and self._names.tool(name).kind != "custom":
            self._names.upstream(Tool("custom", name))
        begins = call.get("index") not in self._begun
        self._begun.add(call.get("index"))
        escaped = json.dumps(_input(call))[1:-1]  # half a character may stand at a fragment's end
        return OPENING + escaped if begins else escaped


def _as_function(call: JSON, arguments: str) -> JSON:
    rest = {name: value for name, value in call.items() if name not in ("custom", "type")}
    return {**rest, "function": {"name": call["custom"].get("name"), "arguments": arguments}}


def _input(call: JSON) -> str:
    return str(call["custom"].get("input") or "")


def _with(reply: JSON, key: str, calls: list[JSON]) -> JSON:
    first, *others = reply["choices"]
    return {**reply, "choices": [{**first, key: {**first[key], "tool_calls": calls}}, *others]}


def _is_custom(call: Any) -> bool:
    return isinstance(call, dict) and isinstance(call.get("custom"), dict)


def _calls(reply: JSON, key: str) -> list[Any]:
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get(key) if isinstance(choice, dict) else None
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    return calls if isinstance(calls, list) else []

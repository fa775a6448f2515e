"""Freeform calls in recorded chat replies: chat-only upstreams make none, so the exchange reads them as functions."""

from __future__ import annotations

from typing import Any

from ..mapping.freeform import wrap

JSON = dict[str, Any]


def custom_names(completion: JSON) -> list[str]:
    """The names of the freeform tools that a completion calls."""
    return [str(call["custom"].get("name", "")) for call in _calls(completion, "message") if _is_custom(call)]


def as_functions(reply: JSON, key: str) -> JSON:
    """A completion (`key`: message) or a chunk (delta) with its freeform calls as calls of functions.

    A whole input is wrapped, as arguments are; a fragment stays as it is.
    """
    calls = _calls(reply, key)
    if not any(map(_is_custom, calls)):
        return reply
    told = [_as_function(call, key == "message") if _is_custom(call) else call for call in calls]
    first, *others = reply["choices"]
    return {**reply, "choices": [{**first, key: {**first[key], "tool_calls": told}}, *others]}


def _as_function(call: JSON, whole: bool) -> JSON:
    custom = call["custom"]
    text = str(custom.get("input", ""))
    rest = {name: value for name, value in call.items() if name not in ("custom", "type")}
    function = {"name": custom.get("name"), "arguments": wrap(text) if whole else text}
    return {**rest, "function": function}


def _is_custom(call: Any) -> bool:
    return isinstance(call, dict) and isinstance(call.get("custom"), dict)


def _calls(reply: JSON, key: str) -> list[Any]:
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get(key) if isinstance(choice, dict) else None
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    return calls if isinstance(calls, list) else []

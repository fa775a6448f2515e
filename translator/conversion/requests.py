"""Responses requests in one way of writing: the API leaves several, and a comparison is not to find them different."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]

_TEXTS = ("input_text", "output_text")
_IDLE: JSON = {"status": "completed", "annotations": [], "logprobs": []}
"""What an item or part that was received has, and one that was written has not."""

_DEFAULTS: JSON = {
    "background": False,
    "include": [],
    "metadata": {},
    "parallel_tool_calls": True,
    "service_tier": "auto",
    "store": True,
    "stream": False,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "truncation": "disabled",
}
"""What the API takes for said where a request does not say it, and what says nothing."""


def plain_request(request: JSON) -> JSON:
    """The request with its input as a list of items, instructions apart, strings where strings will do, no defaults."""
    told = {name: value for name, value in request.items() if value is not None and value != _DEFAULTS.get(name, ...)}
    asked = told.get("input")
    items = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
    if not isinstance(items, list):
        return told
    items = [_plain(item) for item in items]
    if "instructions" not in told and len(items) > 1 and _instructs(items[0]):
        told["instructions"] = items.pop(0)["content"]
    return {**told, "input": items}


def _plain(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    plain = {name: value for name, value in item.items() if value is not None and value != _IDLE.get(name, item)}
    if "role" in plain:
        plain = {"type": "message", **plain}
    for name in ("content", "output"):
        if isinstance(plain.get(name), list):
            plain[name] = _plain_content([_plain(part) for part in plain[name]])
    return plain


def _plain_content(parts: list[Any]) -> Any:
    """Parts; one that is nothing but text as a string."""
    only = parts[0] if len(parts) == 1 and isinstance(parts[0], dict) else {}
    return only["text"] if only.get("type") in _TEXTS and only.keys() == {"type", "text"} else parts


def _instructs(item: Any) -> bool:
    return (
        isinstance(item, dict) and item.get("role") in ("system", "developer") and isinstance(item.get("content"), str)
    )

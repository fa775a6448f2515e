"""The alternation of roles that some upstreams insist on."""

from __future__ import annotations

from typing import Any

from ..dialects import Dialect

JSON = dict[str, Any]


def order_turns(messages: list[JSON], dialect: Dialect) -> list[JSON]:
    """Messages in the order of roles that this upstream takes."""
    match dialect.turn_order:
        case "alternate":
            return _alternating(messages)
        case "mistral":
            return _for_mistral(messages)
        case _:
            return messages


def _alternating(messages: list[JSON]) -> list[JSON]:
    ordered: list[JSON] = []
    for message in messages:
        if ordered and ordered[-1]["role"] == message["role"] and message["role"] in ("user", "assistant"):
            ordered[-1] = _merge(ordered[-1], message)
        else:
            ordered.append(message)
    return ordered


def _for_mistral(messages: list[JSON]) -> list[JSON]:
    """No user message directly after a tool's, no empty assistant, and one at the end is there to be gone on with."""
    ordered: list[JSON] = []
    for message in messages:
        if message["role"] == "assistant" and not message.get("content") and not message.get("tool_calls"):
            continue
        if message["role"] == "user" and ordered and ordered[-1]["role"] == "tool":
            ordered.append({"role": "assistant", "content": "."})
        ordered.append(message)
    if ordered and ordered[-1]["role"] == "assistant" and not ordered[-1].get("tool_calls"):
        ordered[-1] = {**ordered[-1], "prefix": True}
    return ordered


def _merge(first: JSON, second: JSON) -> JSON:
    """Two messages of one role as one."""
    if isinstance(first.get("content"), str) and isinstance(second.get("content"), str):
        content: Any = "\n\n".join(text for text in (first["content"], second["content"]) if text)
    else:
        content = [*parts_of(first.get("content")), *parts_of(second.get("content"))]
    merged = {**first, **second, "content": content}
    calls = [*first.get("tool_calls", ()), *second.get("tool_calls", ())]
    if calls:
        merged["tool_calls"] = calls
    return merged


def parts_of(content: Any) -> list[JSON]:
    """A message's content as a list of parts."""
    if not content:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)

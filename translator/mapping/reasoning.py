"""Reasoning: how much to think, and what was thought earlier."""

from __future__ import annotations

from typing import Any

from ..dialects import Dialect
from .content import text_of
from .losses import Losses

JSON = dict[str, Any]

_THINKS_NOT = frozenset({"none", "off", "disabled"})


def thinks(effort: str | None) -> bool:
    """Whether the model may think, by what the client said; many think unasked."""
    return effort not in _THINKS_NOT


def map_effort(effort: str | None, dialect: Dialect, losses: Losses) -> JSON:
    """`reasoning.effort` → the chat parameters by which this upstream is told; empty where the client named none."""
    if effort is None:
        return {}
    word = dialect.effort_map.get(effort, effort)
    match dialect.reasoning_control:
        case "effort" if word:
            return {"reasoning_effort": word}
        case "thinking_type":
            thinking: JSON = {"thinking": {"type": "enabled" if thinks(effort) else "disabled"}}
            if thinks(effort) and word:
                thinking["reasoning_effort"] = word
            return thinking
        case "enable_thinking":
            return {"enable_thinking": thinks(effort)}
        case "template_kwargs":
            return {"chat_template_kwargs": {"enable_thinking": thinks(effort)}}
        case "reasoning_object":
            return {"reasoning": {"effort": word} if thinks(effort) and word else {"enabled": thinks(effort)}}
        case _:
            losses.report("reasoning.effort", f"the upstream cannot be told '{effort}'")
            return {}


def reasoning_text(item: JSON) -> str:
    """What a reasoning item says in the open: its raw text, else its summary."""
    return text_of(item.get("content") or (), "\n") or text_of(item.get("summary") or (), "\n")


def replay(message: JSON, reasoning: str, details: list[JSON], dialect: Dialect) -> None:
    """Put earlier reasoning back into the assistant message it led to, where this upstream looks for it.

    `details` are OpenRouter's, as they came: only unchanged are their signatures worth anything.
    """
    match dialect.reasoning_replay_field:
        case "reasoning_content" | "reasoning" as key:
            message[key] = reasoning
        case "reasoning_details":
            message["reasoning_details"] = details or [{"type": "reasoning.text", "text": reasoning, "index": 0}]
        case "tags":
            message["content"] = f"<think>{reasoning}</think>{message.get('content') or ''}"
        case "parts":
            thinking = {"type": "thinking", "thinking": [{"type": "text", "text": reasoning}]}
            content = message.get("content")
            rest = [{"type": "text", "text": content}] if isinstance(content, str) and content else content or []
            message["content"] = [thinking, *rest]

"""How long the answer may be: `max_output_tokens`, the model's own limit and its window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from ..dialects import Dialect
from ..dialects.limits import Limits
from .losses import Losses

_BYTES_PER_TOKEN = 3
"""A guess on the safe side: English has four, and what is guessed too long only makes a long answer shorter."""

_MARGIN = 64
"""Tokens that a chat template may add."""


def map_token_limit(
    asked: int | None, limits: Limits, chat: Mapping[str, Any], dialect: Dialect, losses: Losses
) -> int | None:
    """The limit to send, None where there is none to send; a lower one than the client asked for is reported.

    `chat` is the chat request so far, which shares the window with the answer.
    """
    limits = limits.within(dialect.window, dialect.max_output)
    if asked is None:
        return limits.max_output if dialect.max_tokens_policy == "always_send" else None
    if dialect.max_tokens_policy == "as_is":
        return asked
    limit = asked if limits.max_output is None else min(asked, limits.max_output)
    if dialect.max_tokens_policy == "cap_window" and limits.window is not None:
        limit = min(limit, limits.window)
        room = limits.window - _MARGIN - text_size(chat) // _BYTES_PER_TOKEN
        if room > 0:  # else it does not fit anyhow, and the upstream will say so
            limit = min(limit, room)
    if limit < asked:
        losses.report("max_output_tokens", f"capped to {limit}")
    return limit


def text_size(chat: Mapping[str, Any]) -> int:
    """Bytes of what is read as text; an image's bytes say nothing of its tokens."""
    size = len(to_json(chat.get("tools", ())))
    for message in chat["messages"]:
        content = message.get("content")
        texts = [content] if isinstance(content, str) else [part.get("text") for part in content or ()]
        size += sum(len(text.encode("utf-8", "replace")) for text in texts if isinstance(text, str))
        size += len(to_json(message.get("tool_calls", ())))
    return size

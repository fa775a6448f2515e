"""Conversations of texts and functions, as most are, translated at once. `messages` and `items` take any other.

Most of what it takes them to translate a conversation is spent on what hardly any has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from ..dialects import Dialect
from .tool_names import Tool, ToolNames
from .turns import empty_content

JSON = dict[str, Any]

_CALL = frozenset({"type", "id", "status", "call_id", "name", "arguments"})


def map_plain_items(items: Iterable[JSON], dialect: Dialect, names: ToolNames) -> list[JSON] | None:
    """Texts, functions that are called, and their outputs in the same order → chat messages; None for anything else."""
    if dialect.tools == "none" or dialect.tool_call_id != "keep" or dialect.tool_result_name:
        return None
    if dialect.reasoning_placeholder is not None:
        return None
    messages: list[JSON] = []
    waiting: deque[str] = deque()  # for their outputs, in order
    unanswered: set[str] = set()  # the same, to be found however many they are
    answering = False
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            role, content = item["role"], item["content"]
            if waiting or type(content) is not str or (role != "user" and role != "assistant"):
                return None
            messages.append({"role": role, "content": content})
        elif kind == "function_call":
            call_id = item["call_id"]
            if answering or not _CALL.issuperset(item) or call_id in unanswered:
                return None
            name = names.upstream(Tool("function", item["name"]))
            function = {"name": name, "arguments": item["arguments"] or "{}"}
            call = {"id": call_id, "type": "function", "function": function}
            waiting.append(call_id)
            unanswered.add(call_id)
            if messages and messages[-1]["role"] == "assistant":
                messages[-1].setdefault("tool_calls", []).append(call)
            else:
                messages.append({"role": "assistant", **empty_content(dialect), "tool_calls": [call]})
        elif kind == "function_call_output":
            output = item["output"]
            if not waiting or waiting[0] != item["call_id"] or type(output) is not str:
                return None
            call_id = waiting.popleft()
            unanswered.remove(call_id)
            messages.append({"role": "tool", "tool_call_id": call_id, "content": output})
            answering = bool(waiting)
        else:
            return None
    return None if waiting else messages


# ---- chat → Responses ----

_MESSAGE = frozenset({"role", "content", "tool_calls"})


def map_plain_messages(messages: Iterable[JSON]) -> list[JSON] | None:
    """Texts, functions that are called, and their outputs → items; None for anything else."""
    items: list[JSON] = []
    unanswered: set[str] = set()
    for message in messages:
        role, content = message["role"], message.get("content", "")
        if type(content) is not str:
            return None
        if len(message) == 2 and "content" in message:
            items.append({"type": "message", "role": role, "content": content})
        elif role == "tool":
            call_id = message["tool_call_id"]
            if len(message) != 3 or call_id not in unanswered:
                return None
            unanswered.remove(call_id)
            items.append({"type": "function_call_output", "call_id": call_id, "output": content})
        elif role == "assistant" and message.get("tool_calls") and _MESSAGE.issuperset(message):
            if content:
                items.append({"type": "message", "role": role, "content": content})
            for call in message["tool_calls"]:
                call_id = call["id"]
                if call_id in unanswered or len(call) != 3 or call.get("type") != "function":
                    return None
                unanswered.add(call_id)
                function = call["function"]
                called = {"name": function["name"], "arguments": function.get("arguments", "")}
                items.append({"type": "function_call", "call_id": call_id, **called})
        else:
            return None
    return None if unanswered else items

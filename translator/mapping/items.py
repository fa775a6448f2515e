"""Items: the messages of a chat conversation as Responses has them; the other way is in `messages`.

Chat's one assistant message holds what Responses tells one by one: what was thought, what was said, each call. So the
order of its items is given here: reasoning before what it led to, text before calls.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import InvalidRequest, Unsupported
from ..wire.chat_messages import FIELDS, PLAIN_FIELDS
from .content import content_from_chat
from .losses import Losses, beyond
from .plain_messages import map_plain_messages
from .reasoning import reasoning_from_chat
from .tools import call_from_chat

JSON = dict[str, Any]

_OUTPUTS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}


def map_chat_messages(messages: Sequence[JSON], losses: Losses) -> tuple[str | None, list[JSON]]:
    """Chat messages → instructions and input items.

    A leading system or developer message that is nothing but text becomes the instructions. Raises InvalidRequest for
    an output without its call and a call without its output, Unsupported for what Responses cannot say.
    """
    first = messages[0]
    instructions: str | None = None
    alone = len(messages) == 1  # then it is what there is to answer
    if first["role"] in ("system", "developer") and isinstance(first["content"], str) and not alone:
        instructions = first["content"]
    if instructions is None or len(first) == 2:
        items = map_plain_messages(messages if instructions is None else messages[1:])
        if items is not None:
            return instructions, items
    gatherer = _Gatherer(losses)
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        if "name" in message and message["role"] not in ("function", "tool"):
            losses.report(f"{path}.name", "the speakers of the Responses API have no names")
        for key in beyond(message, FIELDS.get(message["role"], PLAIN_FIELDS)):
            losses.report(f"{path}.{key}", f"the Responses API has no '{key}' of a message that is sent")
        if index or instructions is None:
            gatherer.kinds.get(message["role"], gatherer.plain)(message, path)
    gatherer.finish()
    return instructions, gatherer.items


class _Gatherer:
    """Messages → items, in order."""

    def __init__(self, losses: Losses) -> None:
        self.items: list[JSON] = []
        self.losses = losses
        self.unanswered: dict[str, deque[tuple[JSON, str]]] = defaultdict(deque)  # by id: the call and its path
        self.functions: dict[str, deque[str]] = defaultdict(deque)  # ids of calls in the deprecated form, by name
        self.legacy = 0
        self.kinds: dict[str, Callable[[JSON, str], None]] = {
            "assistant": self.assistant,
            "tool": self.tool,
            "function": self.function,
        }

    def plain(self, message: JSON, path: str) -> None:
        content = content_from_chat(message["content"], f"{path}.content", self.losses)
        self.items.append({"type": "message", "role": message["role"], "content": content})

    def assistant(self, message: JSON, path: str) -> None:
        if "audio" in message:
            raise Unsupported(
                f"'{path}.audio' stands for speech that the Responses API does not know; send its transcript as text.",
                param=f"{path}.audio",
            )
        calls = self._calls(message, path)
        thoughts = reasoning_from_chat(message)
        led_to: dict[str | None, list[JSON]] = {call["call_id"]: [] for call in calls}
        for call_id, item in thoughts:
            led_to.get(call_id, self.items).append(item)
        if message.get("reasoning_content") and message.get("reasoning") not in (None, message["reasoning_content"]):
            self.losses.report(f"{path}.reasoning", "reasoning_content says otherwise, and holds")
        content = _answer(message, path, self.losses)
        if content or not (calls or thoughts):
            self.items.append({"type": "message", "role": "assistant", "content": content})
        for call in calls:
            self.items += led_to.pop(call["call_id"], ())  # once, where two calls have one id
            self.items.append(call)

    def _calls(self, message: JSON, path: str) -> list[JSON]:
        calls = []
        for index, call in enumerate(message.get("tool_calls", ())):
            item = call_from_chat(call)
            self.unanswered[item["call_id"]].append((item, f"{path}.tool_calls[{index}]"))
            calls.append(item)
        if "function_call" in message and not calls:  # some clients keep both forms of one call
            called = message["function_call"]
            self.legacy += 1
            item = call_from_chat({"id": f"call_{self.legacy}", "function": called})
            self.unanswered[item["call_id"]].append((item, f"{path}.function_call"))
            self.functions[called["name"]].append(item["call_id"])
            calls.append(item)
        return calls

    def tool(self, message: JSON, path: str) -> None:
        call = self._output(message["tool_call_id"], message["content"], path, "tool_call_id")
        if message.get("name", call["name"]) != call["name"]:
            self.losses.report(f"{path}.name", f"its call is of '{call['name']}', and that holds")

    def function(self, message: JSON, path: str) -> None:
        waiting = self.functions[message["name"]]
        self._output(waiting.popleft() if waiting else "", message.get("content", ""), path, "name")

    def _output(self, call_id: str, content: str | list[JSON], path: str, field: str) -> JSON:
        """Take an output; returns its call."""
        waiting = self.unanswered[call_id]
        if not waiting:
            raise InvalidRequest(
                f"Nothing calls for the output at '{path}': send each call in an assistant's message before it, and "
                "one output for it.",
                param=f"{path}.{field}",
                code="invalid_value",
            )
        call, _ = waiting.popleft()
        output = content_from_chat(content, f"{path}.content", self.losses)
        self.items.append({"type": _OUTPUTS[call["type"]], "call_id": call_id, "output": output})
        return call

    def finish(self) -> None:
        """Raises InvalidRequest for a call that nothing answered."""
        for call_id, waiting in self.unanswered.items():
            for _, path in waiting:
                raise InvalidRequest(
                    f"The call '{call_id}' at '{path}' has no output: send it in a message of role tool.",
                    param=path,
                    code="invalid_value",
                )


def _answer(message: JSON, path: str, losses: Losses) -> str | list[JSON]:
    """What the assistant said; a list where a string will not do."""
    content = message.get("content", "")
    if "refusal" not in message and isinstance(content, str):
        return content
    parts = [{"type": "text", "text": content}] if isinstance(content, str) and content else list(content)
    if "refusal" in message:
        parts.append({"type": "refusal", "refusal": message["refusal"]})
    return content_from_chat(parts, f"{path}.content", losses, "output_text")

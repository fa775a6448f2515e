"""Turns of the assistant: what it thought, said and called at one go, with the outputs, and the messages of it."""

from __future__ import annotations

from typing import Any

from ..dialects import Dialect
from .call_ids import CallIds
from .content import chat_content, is_text
from .losses import Losses
from .reasoning import replay

JSON = dict[str, Any]

_EMPTY_CONTENT: dict[str, str | None] = {"empty": "", "null": None, "space": " "}
_OUTPUT_FOLLOWS = "The output of this call is in the next message."


def empty_content(dialect: Dialect) -> JSON:
    """The content of an assistant's message that only calls, as this upstream wants it."""
    wanted = dialect.empty_assistant_content
    return {} if wanted == "omit" else {"content": _EMPTY_CONTENT[wanted]}


class Turn:
    """What becomes one assistant message, with the tool messages that follow it."""

    __slots__ = ("answered", "calls", "details", "reasoning", "refusal", "text")

    def __init__(self) -> None:
        self.reasoning: list[tuple[str, str]] = []  # path, text
        self.details: list[JSON] = []  # the reasoning as its upstream said it
        self.text: str | list[JSON] | None = None
        self.refusal: str | None = None
        self.calls: list[Call] = []
        self.answered = False  # an output stood in the input: what the assistant says next is another turn

    def is_text(self) -> bool:
        """Whether it is nothing but text, as most are."""
        return not (self.calls or self.reasoning or self.details or self.text is None or self.refusal is not None)


class Call:
    """A call, in chat's words, and, once it was met, its output.

    It does not know its turn, which knows it: what refers to itself stays in memory until it is searched for.
    """

    __slots__ = ("chat", "cut", "output", "path")

    def __init__(self, chat: JSON, path: str, cut: bool) -> None:
        self.chat = chat
        self.output: str | list[JSON] = ""  # text, or chat parts
        self.path = path
        self.cut = cut  # its arguments never came to their end, so nobody can have carried it out


class Writer:
    """Turns → messages."""

    def __init__(self, dialect: Dialect, losses: Losses, extras: dict[str, JSON]) -> None:
        self.dialect = dialect
        self.losses = losses
        self.extras = extras
        self.ids = CallIds(dialect.tool_call_id)

    def turn(self, turn: Turn) -> list[JSON]:
        """The assistant message and what follows it."""
        dialect = self.dialect
        if turn.calls and dialect.tools == "none":
            return self._in_words(turn)
        message: JSON = {"role": "assistant"}
        if turn.text is not None:
            message["content"] = turn.text
        elif turn.refusal is not None:
            message["content"] = None
        else:
            message |= empty_content(dialect)
        if turn.refusal is not None:
            message["refusal"] = turn.refusal
        if turn.calls:
            message["tool_calls"] = [self._call(call) for call in turn.calls]
        self._replay_reasoning(message, turn)
        if turn.text is None and turn.refusal is None and not turn.calls:
            return []  # only reasoning: reported by now
        messages = [message]
        media: list[JSON] = []
        for call in turn.calls:
            messages.append(self._output(call, media))
        if media:
            messages.append({"role": "user", "content": media})
        return messages

    def _call(self, call: Call) -> JSON:
        call_id = call.chat["id"]
        shaped = {**call.chat, "id": self.ids.shaped(call_id)}
        if own := self.extras.get(call_id):
            shaped |= {key: own[key] for key in sorted(self.dialect.tool_call_extra & own.keys())}
        return shaped

    def _in_words(self, turn: Turn) -> list[JSON]:
        """Calls and their outputs for an upstream that knows no tools."""
        said = [turn.text] if isinstance(turn.text, str) and turn.text else []
        heard: list[JSON] = []
        for call in turn.calls:
            function = call.chat["function"]
            said.append(f"(Called {function['name']} with {function['arguments']})")
            output = self._output(call, heard)["content"]
            heard.append({"type": "text", "text": f"(Output of {function['name']}: {output})"})
            self.losses.report(call.path, "the upstream knows no tools, so the call and its output are told in words")
        content = chat_content(heard, arrays="user" in self.dialect.content_arrays, separator="\n", path="input")
        return [{"role": "assistant", "content": "\n".join(said)}, {"role": "user", "content": content}]

    def _replay_reasoning(self, message: JSON, turn: Turn) -> None:
        dialect = self.dialect
        wanted = dialect.reasoning_replay
        has_answer = turn.text is not None or bool(turn.calls)
        if has_answer and (wanted == "all" or (wanted == "tool_turns" and turn.calls)):
            text = "\n".join(text for _, text in turn.reasoning if text)
            details = turn.details if dialect.reasoning_replay_field == "reasoning_details" else []
            if text or details:
                replay(message, text, details, dialect)
            elif turn.calls and dialect.reasoning_placeholder is not None:
                replay(message, dialect.reasoning_placeholder, [], dialect)
            return
        for path, text in turn.reasoning:
            if text:
                self.losses.report(path, "the upstream does not take earlier reasoning back here")

    def _output(self, call: Call, media: list[JSON]) -> JSON:
        """The tool message; what it cannot hold goes to `media`, for a user message after the whole block."""
        output = call.output
        content = output if isinstance(output, str) else self._output_content(output, call, media)
        message: JSON = {"role": "tool", "tool_call_id": self.ids.shaped(call.chat["id"]), "content": content}
        if self.dialect.tool_result_name:
            message["name"] = call.chat["function"]["name"]
        return message

    def _output_content(self, parts: list[JSON], call: Call, media: list[JSON]) -> str | list[JSON]:
        dialect = self.dialect
        if dialect.tool_result_media == "inline" and not all(map(is_text, parts)):
            return parts
        texts = [part for part in parts if is_text(part)]
        others = [part for part in parts if not is_text(part)]
        arrays = "tool" in dialect.content_arrays and len(texts) > 1
        content = chat_content(texts, arrays=arrays, separator="\n", path=call.path)
        if others and dialect.tool_result_media == "drop":
            self.losses.report(call.path, "the upstream takes only text as a tool's output")
        elif others:
            content = content or _OUTPUT_FOLLOWS
            media.append({"type": "text", "text": f"Output of {call.chat['function']['name']} ({call.chat['id']}):"})
            media.extend(others)
        return content

"""The message that grows: deltas in, the finished message out."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


class CallBuilder:
    """A tool call that grows."""

    def __init__(self, chat: JSON) -> None:
        self._chat = chat
        self._fragments: list[str] = []
        self._size = 0

    @property
    def name(self) -> str:
        """What is called."""
        return str(self._chat[self._chat["type"]]["name"])

    @property
    def field(self) -> str:
        """What the arguments are called in chat."""
        return "input" if self._chat["type"] == "custom" else "arguments"

    def append(self, text: str) -> int:
        """Take more of the arguments; how many characters there are now."""
        self._fragments.append(text)
        self._size += len(text)
        return self._size

    def add(self, extra: JSON) -> None:
        """Take what is said of it besides."""
        self._chat |= extra

    def opening(self, index: int) -> JSON:
        """What a stream says first of it."""
        return {"index": index, **self._chat}

    def more(self, index: int, text: str) -> JSON:
        """What a stream says of more arguments."""
        return {"index": index, self._chat["type"]: {self.field: text}}

    def call(self) -> JSON:
        """The call."""
        kind = self._chat["type"]
        return {**self._chat, kind: {**self._chat[kind], self.field: "".join(self._fragments)}}


class MessageBuilder:
    """The assistant's message as far as it has come."""

    def __init__(self, reasoning_field: str) -> None:
        self._reasoning_field = reasoning_field
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.reasoning: list[str] = []
        self.details: list[JSON] = []
        self.annotations: list[JSON] = []
        self.images: list[JSON] = []
        self.logprobs: list[JSON] = []
        self.calls: list[CallBuilder] = []

    def message(self, legacy: bool) -> JSON:
        """The message; `legacy` tells the one call in the deprecated form."""
        text, refusal = "".join(self.text), "".join(self.refusal)
        silent = not (self.calls or refusal)
        message: JSON = {"role": "assistant", "content": text if text or silent else None, "refusal": refusal or None}
        if self.reasoning:
            message[self._reasoning_field] = "".join(self.reasoning)
        if self.details:
            message["reasoning_details"] = self.details
        if self.annotations:
            message["annotations"] = self.annotations
        if self.images:
            message["images"] = self.images
        if self.calls and legacy:
            message["function_call"] = self.calls[0].call()["function"]
        elif self.calls:
            message["tool_calls"] = [call.call() for call in self.calls]
        return message

"""How requests ask for reasoning, and how replies tell of it, beyond what the requests say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ReplyOptions:
    """What a server or a caller decides; the defaults add nothing that could be refused."""

    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    """The field of a message that holds its reasoning: DeepSeek's and most servers' name, or OpenRouter's. Requests
    may use either."""

    sealed_reasoning: Literal["when_thinking", "always", "never"] = "when_thinking"
    """When sealed reasoning is asked for, which clients then carry from turn to turn in `reasoning_details`.
    `when_thinking`: where an effort is named, a summary asked for or some brought along; models that do not reason
    refuse all of these."""

    reasoning_summary: Literal["auto", "concise", "detailed"] | None = None
    """The summary to ask for: OpenAI's models tell of their reasoning in no other way."""

    max_argument_bytes: int = 8 * 1024 * 1024
    """What the arguments of one tool call may hold; an upstream that sends more has failed."""

    max_event_bytes: int = 16 * 1024 * 1024
    """What one event of the upstream's stream may hold, or its reply where that is one document; one that sends
    more has failed."""


DEFAULT_OPTIONS = ReplyOptions()

"""How replies are told to clients, beyond what the request says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..mapping.sealed import Sealer


@dataclass(frozen=True, slots=True)
class ReplyOptions:
    """The server's part in how a reply looks; the defaults suit a library user."""

    reasoning_events: Literal["reasoning_text", "reasoning"] = "reasoning_text"
    """The names of raw reasoning's events: OpenAI's, or those of Open Responses."""

    max_argument_bytes: int = 8 * 1024 * 1024
    """What the arguments of one tool call may hold; an upstream that sends more has failed."""

    max_event_bytes: int = 16 * 1024 * 1024
    """What one event of the upstream's stream may hold; an upstream that sends more has failed."""

    sealer: Sealer | None = None
    """Seals what clients carry from turn to turn: raw reasoning where `include` asks for it, and compacted
    conversations. Without one neither can be had."""


DEFAULT_OPTIONS = ReplyOptions()

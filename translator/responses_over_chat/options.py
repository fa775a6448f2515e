"""How replies are told to clients, beyond what their requests say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..mapping.sealed import Sealer


@dataclass(frozen=True, slots=True)
class ReplyOptions:
    """What a server or a client's habits decide; the defaults are what the API promises."""

    reasoning_events: Literal["reasoning_text", "reasoning"] = "reasoning_text"
    """The names of raw reasoning's events: OpenAI's, or those of Open Responses."""

    reasoning_told: Literal["as_asked", "raw", "summary", "both"] = "as_asked"
    """In which form reasoning is told. `as_asked`: raw, and as its own summary too where the request asks for one;
    `summary`: as a summary alone, for clients that show nothing else."""

    length_status: Literal["incomplete", "completed"] = "incomplete"
    """How a reply ends that ran out of tokens. `completed`, for clients that would ask for the same again, is reported
    as a loss; a freeform call that was cut stays incomplete, because half of it might be run."""

    cut_items: Literal["told", "left_open"] = "told"
    """Whether it is told that an item is done which was cut. `left_open`, for clients that act on every item that is
    done, whatever its status: half a program must not be run."""

    done_marker: bool = True
    """Whether server-sent events end with `[DONE]`, which whoever sends them obeys. Open Responses demands it; OpenAI's
    own streams have none."""

    max_argument_bytes: int = 8 * 1024 * 1024
    """What the arguments of one tool call may hold; an upstream that sends more has failed."""

    max_event_bytes: int = 16 * 1024 * 1024
    """What one event of the upstream's stream may hold, or its reply where that is one document; one that sends
    more has failed."""

    sealer: Sealer | None = None
    """Seals what clients carry from turn to turn: raw reasoning where `include` asks for it, and compacted
    conversations. Without one neither can be had."""


DEFAULT_OPTIONS = ReplyOptions()

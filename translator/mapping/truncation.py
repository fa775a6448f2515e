"""Truncation: a conversation that is too long loses its oldest turns, whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from .token_limit import text_size

JSON = dict[str, Any]

_BYTES_PER_TOKEN = 5
"""What is guessed to be too long surely is: English has little more than four, and most else has less."""

_BEGINS_TURN = frozenset({"user"})
_STAYS = frozenset({"system", "developer"})


def excess(chat: Mapping[str, Any], window: int | None) -> float:
    """The share of a chat request's text that is surely beyond the window, in tokens; 0 where it may well fit."""
    size = text_size(chat)
    return max(0.0, 1 - window * _BYTES_PER_TOKEN / size) if window is not None and size else 0.0


def drop_oldest(items: Sequence[JSON], share: float) -> list[JSON] | None:
    """Items without the oldest turns, so many that at least `share` of the bytes goes; None where only one is left.

    A turn begins with a user message and holds all that follows up to the next, so no call is parted from its output.
    Leading system and developer messages stay, as does the last turn.
    """
    turns = _turns(items)
    if len(turns) < 3:
        return None
    leading, *rest = turns
    sizes = [len(to_json(turn)) for turn in rest]
    target = share * sum(sizes)
    dropped = 0
    while len(rest) > 1 and dropped < target:
        dropped += sizes[-len(rest)]
        del rest[0]
    return [item for turn in (leading, *rest) for item in turn]


def _turns(items: Sequence[JSON]) -> list[list[JSON]]:
    """What leads, then turn by turn. An output whose call stands in an earlier turn belongs to that turn."""
    turns: list[list[JSON]] = [[]]
    calls: dict[str, list[JSON]] = {}
    for item in items:
        role = item.get("role")
        if len(turns) == 1 and role in _STAYS:
            turns[0].append(item)
            continue
        if len(turns) == 1 or (role in _BEGINS_TURN and not _is_reply_to_call(turns[-1])):
            turns.append([])
        home = turns[-1]
        if item.get("type", "").endswith("_output") and item.get("call_id") in calls:
            home = calls[item["call_id"]]
        home.append(item)
        if item.get("type", "").endswith("_call") and "call_id" in item:
            calls[item["call_id"]] = home
    return turns


def _is_reply_to_call(turn: Sequence[JSON]) -> bool:
    """Whether the turn's last item is a call: a user message that comes before its output interrupts no turn."""
    return bool(turn) and turn[-1].get("type", "").endswith("_call")

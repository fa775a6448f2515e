"""The one door of the machine: what leaves by it is numbered in the order in which it leaves."""

from __future__ import annotations

from typing import Any

from .obfuscation import pad

JSON = dict[str, Any]


class Outbox:
    """Events on their way out.

    It knows nothing of the machine, so that what tells of items may hold it: nothing of a reply is then held in a
    circle, and all of it is let go at once when it is over.
    """

    def __init__(self, pads: bool) -> None:
        self.number = 0
        """The `sequence_number` of the next event."""
        self._pads = pads
        self._events: list[JSON] = []

    def emit(self, event: JSON) -> None:
        """Put an event in, and stamp it with its number."""
        if self._pads and "delta" in event:
            event = pad(event)
        event["sequence_number"] = self.number
        self.number += 1
        self._events.append(event)

    def take(self) -> list[JSON]:
        """What was put in since the last time."""
        taken, self._events = self._events, []
        return taken

    def drop_from(self, number: int) -> None:
        """Take back the events from this number on, none of which was taken out."""
        del self._events[len(self._events) - (self.number - number) :]
        self.number = number

"""How each client is told its replies: the settings, and what is known of the program it says it is."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any

from ..responses_over_chat import ReplyOptions
from ..responses_over_chat.clients import Client, options_for
from .auth import Program
from .settings import HABITS, Settings

_MOST_PROGRAMS = 256
"""For how many different headers the answer is remembered."""


class Habits:
    """A setting wins over what is known of a program, a program's own table in the settings over both."""

    def __init__(self, settings: Settings) -> None:
        self._set = _given(settings)
        self._limits = ReplyOptions(
            max_argument_bytes=settings.max_argument_bytes, max_event_bytes=settings.max_event_bytes
        )
        self._clients = [
            Client(
                name=client.name,
                options=_given(client),
                source="the settings",
                originator=client.originator,
                user_agent=client.user_agent,
            )
            for client in settings.clients
        ]
        self.of = lru_cache(_MOST_PROGRAMS)(self._find)
        """The options for a program."""

    def _find(self, program: Program) -> ReplyOptions:
        known = options_for(*program)
        own = options_for(*program, table=self._clients)
        return dataclasses.replace(self._limits, **{**known, **self._set, **own})


def _given(settings: object) -> dict[str, Any]:
    """The habits that are set in the settings, or in one client's table."""
    values = {name: getattr(settings, name) for name in HABITS}
    return {name: value for name, value in values.items() if value is not None}

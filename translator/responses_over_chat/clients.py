"""How known clients want to be told: data in `clients.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One program, or a family of programs that behave alike."""

    name: str

    options: JSON
    """The fields of ReplyOptions that it wants otherwise."""

    source: str
    """Where that is known from."""

    originator: str | None = None
    """A regular expression for the whole `originator` header."""

    user_agent: str | None = None
    """A regular expression for the whole `user-agent` header."""

    def fits(self, user_agent: str | None, originator: str | None) -> bool:
        """Whether a request with these headers comes from it."""
        return _matches(self.user_agent, user_agent) or _matches(self.originator, originator)


def options_for(user_agent: str | None, originator: str | None, table: Sequence[Client] | None = None) -> JSON:
    """The fields of ReplyOptions that the client behind these headers wants otherwise; empty for one nobody knows.

    `table` stands in for the known clients.
    """
    options: JSON = {}
    for client in clients() if table is None else table:
        if client.fits(user_agent, originator):
            options.update(client.options)
    return options


@cache
def clients() -> tuple[Client, ...]:
    """The table."""
    table = tomllib.loads(files(__package__).joinpath("clients.toml").read_text("utf-8"))
    return tuple(Client(**row) for row in table["clients"])


def _matches(pattern: str | None, value: str | None) -> bool:
    return pattern is not None and value is not None and re.fullmatch(pattern, value, re.IGNORECASE) is not None

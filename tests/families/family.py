"""One family of upstreams: what it refuses and in which words, what it ignores, how it answers."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from .rules import RULES

JSON = dict[str, Any]

_ROWS = Path(__file__).with_name("families.toml")


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """A row of `families.toml`; the comments there say what each key means."""

    name: str
    title: str
    preset: str
    model: str
    error: str
    refuses: list[JSON]
    too_long: JSON
    too_fast: JSON
    breaks: str
    entry: JSON | None = None
    beside: JSON = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    ignores: list[str] = field(default_factory=list)
    object_schema: bool = False
    thinks: str = "when told"
    reasoning: str = "none"
    usage: str = "last chunk"
    calls: str = "fragments"
    call_id: str = "call_0a1b2c3d4e5f60718293a4{number:02x}"
    finish_of_calls: str = "tool_calls"
    finish_of_length: str = "length"
    separate_finish: bool = True
    role: str = "first"
    end: str = "[DONE]"
    comment: str = ""
    blank: str = ""
    newline: str = "\n"
    extra: JSON = field(default_factory=dict)
    first: JSON | None = None
    in_choice: JSON = field(default_factory=dict)
    in_last: JSON = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)

    def without_signs(self) -> Family:
        """The same upstream, with nothing that would show whose it is."""
        return replace(self, entry=None, beside={}, headers={}, first=None, extra={}, in_choice={}, in_last={})

    def refusal(self, request: JSON) -> tuple[int, str] | None:
        """The status and body with which it refuses a request, or None."""
        if not request["messages"]:
            return 400, self.error.replace("$message", "messages: at least one is required").replace("$each", "")
        for row in self.refuses:
            found = RULES[row["rule"]](request, row)
            if found is None or found == []:
                continue
            faults = found if isinstance(found, list) else [found]
            body = row.get("error", self.error)
            if "each" in row:
                body = body.replace("$each", ", ".join(_filled(row["each"], fault) for fault in faults))
            else:
                body = body.replace("$message", _quoted(_filled(row["message"], faults[0]), body))
            return row.get("status", 400), body
        return None


def _filled(text: str, fault: JSON) -> str:
    for name, value in fault.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def _quoted(message: str, body: str) -> str:
    """The message as JSON has it within a string, and once more where that string is JSON itself."""
    quoted = json.dumps(message)[1:-1]
    return json.dumps(quoted)[1:-1] if '\\"$message' in body else quoted


@cache
def families() -> Mapping[str, Family]:
    """All of them, by name."""
    rows = tomllib.loads(_ROWS.read_text("utf-8"))
    known = {row.name for row in fields(Family)}
    for name, row in rows.items():
        assert set(row) <= known, f"{name}: {set(row) - known}"
    return {name: Family(name=name, **row) for name, row in rows.items()}

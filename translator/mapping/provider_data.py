"""What an upstream wants back as it said it: reasoning details with their signatures, and extras of tool calls.

Responses has no field for it. It stands in the item it belongs to, under `provider_data`, a key that SDKs keep and
that clients send back with the item. Where the client asked for sealed reasoning, as those do that keep nothing they
do not know, it is sealed with the reasoning instead: of calls too, in a reasoning item that ends the output.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

JSON = dict[str, Any]

KEY = "provider_data"
DETAILS = "reasoning_details"
CALLS = "calls"
CALL_FIELDS = frozenset({"id", "type", "index", "function", "custom"})
"""What a chat call has of its own; all else beside it is an extra."""


_GROWING = frozenset({"text", "summary"})


class Details:
    """Reasoning details as an upstream tells of them: text grows, a signature that comes late joins what it signs."""

    def __init__(self) -> None:
        self._known: list[JSON] = []
        self._grown: dict[str, list[str]] = {}  # what the texts of the last one have grown by

    def __bool__(self) -> bool:
        return bool(self._known)

    def add(self, fragments: Iterable[Any]) -> None:
        """What a delta says of them."""
        for fragment in fragments:
            if not isinstance(fragment, dict):
                continue
            last = self._known[-1] if self._known else None
            if last is None or not _continues(last, fragment):
                self._settle()
                self._known.append(dict(fragment))
                continue
            for key, value in fragment.items():
                if key in _GROWING and isinstance(value, str):
                    last.setdefault(key, "")
                    self._grown.setdefault(key, []).append(value)
                elif value is not None:
                    last[key] = value

    def take(self) -> list[JSON]:
        """Those that there are since the last time, in order."""
        self._settle()
        taken, self._known = self._known, []
        return taken

    def _settle(self) -> None:
        for key, pieces in self._grown.items():
            begun = self._known[-1][key]
            self._known[-1][key] = "".join([begun, *pieces] if isinstance(begun, str) else pieces)
        self._grown = {}


def _continues(last: JSON, fragment: Mapping[str, Any]) -> bool:
    """Whether a fragment goes on with the detail before it; what is encrypted comes whole."""
    same = all(last.get(key) == fragment.get(key) for key in ("type", "index"))
    other_id = last.get("id") and fragment.get("id") and last["id"] != fragment["id"]
    return same and not other_id and "data" not in fragment


def details_of(carrier: Mapping[str, Any]) -> list[JSON]:
    """The reasoning details in what a client sent back."""
    details = carrier.get(DETAILS)
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def calls_of(carrier: Mapping[str, Any]) -> dict[str, JSON]:
    """The extras of calls, by call id, in what a client sent back."""
    calls = carrier.get(CALLS)
    return {key: extra for key, extra in calls.items() if isinstance(extra, dict)} if isinstance(calls, dict) else {}


def provider_data(item: Mapping[str, Any]) -> JSON:
    """What an item carries of its upstream's own."""
    data = item.get(KEY)
    return data if isinstance(data, dict) else {}


def extras_of(item: Mapping[str, Any]) -> JSON:
    """What an item that calls carries of its upstream's own; what would stand for the call itself is passed over."""
    return {key: value for key, value in provider_data(item).items() if key not in CALL_FIELDS}

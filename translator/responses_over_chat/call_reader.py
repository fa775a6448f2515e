"""Fragments of tool calls → the calls they belong to."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from ..surrogates import PairJoiner
from .deltas import Call

JSON = dict[str, Any]


def is_whole_object(fragments: list[str]) -> bool:
    """Whether fragments of JSON text join to a whole object; cheap where the last one does not end it."""
    if not fragments or not fragments[-1].rstrip().endswith("}"):
        return False
    try:
        return isinstance(from_json("".join(fragments)), dict)
    except ValueError:
        return False


class _KnownCall:
    """What is known of a call so far."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.call_id = ""
        self.name = ""
        self.arguments: list[str] = []
        self.size = 0
        self.extra: JSON = {}
        self.pairs = PairJoiner()

    def append(self, arguments: str) -> Call:
        """More of the arguments, as a delta."""
        if arguments:
            self.arguments.append(arguments)
            self.size += len(arguments)
        return Call(self.key, self.call_id, self.name, arguments, self.extra)

    def complete(self) -> bool:
        """Whether the arguments so far are a whole JSON object."""
        return is_whole_object(self.arguments)

    def holds(self, arguments: str) -> bool:
        """Whether the arguments so far are whole, and just these."""
        return len(arguments) == self.size and self.complete() and "".join(self.arguments) == arguments


class CallReader:
    """Fragments of tool calls → which call they belong to.

    Upstreams identify calls by index, by id, by both, by neither, or give every call the index 0; a fragment belongs
    to the call that nothing in it contradicts.
    """

    def __init__(self, extra_keys: frozenset[str]) -> None:
        self._extra_keys = extra_keys
        self._calls: list[_KnownCall] = []
        self._by_index: dict[int, _KnownCall] = {}
        self._by_id: dict[str, _KnownCall] = {}
        self._early: JSON = {}  # extras of the call that is to come

    def read_extra(self, delta: JSON) -> Call | None:
        """What stands beside the calls and belongs to the last one, or the next (Gemini's signatures)."""
        extra = {key: value for key, value in delta.items() if key in self._extra_keys and value}
        if not extra:
            return None
        if not self._calls:
            self._early |= extra
            return None
        call = self._calls[-1]
        call.extra |= extra
        return call.append("")

    def read(self, fragment: JSON, whole: bool) -> Call | None:
        """The call a fragment belongs to, and what it adds; None where it says nothing of any call."""
        function = fragment.get("function")
        if not isinstance(function, dict):
            function = fragment
        call_id = _word(fragment.get("id"))
        name = _word(function.get("name"))
        index = _index(fragment.get("index"))
        arguments = _arguments(function.get("arguments"))
        call = None if whole else self._find(index, call_id, name, arguments)
        if call is None and not (call_id or name or arguments):
            return self.read_extra(fragment)
        if call is None:
            call = _KnownCall(len(self._calls))
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        if call_id and not call.call_id:
            call.call_id = call_id
            self._by_id.setdefault(call_id, call)
        call.name = _joined_name(call.name, name)
        if arguments and call.holds(arguments):
            arguments = ""  # the last chunk repeats the whole
        if self._extra_keys:
            call.extra |= self._early
            call.extra |= {key: value for key, value in fragment.items() if key in self._extra_keys and value}
            self._early = {}
        return call.append(call.pairs.join(arguments))

    def took(self, fragment: JSON, call: Call | None, whole: bool) -> bool:
        """Whether what a fragment says was read as `call`, or it says nothing, as a fragment may.

        A call without a name is found out at its end.
        """
        function = fragment.get("function")
        if function and not isinstance(function, dict):
            return call is not None and not call.name
        if call is not None:
            return True
        passed_over = {"index", "type", "function", *self._extra_keys}
        said = [*(function or {}).values(), *(value for key, value in fragment.items() if key not in passed_over)]
        return not whole and not any(said)

    def finish(self) -> list[Call]:
        """What was held back of the arguments."""
        return [call.append(call.pairs.finish()) for call in self._calls if call.pairs.held]

    def _find(self, index: int | None, call_id: str, name: str, arguments: str) -> _KnownCall | None:
        if not self._calls:
            return None
        last = self._calls[-1]
        if index is not None:
            call = self._by_index.get(index)
        elif call_id:
            call = self._by_id.get(call_id)
            if call is None and not last.call_id and not name:
                call = last  # the id came late
        else:
            call = last
        if call is None:
            return None
        if call_id and call.call_id:
            return call if call_id == call.call_id else None
        if not name or not call.name:
            return call
        if name != call.name:
            # a name in pieces comes before the arguments
            return None if call.arguments or call_id else call
        # the name is repeated in every fragment, or this is the next call of the same function
        repeats = index is not None and call.holds(arguments)
        return None if arguments and not repeats and call.complete() else call


def _joined_name(known: str, name: str) -> str:
    return name or known if name.startswith(known) else known + name


def _word(value: Any) -> str:
    """An id or name; Mistral's SDK writes a missing id as the word null."""
    return value if isinstance(value, str) and value != "null" else ""


def _index(value: Any) -> int | None:
    if type(value) is int:
        return value
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _arguments(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value).decode()

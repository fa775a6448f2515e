"""Calls that were begun upstream and that the client was not told of yet."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ..errors import UpstreamError
from ..mapping.tool_kinds import KINDS
from ..mapping.tool_names import ToolNames
from .call_reader import is_whole_object
from .deltas import Call


def is_complete(fragments: list[str]) -> bool:
    """Whether nothing more of these arguments is to be expected.

    An empty object does not count: some upstreams send one first and the arguments after it.
    """
    return is_whole_object(fragments) and "".join(fragments).strip() != "{}"


class WaitingCall:
    """One call, as far as it has come."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.call_id = ""
        self.name = ""
        self.extra: dict[str, Any] = {}
        self.fragments: list[str] = []


class CallQueue:
    """Calls in the order they began; the first one leaves when it can be told of."""

    def __init__(self, names: ToolNames, max_argument_bytes: int) -> None:
        self._names = names
        self._max_argument_bytes = max_argument_bytes
        self._sizes: dict[int, int] = {}  # bytes of each call's arguments, those that have left included
        self._waiting: OrderedDict[int, WaitingCall] = OrderedDict()  # by their keys
        self._last_key = -1  # of the calls that have left

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def weigh(self, delta: Call) -> UpstreamError | None:
        """The upstream's fault, if this makes the arguments of the call larger than they may be."""
        size = self._sizes[delta.key] = self._sizes.get(delta.key, 0) + len(delta.arguments.encode())
        if size <= self._max_argument_bytes:
            return None
        return UpstreamError(
            f"The upstream sent more than {self._max_argument_bytes} bytes of arguments for one tool call.",
            code="upstream_arguments_too_large",
        )

    def add(self, delta: Call) -> bool:
        """Take what belongs to a waiting or a new call; False where it belongs to one that has left."""
        call = self._waiting.get(delta.key)
        if call is None:
            if delta.key <= self._last_key:
                return False
            call = self._waiting[delta.key] = WaitingCall(delta.key)
        call.name, call.call_id, call.extra = delta.name, delta.call_id, delta.extra
        if delta.arguments:
            call.fragments.append(delta.arguments)
        return True

    @property
    def ready(self) -> bool:
        """Whether the first call can be told of: names come in pieces and ids late, but both before the arguments end.

        Calls that are told whole wait for all of their arguments.
        """
        if not self._waiting:
            return False
        call = next(iter(self._waiting.values()))
        if not (call.name and call.call_id and call.fragments):
            return False
        return KINDS[self._names.tool(call.name).kind].streams or is_complete(call.fragments)

    @property
    def holds_freeform(self) -> bool:
        """Whether a call waits whose input may be cut short without a sign of it."""
        return any(
            self._names.tool(call.name).kind == "custom"
            for call in self._waiting.values()
            if not is_complete(call.fragments)
        )

    def pop(self) -> WaitingCall:
        """The first call leaves."""
        _, call = self._waiting.popitem(last=False)
        self._last_key = max(self._last_key, call.key)
        return call

"""Bytes ⇄ server-sent events, incrementally."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic_core import to_json

from .errors import UpstreamError

DONE = b"data: [DONE]\n\n"
"""The end marker that closes a stream in both dialects."""

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""The default bound of one event: whole tool calls and base64 images come in one line."""

_BOM = b"\xef\xbb\xbf"


ServerSentEvent = tuple[bytes, str]
"""One event as it stood on the wire: its data and its name, "message" where the stream named none.

A bare tuple, because making anything with names costs a fifth of what the whole decoder does.
"""


class Decoder:
    """Bytes cut anywhere → events, by the rules of the HTML standard (section 9.2.6).

    It takes LF, CRLF and CR; comments, `id` and `retry` are passed over; several `data` lines are one value. What one
    event may hold, its lines as they come, is bounded by `max_event_bytes`; beyond it `receive` raises UpstreamError.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._tail: list[bytes] = []  # pieces of a line that has not ended; joined once
        self._tail_size = 0
        self._after_cr = False  # a CR ended the last bytes: an LF that follows belongs to it
        self._at_start = True
        self._data: list[bytes] = []
        self._data_size = 0
        self._event = ""

    @property
    def between_events(self) -> bool:
        """Whether nothing is held of an event that has not ended: what comes next begins one."""
        return not (self._tail or self._data or self._event or self._after_cr or self._at_start)

    def receive(self, data: bytes) -> list[ServerSentEvent]:
        """The events that `data` completes, in order."""
        if self._after_cr and data:
            self._after_cr = False
            if data[:1] == b"\n":
                data = data[1:]
        if self._at_start and len(data) >= len(_BOM) and not self._tail:
            self._at_start = False
            data = data.removeprefix(_BOM)
        if (
            data[-2:] == b"\n\n"
            and not (self._tail or self._data or self._event or self._at_start)
            and b"\r" not in data
        ):
            return self._read_whole(data)
        if b"\r" in data:
            self._after_cr = data[-1:] == b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in data:
            self._keep(data)
            return []
        if self._tail:
            self._tail.append(data)
            data = b"".join(self._tail)
            self._tail.clear()
            self._tail_size = 0
        if self._at_start:
            self._at_start = False
            data = data.removeprefix(_BOM)
        lines = data.split(b"\n")
        tail = lines.pop()
        events = self._read(lines)  # first: it settles how much the event at the end holds so far
        self._keep(tail)
        return events

    def _read_whole(self, data: bytes) -> list[ServerSentEvent]:
        """Whole events, as they nearly always come: one `data` line and a blank one each."""
        if data[:6] == b"data: " and data.find(b"\n") == len(data) - 2 < self._max:
            return [(data[6:-2], "message")]
        events: list[ServerSentEvent] = []
        for block in data[:-2].split(b"\n\n"):
            if block[:6] == b"data: " and b"\n" not in block and len(block) < self._max:
                events.append((block[6:], "message"))
            else:
                events += self._read([*block.split(b"\n"), b""])
        return events

    def flush(self) -> list[ServerSentEvent]:
        """The event that the end of the stream cut short of its blank line.

        The standard drops it; upstreams that close right after the last `data:` line are common enough to keep it.
        """
        rest = b"".join(self._tail)
        self._tail.clear()
        self._tail_size = 0
        if self._at_start:
            rest = rest.removeprefix(_BOM)
        return self._read([rest, b""])

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._tail.append(piece)
            self._tail_size += len(piece)
            if self._tail_size + self._data_size > self._max:
                raise self._too_large()

    def _read(self, lines: list[bytes]) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        for line in lines:
            if not line:
                if self._data:
                    value = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                    events.append((value, self._event or "message"))
                    self._data.clear()
                    self._data_size = 0
                self._event = ""
            elif line.startswith(b"data:"):
                value = line[6:] if line[5:6] == b" " else line[5:]
                self._add(value, line)
            elif line.startswith(b"event:"):
                self._event = line[6:].decode("utf-8", "replace").removeprefix(" ")
            elif line == b"data":
                self._add(b"", line)
            elif line == b"event":
                self._event = ""
        return events

    def _add(self, value: bytes, line: bytes) -> None:
        self._data.append(value)
        self._data_size += len(line) + 1  # as it came: empty lines hold memory too
        if self._data_size > self._max:
            raise self._too_large()

    def _too_large(self) -> UpstreamError:
        return UpstreamError(
            f"The upstream sent an event larger than {self._max} bytes; raise the limit of event sizes to let it pass.",
            code="upstream_event_too_large",
        )


def encode(event: Mapping[str, Any]) -> bytes:
    """One Responses event as it goes out: the `event:` line repeats the body's `type`."""
    return _head(event["type"]) + to_json(event) + b"\n\n"


def encode_data(chunk: Mapping[str, Any]) -> bytes:
    """One chat chunk as it goes out: chat's events have no names."""
    return b"data: " + to_json(chunk) + b"\n\n"


@lru_cache(maxsize=256)
def _head(type: str) -> bytes:
    return b"event: %b\ndata: " % type.encode()

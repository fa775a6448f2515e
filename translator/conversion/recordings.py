"""Several recorded streams in one file, one after the other: where each begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_DATA = b"data:"
_CREATED = b"response.created"
_END = re.compile(rb"data: ?\[DONE\]\s*")
_BEGINNING = re.compile(rb"event: ?response\.created\s*|data:.*\"type\": ?\"response\.created\".*\s*")


def recordings(lines: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """The lines of each stream. What is not read of one is passed over where the next is asked for.

    A stream ends with `[DONE]` or, as OpenAI's events do without it, where the next response is created.
    """
    rest = iter(lines)
    first = next(rest, None)
    while first is not None:
        recording = _Recording(first, rest)
        yield iter(recording)
        for _ in recording:
            pass
        first = recording.following


class _Recording:
    """One stream; at its end `following` is the line that begins the next, None where there is none."""

    def __init__(self, first: bytes, rest: Iterator[bytes]) -> None:
        self.following: bytes | None = None
        self._lines = self._read(first, rest)

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def _read(self, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
        ended, said = False, first.startswith(_DATA)
        yield first
        for line in rest:
            if (ended and line.strip()) or (said and _CREATED in line and _BEGINNING.fullmatch(line)):
                self.following = line
                return
            said = said or line.startswith(_DATA)
            ended = ended or _END.fullmatch(line) is not None
            yield line

"""Several recorded streams in one file, one after the other: where each begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_DATA = b"data:"
_CREATED = b"response.created"
_END = re.compile(rb"data: ?\[DONE\]\s*")
_ID = re.compile(rb"data: ?\{\"id\": ?\"([^\"]+)\"")
_FINISHED = re.compile(rb"\"finish_reason\": ?\"[^\"]")
_NO_CHOICE = re.compile(rb"\"choices\": ?\[\]")
_BEGINNING = re.compile(rb"event: ?response\.created\s*|data:.*\"type\": ?\"response\.created\".*\s*")


def recordings(lines: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """The lines of each stream. What is not read of one is passed over where the next is asked for.

    A stream ends with `[DONE]`; where that is missing, as behind OpenAI's events, a response that is created begins the
    next, or a chunk of another id that says more than the usage once a finish reason was told.
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
        ended, said, finished = False, first.startswith(_DATA), _finished(first)
        yield first
        for line in rest:
            begins = said and _CREATED in line and _BEGINNING.fullmatch(line)
            if begins or (ended and line.strip()) or (finished and _is_another(line, finished)):
                self.following = line
                return
            said = said or line.startswith(_DATA)
            finished = finished or _finished(line)
            ended = ended or _END.fullmatch(line) is not None
            yield line


def _finished(line: bytes) -> bytes | None:
    """The id of a chunk that tells a finish reason."""
    found = _ID.match(line) if b'"finish_reason"' in line else None
    return found[1] if found and _FINISHED.search(line) else None


def _is_another(line: bytes, finished: bytes) -> bool:
    """Whether a chunk is of another completion, and not what may follow the end of its own."""
    found = _ID.match(line)
    return found is not None and found[1] != finished and not _NO_CHOICE.search(line)

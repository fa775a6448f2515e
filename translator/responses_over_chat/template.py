"""What stays the same from chunk to chunk of one stream, so that only the text of the next need be read.

Most upstreams repeat all of a chunk but its text, byte for byte. Reading such a chunk as JSON is half of what a text
delta costs; comparing its ends with those of the last one is a tenth of that.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import from_json

JSON = dict[str, Any]

_KEY = b'"content"'
_PROBE = "probe"
_PATIENCE = 4
"""How many chunks in a row may differ from the one before in more than their text, before looking is given up."""

_MARK = re.compile(rb'["\\\n\r]')
"""What a text that stands in JSON as it is does not hold."""


class ChunkTemplate:
    """The bytes before and after the text of a chunk that says nothing else."""

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""
        self._unlike = 0  # chunks in a row that were not like the one before them
        self._misses = 0  # those of them that were learned
        self._opening = b""  # of an event whose data is such a chunk, up to its text
        self._ending = b""  # of that event, from the end of its text

    @property
    def looking(self) -> bool:
        """Whether chunks that are alike are still to be expected."""
        return self._unlike < _PATIENCE

    def text_of(self, data: bytes) -> str | None:
        """The text of a chunk that differs from the learned one in nothing else, or None.

        One that fits makes it worth learning the next one, too.
        """
        head, tail = self._head, self._tail
        if not head or not data.startswith(head) or not data.endswith(tail):
            return None
        text = _read(data[len(head) : len(data) - len(tail)])
        if text is not None:
            self._unlike = self._misses = 0
        return text

    def run_of(self, data: bytes, start: int = 0) -> tuple[list[str], int]:
        """The texts of the whole events, all of them such chunks, that `data` has from `start` on; and where they end.

        An event begins at `start`. The first quote behind a text's beginning is its end, or stands in it; where what
        follows is not what the template ends in, it is left to others.
        """
        opening, ending = self._opening, self._ending
        if not opening:
            return [], start
        before, behind = len(opening), len(ending)
        texts: list[bytes] = []
        end = start
        while data.startswith(opening, end):
            quote = data.find(b'"', end + before)
            text = data[end + before : quote]
            if not data.startswith(ending, quote) or not text or b"\\" in text:
                break  # what ends a run in good streams must not be looked for behind it, again and again
            texts.append(text)
            end = quote + behind
        run = _read_all(texts)
        if run:
            self._unlike = self._misses = 0
        if len(run) < len(texts):
            end = start + len(run) * (before + behind) + sum(map(len, texts[: len(run)]))
        return run, end

    def learn(self, data: bytes, chunk: JSON) -> None:
        """Take a chunk as the pattern of those to come, if it is certain where its text stands."""
        self._unlike += 1
        text = _text(chunk) if self._misses < _PATIENCE else None
        if not text:
            return
        self._misses += 1
        written = text.encode("utf-8", "replace")
        start = data.find(b'"', data.find(_KEY) + len(_KEY)) + 1
        if start == 0 or data[start : start + len(written) + 1] != written + b'"':
            return
        head, tail = data[:start], data[start + len(written) :]
        # read with another text in that place, it must be the same chunk but for its text: then so are all others
        try:
            probe = from_json(head + _PROBE.encode() + tail)
        except ValueError:
            return
        if _text(probe) == _PROBE:
            probe["choices"][0]["delta"]["content"] = text
            if probe == chunk:
                self._head, self._tail = head, tail
                on_one_line = b"\n" not in data and b"\r" not in data
                self._opening, self._ending = b"data: " + head if on_one_line else b"", tail + b"\n\n"


def _read_all(texts: list[bytes]) -> list[str]:
    """The texts up to the first that does not stand in JSON as it is; it is quick to look for one in all of them."""
    if not all(texts) or _MARK.search(b"".join(texts)) is not None:
        return _read_each(texts)
    try:
        return [text.decode() for text in texts]
    except UnicodeDecodeError:
        return _read_each(texts)


def _read_each(texts: list[bytes]) -> list[str]:
    read: list[str] = []
    for text in texts:
        fitting = _read(text)
        if fitting is None:
            break
        read.append(fitting)
    return read


def _read(text: bytes) -> str | None:
    """A text that stands in JSON as it is, or None."""
    if not text or _MARK.search(text) is not None:
        return None
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _text(chunk: JSON) -> str | None:
    """The text of a chunk of the common shape, which says nothing else; None of any other."""
    try:
        (choice,) = chunk["choices"]
        delta = choice["delta"]
        text = delta.get("content")
        if not text:
            return None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    silent = not any(delta[key] for key in delta if key not in ("content", "role"))
    silent = silent and not any(choice.get(key) for key in ("finish_reason", "logprobs", "index", "usage"))
    silent = silent and not any(chunk.get(key) for key in ("usage", "error", "x_groq"))
    return text if silent and isinstance(text, str) else None

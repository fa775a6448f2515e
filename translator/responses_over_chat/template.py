"""What stays the same from chunk to chunk of one stream, so that only the text of the next need be read.

Most upstreams repeat all of a chunk but its text, byte for byte. Reading such a chunk as JSON is half of what a text
delta costs; comparing its ends with those of the last one is a tenth of that.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

JSON = dict[str, Any]

_KEY = b'"content"'
_PROBE = "probe"
_PATIENCE = 4
"""How many chunks in a row may differ from the one before in more than their text, before looking is given up."""


class ChunkTemplate:
    """The bytes before and after the text of a chunk that says nothing else."""

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""
        self._misses = 0
        self._opening = b""  # of an event whose data is such a chunk, up to its text
        self._ending = b""  # of that event, from the end of its text

    def text_of(self, data: bytes) -> str | None:
        """The text of a chunk that differs from the learned one in nothing else, or None.

        One that fits makes it worth learning the next one, too.
        """
        head, tail = self._head, self._tail
        if not head or not data.startswith(head) or not data.endswith(tail):
            return None
        text = data[len(head) : len(data) - len(tail)]
        if not text or b'"' in text or b"\\" in text:
            return None
        try:
            fitting = text.decode()
        except UnicodeDecodeError:
            return None
        self._misses = 0
        return fitting

    def run_of(self, data: bytes) -> tuple[list[str], bytes]:
        """The texts of the whole events that `data` begins with, all of them such chunks; and what is left of `data`.

        One split reads a hundred of them. `data` begins where an event does. What the texts may not hold stands before
        and behind each of them, so they are cut nowhere but between two events.
        """
        opening, ending = self._opening, self._ending
        if not opening or not data.startswith(opening):
            return [], data
        texts = data[len(opening) :].split(ending + opening)
        texts[-1], ended, rest = texts[-1].partition(ending)
        said = b"".join(texts) if ended else b'"'
        if b'"' in said or b"\\" in said or b"\n" in said or b"\r" in said or not all(texts):
            return [], data
        try:
            fitting = [text.decode() for text in texts]
        except UnicodeDecodeError:
            return [], data
        self._misses = 0
        return fitting, rest

    def learn(self, data: bytes, chunk: JSON) -> None:
        """Take a chunk as the pattern of those to come, if it is certain where its text stands."""
        self._head = self._opening = b""
        if self._misses == _PATIENCE:
            return
        self._misses += 1
        text = _text(chunk)
        if not text:
            return
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
                if b"\n" not in data and b"\r" not in data:
                    self._opening, self._ending = b"data: " + head, tail + b"\n\n"


def _text(chunk: JSON) -> str | None:
    """The text of a chunk of the common shape, which says nothing else; None of any other."""
    try:
        (choice,) = chunk["choices"]
        delta = choice["delta"]
        text = delta["content"]
    except (KeyError, TypeError, ValueError):
        return None
    silent = not any(delta[key] for key in delta if key not in ("content", "role"))
    silent = silent and not any(choice.get(key) for key in ("finish_reason", "logprobs", "index", "usage"))
    silent = silent and not any(chunk.get(key) for key in ("usage", "error", "x_groq"))
    return text if silent and isinstance(text, str) else None

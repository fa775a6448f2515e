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

    def text_of(self, data: bytes) -> str | None:
        """The text of a chunk that differs from the learned one in nothing else, or None."""
        head, tail = self._head, self._tail
        if not head or not data.startswith(head) or not data.endswith(tail):
            return None
        text = data[len(head) : len(data) - len(tail)]
        if not text or b'"' in text or b"\\" in text:
            return None
        try:
            return text.decode()
        except UnicodeDecodeError:
            return None

    def hit(self) -> None:
        """The template fitted: it is worth learning the next one, too."""
        self._misses = 0

    def learn(self, data: bytes, chunk: JSON) -> None:
        """Take a chunk as the pattern of those to come, if it is certain where its text stands."""
        self._head = b""
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

"""Characters beyond the Basic Multilingual Plane, which some upstreams cut into the halves of a surrogate pair."""

from __future__ import annotations

from typing import Any

DEPTH = 200
"""How deep a value may be: about as deep as pydantic's reader goes."""


class PairJoiner:
    """Text cut anywhere → text that can be written as UTF-8: halves joined, lone ones replaced by U+FFFD."""

    def __init__(self) -> None:
        self.held = ""
        """The first half of a pair, at the end of the last text."""

    def join(self, text: str) -> str:
        """The text that is settled."""
        if not self.held and text.isascii():
            return text
        text = self.held + text
        self.held = ""
        if "\ud800" <= text[-1] <= "\udbff":
            self.held = text[-1]
            text = text[:-1]
        return _mended(text)

    def finish(self) -> str:
        """What is left of a half that nothing followed."""
        if not self.held:
            return ""
        self.held = ""
        return "\ufffd"


def is_whole(text: str) -> bool:
    """Whether text can be written as UTF-8: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole(value: Any, depth: int = DEPTH) -> Any:
    """A value of JSON that can be written as UTF-8: pairs joined, lone halves replaced by U+FFFD, in keys as well.

    Raises RecursionError beyond `depth`.
    """
    if depth == 0:
        raise RecursionError
    if isinstance(value, str):
        return _mended(value)
    if isinstance(value, list):
        return [whole(entry, depth - 1) for entry in value]
    if isinstance(value, dict):
        return {whole(key): whole(entry, depth - 1) for key, entry in value.items()}
    return value


def _mended(text: str) -> str:
    return text if is_whole(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

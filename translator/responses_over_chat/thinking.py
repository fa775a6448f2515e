"""Reasoning that stands in the text between tags, at its start."""

from __future__ import annotations

OPENERS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",  # Gemini
    "<reasoning>": "</reasoning>",  # Bedrock
    "[THINK]": "[/THINK]",  # Mistral's own templates
}
"""The tags that are read, and what closes each."""

_LONGEST = max(map(len, OPENERS))

Piece = tuple[bool, str]
"""Whether it is reasoning, and its text."""


class ThinkingSplitter:
    """Text cut anywhere → reasoning and text.

    Only tags at the very start count: later in the answer they are what the model wrote about. What may still become
    a tag is held back, never more than one tag's length and the white space around it.
    """

    def __init__(self, *, opened: bool = False) -> None:
        self._held = ""
        self._opened = opened  # by the template: the text begins within the tag
        self._closer = ""  # of the tag that is open
        self._began = False  # something of the reasoning was told
        self._after = False  # the tag was closed: the white space behind it is the template's
        self.decided = False
        """Whether the rest is text, whatever it holds."""

    def parted(self) -> None:
        """The upstream parts the reasoning from the text by itself: no tag is open, whatever its template does."""
        self._opened = False

    def split(self, text: str) -> list[Piece]:
        """The pieces that `text` settles, in order."""
        self._held += text
        if not self._closer and not self._after:
            self._look_for_opener()
        if self._closer:
            return self._think()
        return self._settle()

    def finish(self) -> list[Piece]:
        """What is held back, when nothing more comes."""
        held, self._held = self._held, ""
        if self._closer:
            return [(True, held)] if held.strip() else []
        if self._after:
            return []  # white space behind the tag
        return [(False, held)] if held else []

    def _look_for_opener(self) -> None:
        start = self._held.lstrip()
        for opener, closer in OPENERS.items():
            if start.startswith(opener):
                self._closer = closer
                self._held = start[len(opener) :]
                return
        if self._opened and not any(opener.startswith(start) for opener in OPENERS):
            self._closer = OPENERS["<think>"]

    def _think(self) -> list[Piece]:
        pieces: list[Piece] = []
        before, closer, behind = self._held.partition(self._closer)
        if closer:
            self._tell(before.rstrip(), pieces)
            self._closer = ""
            self._after = True
            self._held = behind
            return pieces + self._settle()
        # hold what may be the beginning of the closer, and the white space that may stand before it
        told = before[: len(before) - _overlap(before, self._closer)].rstrip()
        self._held = before[len(told) :]
        self._tell(told, pieces)
        return pieces

    def _tell(self, text: str, pieces: list[Piece]) -> None:
        if not self._began:
            text = text.lstrip()
        if text:
            self._began = True
            pieces.append((True, text))

    def _settle(self) -> list[Piece]:
        """Text, or what may still become an opener."""
        if self._after:
            self._held = self._held.lstrip()
            if not self._held:
                return []
        else:
            start = self._held.lstrip()
            if len(start) < _LONGEST and any(opener.startswith(start) for opener in OPENERS):
                return []
        self.decided = True
        held, self._held = self._held, ""
        return [(False, held)]


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    for size in range(min(len(text), len(tag) - 1), 0, -1):
        if tag.startswith(text[-size:]):
            return size
    return 0

"""What was read of a document: texts and pictures in their order, held to their limits while they are gathered."""

from __future__ import annotations

import base64
from typing import Any

from .limits import Limits

JSON = dict[str, Any]


class Pages:
    """Gathers text and pictures. Once `full`, nothing more is taken."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._texts: list[str] = []
        self._parts: list[JSON] = []
        self._characters = 0
        self._images = 0
        self.full = False
        """Whether something had to be left out because there was too much of it."""
        self.found = False
        """Whether there was anything but marks."""

    def mark(self, title: str) -> None:
        """A page, a sheet or a slide begins."""
        self._take(f"--- {title} ---\n")

    def text(self, text: str) -> None:
        """A piece of text; white space alone is nothing."""
        text = text.strip("\r\n")
        if text.strip():
            self.found = True
            self._take(text + "\n")

    def note(self, text: str) -> None:
        """A remark that is none of the document's own words."""
        self._take(f"({text})\n")

    def image(self, data: bytes, media_type: str) -> bool:
        """A picture of a page; whether there was room for it."""
        if self._images >= self._limits.images:
            self.full = True
            return False
        self._images += 1
        self.found = True
        self._flush()
        self._parts.append({"image": base64.b64encode(data).decode(), "type": media_type})
        return True

    def parts(self) -> list[JSON]:
        """`{"text": …}` and `{"image": base64, "type": …}`, in order."""
        self._flush()
        return self._parts

    def _take(self, text: str) -> None:
        left = self._limits.characters - self._characters
        if len(text) > left:
            self.full = True
            text = text[:left]
        self._characters += len(text)
        self._texts.append(text)

    def _flush(self) -> None:
        if self._texts:
            self._parts.append({"text": "".join(self._texts)})
            self._texts = []

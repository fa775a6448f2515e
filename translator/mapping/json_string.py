"""The inside of a JSON string, cut anywhere → its text, as it comes."""

from __future__ import annotations

import re

_STOPS = re.compile(r'["\\]')
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{0,3})?\Z")
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class StringDecoder:
    """Decodes what stands between the quotes of a JSON string.

    Models write JSON by hand, so it is lenient: line breaks may stand as they are, and a backslash before anything
    that JSON knows no escape for is a backslash. Of a surrogate pair that is not whole, U+FFFD is left. What may
    still become an escape or a pair is held back: at most eleven characters.
    """

    def __init__(self) -> None:
        self._held = ""
        self.ended = False
        """Whether the closing quote was met."""

    def receive(self, text: str, start: int = 0) -> tuple[str, int]:
        """What `text` says from `start` on, as far as it is settled, and where that ended.

        It ends behind the closing quote, or with the text. A quote that turns out to be none of JSON's may be taken
        back by setting `ended` to False and going on from there.
        """
        offset = 0
        if self._held:
            offset = start - len(self._held)
            text, start = self._held + text[start:], 0
            self._held = ""
        decoded: list[str] = []
        while (stop := _STOPS.search(text, start)) is not None:
            decoded.append(text[start : stop.start()])
            if stop.group() == '"':
                self.ended = True
                return "".join(decoded), offset + stop.end()
            escape = _read_escape(text, stop.start())
            if escape is None:
                self._held = text[stop.start() :]
                return "".join(decoded), offset + len(text)
            character, start = escape
            decoded.append(character)
        decoded.append(text[start:])
        return "".join(decoded), offset + len(text)

    def finish(self) -> str:
        """What was held back, when nothing more comes: half an escape is nothing, half a pair U+FFFD."""
        held, self._held = self._held, ""
        return "\ufffd" if _UNICODE.match(held) else ""


def _read_escape(text: str, start: int) -> tuple[str, int] | None:
    """What the escape at `start` stands for and where it ends; None: more must come to tell."""
    if _HALF_ESCAPE.match(text, start):
        return None
    simple = _ESCAPES.get(text[start + 1])
    if simple is not None:
        return simple, start + 2
    unicode = _UNICODE.match(text, start)
    if unicode is None:
        return "\\", start + 1
    code = int(unicode.group(1), 16)
    if not 0xD800 <= code <= 0xDFFF:
        return chr(code), unicode.end()
    return _read_pair(text, unicode.end(), code)


def _read_pair(text: str, behind: int, high: int) -> tuple[str, int] | None:
    """The character of a surrogate pair whose first half ends at `behind`."""
    if high < 0xDC00:
        if behind == len(text) or _HALF_ESCAPE.match(text, behind):
            return None
        unicode = _UNICODE.match(text, behind)
        low = int(unicode.group(1), 16) if unicode is not None else 0
        if unicode is not None and 0xDC00 <= low <= 0xDFFF:
            return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00), unicode.end()
    return "\ufffd", behind

"""The input of a freeform tool as chat upstreams say it: the arguments of a function with one string."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic_core import from_json, to_json

from .fence import Unfencer
from .json_string import StringDecoder

PARAMETER = "input"
"""The function's one parameter."""

OPENING = f'{{"{PARAMETER}":"'
"""How its arguments begin; the input follows as the inside of a JSON string."""

_OPENING = re.compile(rf'\s*\{{\s*"{PARAMETER}"\s*:\s*"')
_ANY_OPENING = re.compile(r'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*"')
_OTHER_JSON = re.compile(r'\s*(?:"|\{\s*["}])')
# what may stand behind the closing quote: the object's end, or the next key
_END = re.compile(r"\s*(?:\}\s*)?\Z")
_NEXT_KEY = re.compile(r'\s*,\s*(?:\Z|"(?:[^"\\]|\\.)*(?:\\?\Z|"\s*(?:\Z|(?P<colon>:))))', re.DOTALL)
_LAST_QUOTE = re.compile(r'"\s*\}?\s*\Z')


def wrap(input: str) -> str:
    """The arguments that say this input."""
    return to_json({PARAMETER: input}).decode()


class Unwrapper:
    """Arguments cut anywhere → the input they hold, as it comes.

    Upstreams are offered `{"input": "…"}`, which streams. Models also send the bare text, which streams too, or the
    text under another key, as a JSON string, or in a code fence: these are told apart at the end. A fence counts where
    the input has a grammar, which would not have made it, or where nothing else wraps the text.
    """

    def __init__(self, *, grammar: bool) -> None:
        self._grammar = grammar
        self._arguments = _Arguments()
        self._unfencer: Unfencer | None = None

    @property
    def beside(self) -> list[str]:
        """The names of arguments that stood beside the input."""
        return self._arguments.beside

    def receive(self, arguments: str) -> str:
        """The input that these arguments settle."""
        return self._unfenced(self._arguments.receive(arguments))

    def finish(self) -> str:
        """The rest of the input, when nothing more comes."""
        rest = self._unfenced(self._arguments.finish())
        if self._unfencer is None:
            return rest
        text, unfenced = self._unfencer.finish()
        if unfenced and self._arguments.bare:
            inside = Unwrapper(grammar=self._grammar)
            text = inside.receive(text) + inside.finish()
        return rest + text

    def _unfenced(self, text: str) -> str:
        if not text:
            return ""
        if self._unfencer is None and (self._grammar or self._arguments.bare):
            self._unfencer = Unfencer()
        return text if self._unfencer is None else self._unfencer.receive(text)


class _Arguments:
    """Arguments cut anywhere → the text in them, taken out of the JSON around it, if there is any.

    JSON that a model left broken by quotes it did not escape is read as it was meant: a quote ends the string only
    where the object ends or another key follows.
    """

    def __init__(self) -> None:
        self.receive: Callable[[str], str] = self._open
        self.bare = False
        """Whether no JSON stands around the text; known when there is any."""
        self.beside: list[str] = []
        self._held: list[str] = []
        self._decoder = StringDecoder()

    def finish(self) -> str:
        """The rest of the text."""
        if self.receive == self._plain:
            return ""
        if self.receive == self._string:
            return self._decoder.finish()
        text = self._take()
        return self._end(text) if self._decoder.ended else self._settle(text)

    def _open(self, text: str) -> str:
        """Nothing is known yet."""
        self._held.append(text)
        text = "".join(self._held)
        if (opening := _OPENING.match(text)) is not None:
            self._held.clear()
            return self._string(text, opening.end())
        if OPENING.startswith("".join(text.split())):
            return ""
        if _OTHER_JSON.match(text):
            self.receive = self._hold
            return ""
        self._held.clear()
        self.receive = self._plain
        self.bare = True
        return text

    def _plain(self, text: str) -> str:
        return text

    def _hold(self, text: str) -> str:
        self._held.append(text)
        return ""

    def _string(self, text: str, start: int = 0) -> str:
        """Within the string."""
        self.receive = self._string
        told: list[str] = []
        while True:
            decoded, start = self._decoder.receive(text, start)
            told.append(decoded)
            if not self._decoder.ended:
                return "".join(told)
            if _END.match(text, start) or _NEXT_KEY.match(text, start):
                self.receive = self._behind
                return "".join(told) + self._behind(text[start:])
            self._decoder.ended = False
            told.append('"')

    def _behind(self, text: str) -> str:
        """Behind what may be the closing quote."""
        self._held.append(text)
        text = "".join(self._held)
        if _END.match(text):
            return ""
        if (key := _NEXT_KEY.match(text)) is not None:
            if key["colon"]:
                self.receive = self._hold
            return ""
        self._held.clear()
        self._decoder.ended = False
        return '"' + self._string(text)

    def _end(self, text: str) -> str:
        """What was held behind the quote, which closed the string if that is JSON."""
        if _END.match(text):
            return ""
        try:
            self.beside = [key for key in from_json('{"":""' + text) if key]
        except ValueError:
            return '"' + _decode(text)
        return ""

    def _settle(self, text: str) -> str:
        """Arguments that could only be understood as a whole."""
        try:
            value = from_json(text)
        except ValueError:
            if (opening := _ANY_OPENING.match(text)) is not None:
                return _decode(text[opening.end() :])
            value = None
        if isinstance(value, dict):
            if PARAMETER in value:
                self.beside = [key for key in value if key != PARAMETER]
                return _text(value[PARAMETER])
            if len(value) < 2:
                value = next(iter(value.values()), "")
        if isinstance(value, str):
            return value
        self.bare = True
        return text

    def _take(self) -> str:
        text = "".join(self._held)
        self._held.clear()
        return text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value).decode()


def _decode(text: str) -> str:
    """The rest of a string in broken JSON: all its quotes are text, but for the one that ends it."""
    text = _LAST_QUOTE.sub("", text)
    decoder = StringDecoder()
    told: list[str] = []
    start = 0
    while start < len(text):
        decoded, start = decoder.receive(text, start)
        told.append(decoded)
        if decoder.ended:
            decoder.ended = False
            told.append('"')
    return "".join(told) + decoder.finish()

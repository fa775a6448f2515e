"""An upstream's body, cut anywhere, as JSON objects: a stream of events or one document, whatever was asked for."""

from __future__ import annotations

import json
from typing import Any, Protocol

from pydantic_core import from_json

from .errors import UpstreamError
from .mapping.upstream_error import map_error_object
from .sse import Decoder, ServerSentEvent
from .surrogates import DEPTH, whole

JSON = dict[str, Any]

_END = b"[DONE]"
_SPACE = b" \t\r\n"
_BLANK_LINE = b"\n\n"

_FRAMES = frozenset(
    {"", "choices", "message", "delta", "content", "tool_calls", "function", "custom", "function_call"}
    | {"response", "output", "item", "part", "summary", "reasoning", "thinking"}
)
"""What holds texts that come in pieces, in either API; a whole reply is such a piece, too."""

_TEXTS = frozenset(
    {"content", "text", "refusal", "delta", "arguments", "input"}
    | {"reasoning", "reasoning_content", "thinking", "summary"}
)
"""These texts: whoever reads them joins the halves of a pair that was cut between two of them."""


def parse(data: bytes) -> JSON | None:
    """One JSON object as an upstream wrote it, or None where it is none.

    Half a surrogate pair is left where its other half may follow; everywhere else it is replaced, or nobody could write
    what was read.
    """
    try:
        value = from_json(data)
    except ValueError:
        try:
            value = _mend(json.loads(data))  # slower, and lenient where half a surrogate pair was sent
        except (ValueError, RecursionError):
            return None
    if type(value) is dict:
        return value
    if isinstance(value, list) and value:  # Gemini wraps its errors in an array
        value = value[0]
    return value if isinstance(value, dict) else None


def _mend(value: Any, key: str = "", depth: int = DEPTH) -> Any:
    if depth == 0:
        raise RecursionError
    if isinstance(value, str) and key in _TEXTS:
        return value
    if isinstance(value, list):
        return [_mend(entry, key, depth - 1) for entry in value]
    if isinstance(value, dict) and key in _FRAMES:
        return {whole(name): _mend(entry, name, depth - 1) for name, entry in value.items()}
    return whole(value, depth)


class Template(Protocol):
    """A quick way to read an object that differs from the one before it in nothing but its text."""

    @property
    def looking(self) -> bool:
        """Whether such objects are to be expected."""
        ...

    def text_of(self, data: bytes) -> str | None:
        """The text of such an object, None of any other."""
        ...

    def run_of(self, data: bytes, start: int) -> tuple[list[str], int]:
        """The texts of the whole events of such objects that `data` has from `start` on, and where they end."""
        ...

    def learn(self, data: bytes, chunk: JSON) -> None:
        """There was another."""
        ...


class Body:
    """Bytes → chunks, or events, as a Responses upstream's objects are called.

    The first byte that is no white space tells what the body is; headers often do not. Neither an event nor a whole
    document may hold more than `max_event_bytes`. What is no JSON object is a fault. It is kept, not raised: what was
    read before it counts, however the bytes were cut.
    """

    def __init__(self, max_event_bytes: int, template: Template | None = None) -> None:
        self._decoder = Decoder(max_event_bytes)
        self._max_event_bytes = max_event_bytes
        self._document: list[bytes] | None = None  # the pieces of a JSON document; None: events, or nothing yet
        self._size = 0
        self._begun = False
        self._template = template
        self.ended = False
        """Whether the end marker was seen; what stands behind it is not read."""
        self.fault: UpstreamError | None = None
        """Why nothing more can be read."""

    def receive(self, data: bytes) -> list[JSON | str]:
        """The chunks that `data` completes; of one that is nothing but text and like the last, just the text."""
        if not self._begun:
            self._look(data)
        if self._document is not None:
            self._keep(self._document, data)
            return []
        chunks: list[JSON | str] = []
        try:
            if self._template is not None and len(data) < self._max_event_bytes:
                data = self._read_alike(self._template, data, chunks)
            if data:
                chunks += self._read(self._decoder.receive(data))
        except UpstreamError as error:
            self.fault = error
        return chunks

    def _read_alike(self, template: Template, data: bytes, chunks: list[JSON | str]) -> bytes:
        """Read runs of chunks that are alike, and what stands between them event by event; what is left of `data`."""
        start = 0
        while template.looking and not (self.ended or self.fault):
            if self._decoder.between_events:
                run, start = template.run_of(data, start)
                chunks += run
                if start == len(data):
                    break
            end = data.find(_BLANK_LINE, start)
            if end < 0:
                break
            end += len(_BLANK_LINE)
            chunks += self._read(self._decoder.receive(data[start:end]))
            start = end
        return data[start:]

    def finish(self) -> list[JSON | str]:
        """The chunks that only the end of the body completes."""
        if self._document is None:
            return self._read(self._decoder.flush())
        if self.fault is not None:
            return []
        document = parse(b"".join(self._document))
        self._document = None
        if document is None:
            self.fault = UpstreamError(
                "The upstream's answer is not JSON, although it looked like it.", code="upstream_bad_json"
            )
            return []
        return [document]

    def _keep(self, document: list[bytes], data: bytes) -> None:
        self._size += len(data)
        if self._size <= self._max_event_bytes:
            document.append(data)
        elif self.fault is None:
            document.clear()
            self.fault = UpstreamError(
                f"The upstream's reply is larger than {self._max_event_bytes} bytes; raise the limit of event sizes to "
                "let it pass.",
                code="upstream_event_too_large",
            )

    def _look(self, data: bytes) -> None:
        start = data.lstrip(_SPACE)  # DeepSeek sends blank lines while a completion is being made
        if start:
            self._begun = True
            if start[:1] in b"{[":
                self._document = []

    def _read(self, events: list[ServerSentEvent]) -> list[JSON | str]:
        chunks: list[JSON | str] = []
        template = self._template
        for data, event in events:
            if self.ended or self.fault is not None:
                break
            if template is not None and event == "message" and (text := template.text_of(data)) is not None:
                chunks.append(text)
                continue
            if len(data) < 16 and data.strip() == _END:
                self.ended = True
                break
            chunk = parse(data)
            if event == "error" and (chunk is None or not chunk.get("error")):
                self.fault = map_error_object(chunk if chunk is not None else data.decode("utf-8", "replace"))
            elif chunk is not None:
                chunks.append(chunk)
                if template is not None:
                    template.learn(data, chunk)
            elif data.strip():
                self.fault = UpstreamError("The upstream sent a chunk that is not JSON.", code="upstream_bad_json")
        return chunks

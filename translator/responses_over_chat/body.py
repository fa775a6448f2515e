"""An upstream's body, cut anywhere, as chunks: a stream of events or one JSON document, whatever was asked for."""

from __future__ import annotations

from typing import Any

from ..errors import UpstreamError
from ..mapping.upstream_error import map_error_object
from ..sse import Decoder, ServerSentEvent
from .chunks import parse
from .template import ChunkTemplate

JSON = dict[str, Any]

_END = b"[DONE]"
_SPACE = b" \t\r\n"


class Body:
    """Bytes → chunks. The first byte that is no white space tells what the body is; headers often do not.

    What is neither a chunk nor a completion is a fault. It is kept, not raised: what was read before it counts, however
    the bytes were cut.
    """

    def __init__(self, max_event_bytes: int) -> None:
        self._decoder = Decoder(max_event_bytes)
        self._document: list[bytes] | None = None  # the pieces of a JSON document; None: events, or nothing yet
        self._begun = False
        self._template = ChunkTemplate()
        self.ended = False
        """Whether the end marker was seen; what stands behind it is not read."""
        self.fault: UpstreamError | None = None
        """Why nothing more can be read."""

    def receive(self, data: bytes) -> list[JSON | str]:
        """The chunks that `data` completes; of one that is nothing but text and like the last, just the text."""
        if not self._begun:
            self._look(data)
        if self._document is not None:
            self._document.append(data)
            return []
        try:
            return self._read(self._decoder.receive(data))
        except UpstreamError as error:
            self.fault = error
            return []

    def finish(self) -> list[JSON | str]:
        """The chunks that only the end of the body completes."""
        if self._document is None:
            return self._read(self._decoder.flush())
        document = parse(b"".join(self._document))
        self._document = None
        if document is None:
            self.fault = UpstreamError(
                "The upstream's answer is not JSON, although it looked like it.", code="upstream_bad_json"
            )
            return []
        return [document]

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
            text = template.text_of(data)
            if text is not None and event == "message":
                template.hit()
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
                template.learn(data, chunk)
            elif data.strip():
                self.fault = UpstreamError("The upstream sent a chunk that is not JSON.", code="upstream_bad_json")
        return chunks

"""What an upstream may say, however oddly, as clean deltas: the one tolerant reader.

A completion is read as a stream of one chunk. Nothing here raises on a field it does not need; what no switch decides
is decided by the shape of what came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..dialects import Dialect
from ..errors import UpstreamError
from ..mapping.losses import beyond, in_words
from ..mapping.upstream_error import map_error_object
from ..mapping.usage import map_usage
from ..surrogates import PairJoiner, is_whole
from .attachments import Citations, annotations_of, token_logprobs
from .call_reader import CallReader
from .deltas import Delta, Details, Fault, Finish, Reasoning, Refusal, Text, Tier, Usage
from .media import Untold, read_audio, read_images
from .thinking import Piece, ThinkingSplitter

JSON = dict[str, Any]


_MESSAGE = frozenset(
    {"role", "content", "refusal", "tool_calls", "function_call", "annotations", "audio", "images"}
    | {"reasoning", "reasoning_content", "reasoning_details"}
)
"""The fields of a message or delta that are read; what else says something there is reported."""

_LABELS = frozenset({"name", "channel", "token_id", "padding"})
"""These say nothing: MiniMax signs each delta, Groq names gpt-oss's channel, Together the token, and Copilot pads."""


class Reader:
    """Chunks → deltas; it remembers what identifies calls and what was held back at the end of the last chunk."""

    def __init__(self, dialect: Dialect) -> None:
        self._calls = CallReader(dialect.tool_call_extra)
        self._thinking = ThinkingSplitter(opened=dialect.opens_thinking)
        self._citations = Citations()
        self._answered = False  # there is text that citations can belong to
        self._text_pairs = PairJoiner()
        self._refusal_pairs = PairJoiner()
        self._reasoning_pairs = PairJoiner()
        self._logprobs: list[JSON] = []  # came without text; they belong to the next
        self._streamed = False  # content came in deltas: a whole message that follows only repeats it
        self._finished = False
        self._read_fields = _MESSAGE | _LABELS | dialect.tool_call_extra
        self._left_out: set[str] = set()  # why; what comes in many pieces is reported once
        self._reasoned = False  # in the field that holds nothing but text
        self._tier = ""

    @property
    def plain(self) -> bool:
        """Whether text that comes now is text, whatever it holds, and belongs to nothing that came before."""
        return self._thinking.decided and not self._text_pairs.held and not self._logprobs

    def plain_text(self, chunk: Mapping[str, Any]) -> str | None:
        """The text of a chunk that says nothing else, or None. Nearly all chunks are such: this is the hot path."""
        choices = chunk.get("choices")
        if type(choices) is not list or len(choices) != 1 or not self.plain:
            return None
        choice = choices[0]
        try:
            delta = choice["delta"]
            text = delta["content"]
        except (KeyError, TypeError):
            return None
        if type(text) is not str or not text or not (text.isascii() or is_whole(text)):
            return None
        if len(delta) > 1 and any(value and key != "content" and key != "role" for key, value in delta.items()):
            return None
        if choice.get("finish_reason") or choice.get("logprobs") or choice.get("index") or choice.get("usage"):
            return None
        if chunk.get("usage") or chunk.get("error") or chunk.get("x_groq"):
            return None
        return text if chunk.get("service_tier") in (None, self._tier) else None

    def read(self, chunk: Mapping[str, Any]) -> list[Delta]:
        """What one chunk or completion says, in the order it is to be told."""
        choices = chunk.get("choices")
        choice = _first_choice(choices) if choices else None
        deltas: list[Delta] = []
        if choice is None:
            error = _error(chunk)
            if error is not None:
                return [Fault(error)]
        else:
            self._read_choice(choice, deltas)
        if choices and (choice is None or len(choices) > 1):
            self._pass_over(choices, deltas)
        if choice is not None and chunk.get("error") and (error := _error(chunk)) is not None:
            return [*deltas, Fault(error)]
        if "citations" in chunk or "search_results" in chunk:
            self._citations.read(chunk)
        usage = chunk.get("usage") or _vendor_usage(chunk, choice)
        if usage and isinstance(usage, dict):
            deltas.append(Usage(map_usage(usage)))
        tier = chunk.get("service_tier")
        if tier and isinstance(tier, str):
            self._tier = tier
            deltas.append(Tier(tier))
        return deltas

    def finish(self) -> list[Delta]:
        """What was held back when the upstream ended."""
        deltas: list[Delta] = []
        if half := self._reasoning_pairs.finish():
            deltas.append(Reasoning(half))
        if half := self._text_pairs.finish():
            self._add_text(half, deltas)
        self._release(self._thinking.finish(), deltas)
        if self._answered:
            deltas += self._citations.tell()
        if half := self._refusal_pairs.finish():
            deltas.append(Refusal(half))
        return [*deltas, *self._calls.finish()]

    def _pass_over(self, choices: Any, deltas: list[Delta]) -> None:
        """A response holds one answer."""
        if isinstance(choices, list) and any(isinstance(choice, dict) and choice.get("index") for choice in choices):
            self._leave_out("the upstream gave several answers, the first of which is told", deltas)

    def _leave_out(self, reason: str, deltas: list[Delta], path: str = "output") -> None:
        if reason not in self._left_out:
            self._left_out.add(reason)
            deltas.append(Untold(reason, path))

    def _leave_out_unknown(self, delta: JSON, whole: bool, deltas: list[Delta]) -> None:
        for key in beyond(delta, self._read_fields):
            path = f"choices[0].{'message' if whole else 'delta'}.{key[:64]}"
            self._leave_out(f"a response has no '{key[:64]}'", deltas, path)

    def _read_choice(self, choice: JSON, deltas: list[Delta]) -> None:
        delta = choice.get("delta")
        whole = False
        if not isinstance(delta, dict) or (not delta and "message" in choice):
            delta = choice.get("message")
            whole = True
            if not isinstance(delta, dict) or self._streamed:
                delta = {}
        if not self._read_fields.issuperset(delta):
            self._leave_out_unknown(delta, whole, deltas)
        self._read_thoughts(delta, deltas)
        logprobs = choice.get("logprobs")
        if logprobs:
            self._logprobs += token_logprobs(logprobs)
        content = delta.get("content")
        if content:
            self._streamed = True
            if isinstance(content, str):
                self._add_text(content, deltas)
            elif isinstance(content, list):
                self._read_parts(content, deltas)
            else:
                self._leave_out(f"the upstream's content is {in_words(content)}, which says nothing here", deltas)
        if delta.get("audio"):
            self._read_audio(delta["audio"], bool(content), deltas)
        annotations = delta.get("annotations")  # of the text, so before what may follow it
        if annotations and isinstance(annotations, list):
            deltas.extend(annotations_of(annotations))
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._streamed = True
            self._add_refusal(refusal, deltas)
        images = delta.get("images")
        if images:
            self._streamed = True
            deltas.extend(read_images(images))
        calls = delta.get("tool_calls")
        if calls:
            self._read_calls(calls if isinstance(calls, list) else [calls], deltas, whole)
        elif delta.get("function_call"):
            self._read_calls([{"index": 0, "function": delta["function_call"]}], deltas, whole)
        if (signed := self._calls.read_extra(delta)) is not None:
            deltas.append(signed)
        reason = choice.get("finish_reason") or ("stop" if whole and delta else None)
        if reason and isinstance(reason, str) and not self._finished:
            self._finished = True
            deltas.append(Finish(reason))

    def _read_thoughts(self, delta: JSON, deltas: list[Delta]) -> None:
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if reasoning:
            self._reasoned = True
        elif not self._reasoned:  # details that come later repeat what was told in the plain field
            reasoning = delta.get("reasoning_details")
        if reasoning:
            self._read_reasoning(reasoning, deltas)
        elif half := self._reasoning_pairs.finish():
            deltas.append(Reasoning(half))
        details = delta.get("reasoning_details")
        if details and isinstance(details, list):
            deltas.append(Details([detail for detail in details if isinstance(detail, dict)]))

    def _read_calls(self, calls: list[Any], deltas: list[Delta], whole: bool) -> None:
        self._streamed = True
        self._release(self._thinking.finish(), deltas)  # what is held back was said before the call
        for fragment in calls:
            if not isinstance(fragment, dict):
                self._leave_out(f"a tool call of the upstream's is {in_words(fragment)}, so it was left out", deltas)
                continue
            if (call := self._calls.read(fragment, whole)) is not None:
                deltas.append(call)
            if not self._calls.took(fragment, call, whole):
                self._leave_out("a tool call of the upstream's does not say what is called, so it was left out", deltas)

    def _read_reasoning(self, reasoning: Any, deltas: list[Delta]) -> None:
        if isinstance(reasoning, list):  # OpenRouter's reasoning_details
            reasoning = "".join(
                text
                for detail in reasoning
                if isinstance(detail, dict)
                and isinstance(text := detail.get("text") or detail.get("summary") or "", str)
            )
        if isinstance(reasoning, str) and reasoning:
            self._thinking.parted()
            if text := self._reasoning_pairs.join(reasoning):
                deltas.append(Reasoning(text))

    def _read_parts(self, parts: Iterable[Any], deltas: list[Delta]) -> None:
        """Content as a list: Mistral's thinking and references, others' plain text parts."""
        for part in parts:
            if isinstance(part, str):
                self._add_text(part, deltas)
            elif not isinstance(part, dict):
                self._leave_out(f"a part of the upstream's content is {in_words(part)}, so it was left out", deltas)
            elif part.get("type") == "thinking":
                thinking = part.get("thinking")
                self._read_reasoning(thinking, deltas)
            elif part.get("type") == "refusal" and isinstance(part.get("refusal"), str):
                self._add_refusal(part["refusal"], deltas)
            elif isinstance(part.get("text"), str):
                self._add_text(part["text"], deltas)
            elif part.get("type") == "image_url":
                deltas.extend(read_images([part]))
            elif any(value and key != "type" for key, value in part.items()):
                self._leave_out(
                    f"a response has no place for content of the type {str(part.get('type'))[:64]!r}", deltas
                )

    def _read_audio(self, audio: Any, has_text: bool, deltas: list[Delta]) -> None:
        self._streamed = True
        transcript, untold = read_audio(audio)
        if transcript and not has_text:
            self._add_text(transcript, deltas)
        if untold is not None:
            self._leave_out(untold.reason, deltas)

    def _add_text(self, text: str, deltas: list[Delta]) -> None:
        text = self._text_pairs.join(text)
        if not text:
            return
        if self._thinking.decided:
            self._answered = True
            if self._logprobs:
                deltas.append(Text(text, self._logprobs))
                self._logprobs = []
            else:
                deltas.append(Text(text))
            return
        self._release(self._thinking.split(text), deltas)

    def _release(self, pieces: list[Piece], deltas: list[Delta]) -> None:
        for thought, text in pieces:
            if thought:
                deltas.append(Reasoning(text))
            else:
                self._answered = True
                deltas.append(Text(text, self._logprobs or None))
                self._logprobs = []

    def _add_refusal(self, text: str, deltas: list[Delta]) -> None:
        if text := self._refusal_pairs.join(text):
            deltas.append(Refusal(text))


_REPEATED = frozenset({"content", "reasoning_content", "reasoning"})
"""The fields of a delta that may repeat what was said, besides the texts of details."""


class SnapshotReader(Reader):
    """A reader for upstreams whose deltas repeat what was said before them."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self._said: dict[str, str] = {}

    @property
    def plain(self) -> bool:
        """Never: what a text adds shows only beside what was said before."""
        return False

    def _read_choice(self, choice: JSON, deltas: list[Delta]) -> None:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            choice = {**choice, "delta": {key: self._news(key, value) for key, value in delta.items()}}
        super()._read_choice(choice, deltas)

    def _news(self, key: str, value: Any) -> Any:
        """What a field of a delta adds to what was said."""
        if key == "reasoning_details" and isinstance(value, list):
            return [self._news_of_detail(place, detail) for place, detail in enumerate(value)]
        return self._added(key, value) if key in _REPEATED and isinstance(value, str) else value

    def _news_of_detail(self, place: int, detail: Any) -> Any:
        if not isinstance(detail, dict) or not isinstance(detail.get("text"), str):
            return detail
        return {**detail, "text": self._added(f"detail {detail.get('index', place)}", detail["text"])}

    def _added(self, key: str, text: str) -> str:
        said = self._said.get(key, "")
        if text.startswith(said):
            self._said[key] = text
            return text[len(said) :]
        self._said[key] = said + text
        return text


def open_reader(dialect: Dialect) -> Reader:
    """The reader of one reply from an upstream of this dialect."""
    return SnapshotReader(dialect) if dialect.delta_mode == "snapshot" else Reader(dialect)


def _first_choice(choices: Any) -> JSON | None:
    if not isinstance(choices, list):
        return None
    if len(choices) == 1:  # the one that is nearly always there
        choice = choices[0]
        return choice if isinstance(choice, dict) and not choice.get("index") else None
    for choice in choices:
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return None


def _error(chunk: Mapping[str, Any]) -> UpstreamError | None:
    """The error that a chunk is, in any of the shapes that come with status 200."""
    vendor = chunk.get("x_groq")
    base = chunk.get("base_resp")
    if chunk.get("error"):
        # Cerebras puts the status beside the error
        status = chunk.get("status_code")
        return map_error_object(chunk, status=status if isinstance(status, int) else 502)
    if isinstance(vendor, dict) and vendor.get("error"):
        return map_error_object({"error": vendor["error"]})
    if isinstance(base, dict) and base.get("status_code"):
        return map_error_object(chunk)
    if "choices" not in chunk and ("message" in chunk or "detail" in chunk):
        return map_error_object(chunk)
    return None


def _vendor_usage(chunk: Mapping[str, Any], choice: JSON | None) -> Any:
    """Usage where Kimi (in the choice) and Groq (in `x_groq`) put it."""
    if choice is not None and choice.get("usage"):
        return choice["usage"]
    vendor = chunk.get("x_groq")
    return vendor.get("usage") if isinstance(vendor, dict) else None

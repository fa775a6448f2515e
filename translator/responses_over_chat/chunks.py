"""What an upstream may say, however oddly, as clean deltas: the one tolerant reader.

A completion is read as a stream of one chunk. Nothing here raises on a field it does not need; what no switch decides
is decided by the shape of what came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from ..errors import UpstreamError
from ..mapping.upstream_error import map_error_object
from ..mapping.usage import map_usage
from .media import Image, Untold, read_audio, read_images
from .surrogates import PairJoiner, is_whole
from .thinking import Piece, ThinkingSplitter

JSON = dict[str, Any]


@dataclass(slots=True)
class Text:
    """Text of the answer, with the logprobs of its tokens in chat's shape."""

    text: str
    logprobs: list[JSON] | None = None


@dataclass(slots=True)
class Refusal:
    """Text of a refusal."""

    text: str


@dataclass(slots=True)
class Reasoning:
    """Text of the raw reasoning."""

    text: str


@dataclass(slots=True)
class Call:
    """A fragment of a tool call; `key` says which, in the order they began. Id and name are "" until they are known."""

    key: int
    call_id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Annotation:
    """A citation, in Responses' shape."""

    annotation: JSON


@dataclass(slots=True)
class Finish:
    """The upstream's finish reason, in its own word."""

    reason: str


@dataclass(slots=True)
class Usage:
    """Token usage, in Responses' shape; the last one counts."""

    usage: JSON


@dataclass(slots=True)
class Tier:
    """The service tier that was used."""

    tier: str


@dataclass(slots=True)
class Fault:
    """The upstream reported an error inside its answer."""

    error: UpstreamError


Delta = Text | Refusal | Reasoning | Call | Annotation | Image | Untold | Finish | Usage | Tier | Fault


def parse(data: bytes) -> JSON | None:
    """One JSON object as an upstream wrote it, or None where it is none; lone surrogates are read as they are."""
    try:
        value = from_json(data)
    except ValueError:
        try:
            value = json.loads(data)  # slower, and lenient where half a surrogate pair was sent
        except (ValueError, RecursionError):
            return None
    if type(value) is dict:
        return value
    if isinstance(value, list) and value:  # Gemini wraps its errors in an array
        value = value[0]
    return value if isinstance(value, dict) else None


class Reader:
    """Chunks → deltas; it remembers what identifies calls and what was held back at the end of the last chunk."""

    def __init__(self) -> None:
        self._calls = _CallReader()
        self._thinking = ThinkingSplitter()
        self._text_pairs = PairJoiner()
        self._refusal_pairs = PairJoiner()
        self._reasoning_pairs = PairJoiner()
        self._logprobs: list[JSON] = []  # came without text; they belong to the next
        self._streamed = False  # content came in deltas: a whole message that follows only repeats it
        self._finished = False
        self._heard = False
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
            if chunk.get("error") and (error := _error(chunk)) is not None:
                return [*deltas, Fault(error)]
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
        if half := self._refusal_pairs.finish():
            deltas.append(Refusal(half))
        return [*deltas, *self._calls.finish()]

    def _read_choice(self, choice: JSON, deltas: list[Delta]) -> None:
        delta = choice.get("delta")
        whole = False
        if not isinstance(delta, dict) or (not delta and "message" in choice):
            delta = choice.get("message")
            whole = True
            if not isinstance(delta, dict) or self._streamed:
                delta = {}
        reasoning = delta.get("reasoning_content") or delta.get("reasoning") or delta.get("reasoning_details")
        if reasoning:
            self._read_reasoning(reasoning, deltas)
        elif half := self._reasoning_pairs.finish():
            deltas.append(Reasoning(half))
        logprobs = choice.get("logprobs")
        if logprobs:
            self._logprobs += _token_logprobs(logprobs)
        content = delta.get("content")
        if content:
            self._streamed = True
            if isinstance(content, str):
                self._add_text(content, deltas)
            elif isinstance(content, list):
                self._read_parts(content, deltas)
        if delta.get("audio"):
            self._read_audio(delta["audio"], bool(content), deltas)
        annotations = delta.get("annotations")  # of the text, so before what may follow it
        if annotations and isinstance(annotations, list):
            deltas.extend(_annotations(annotations))
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._streamed = True
            self._add_refusal(refusal, deltas)
        images = delta.get("images")
        if images:
            self._streamed = True
            deltas.extend(read_images(images))
        calls = delta.get("tool_calls")
        if calls and isinstance(calls, list):
            self._read_calls(calls, deltas, whole)
        elif delta.get("function_call"):
            self._read_calls([{"index": 0, "function": delta["function_call"]}], deltas, whole)
        reason = choice.get("finish_reason") or ("stop" if whole and delta else None)
        if reason and isinstance(reason, str) and not self._finished:
            self._finished = True
            deltas.append(Finish(reason))

    def _read_calls(self, calls: list[Any], deltas: list[Delta], whole: bool) -> None:
        self._streamed = True
        self._release(self._thinking.finish(), deltas)  # what is held back was said before the call
        for fragment in calls:
            if isinstance(fragment, dict):
                deltas.append(self._calls.read(fragment, whole))

    def _read_reasoning(self, reasoning: Any, deltas: list[Delta]) -> None:
        if isinstance(reasoning, list):  # OpenRouter's reasoning_details
            reasoning = "".join(
                text
                for detail in reasoning
                if isinstance(detail, dict)
                and isinstance(text := detail.get("text") or detail.get("summary") or "", str)
            )
        if isinstance(reasoning, str) and (text := self._reasoning_pairs.join(reasoning)):
            deltas.append(Reasoning(text))

    def _read_parts(self, parts: Iterable[Any], deltas: list[Delta]) -> None:
        """Content as a list: Mistral's thinking and references, others' plain text parts."""
        for part in parts:
            if isinstance(part, str):
                self._add_text(part, deltas)
            elif not isinstance(part, dict):
                continue
            elif part.get("type") == "thinking":
                thinking = part.get("thinking")
                self._read_reasoning(thinking, deltas)
            elif part.get("type") == "refusal" and isinstance(part.get("refusal"), str):
                self._add_refusal(part["refusal"], deltas)
            elif isinstance(part.get("text"), str):
                self._add_text(part["text"], deltas)
            elif part.get("type") == "image_url":
                deltas.extend(read_images([part]))

    def _read_audio(self, audio: Any, has_text: bool, deltas: list[Delta]) -> None:
        self._streamed = True
        transcript, untold = read_audio(audio)
        if transcript and not has_text:
            self._add_text(transcript, deltas)
        if untold is not None and not self._heard:
            self._heard = True  # it comes in many pieces
            deltas.append(untold)

    def _add_text(self, text: str, deltas: list[Delta]) -> None:
        text = self._text_pairs.join(text)
        if not text:
            return
        if self._thinking.decided:
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
                deltas.append(Text(text, self._logprobs or None))
                self._logprobs = []

    def _add_refusal(self, text: str, deltas: list[Delta]) -> None:
        if text := self._refusal_pairs.join(text):
            deltas.append(Refusal(text))


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


def _token_logprobs(logprobs: Any) -> list[JSON]:
    """OpenAI's shape of logprobs, every entry complete; other shapes are passed over."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        return []
    return [_logprob(entry, True) for entry in content if isinstance(entry, dict) and "token" in entry]


def _logprob(entry: JSON, top: bool) -> JSON:
    token = str(entry["token"])
    value = entry.get("logprob")
    known = entry.get("bytes")
    mapped: JSON = {
        "token": token,
        "logprob": value if isinstance(value, int | float) else 0.0,
        "bytes": known if isinstance(known, list) else list(token.encode("utf-8", "replace")),
    }
    if top:
        others = entry.get("top_logprobs")
        mapped["top_logprobs"] = [
            _logprob(other, False)
            for other in (others if isinstance(others, list) else ())
            if isinstance(other, dict) and "token" in other
        ]
    return mapped


def _annotations(annotations: list[Any]) -> list[Delta]:
    deltas: list[Delta] = []
    for annotation in annotations:
        if not isinstance(annotation, dict):
            continue
        citation = annotation.get("url_citation")
        source = citation if isinstance(citation, dict) else annotation
        if isinstance(source.get("url"), str):
            deltas.append(Annotation(url_citation(source)))
    return deltas


def url_citation(source: Mapping[str, Any]) -> JSON:
    """A citation of a page, complete; positions an upstream does not tell are 0."""

    def position(key: str) -> int:
        value = source.get(key)
        return value if isinstance(value, int) else 0

    return {
        "type": "url_citation",
        "url": source["url"],
        "title": str(source.get("title") or ""),
        "start_index": position("start_index"),
        "end_index": position("end_index"),
    }


def is_whole_object(fragments: list[str]) -> bool:
    """Whether fragments of JSON text join to a whole object; cheap where the last one does not end it."""
    if not fragments or not fragments[-1].rstrip().endswith("}"):
        return False
    try:
        return isinstance(from_json("".join(fragments)), dict)
    except ValueError:
        return False


class _KnownCall:
    """What is known of a call so far."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.call_id = ""
        self.name = ""
        self.arguments: list[str] = []
        self.size = 0
        self.pairs = PairJoiner()

    def append(self, arguments: str) -> Call:
        """More of the arguments, as a delta."""
        if arguments:
            self.arguments.append(arguments)
            self.size += len(arguments)
        return Call(self.key, self.call_id, self.name, arguments)

    def complete(self) -> bool:
        """Whether the arguments so far are a whole JSON object."""
        return is_whole_object(self.arguments)

    def holds(self, arguments: str) -> bool:
        """Whether the arguments so far are whole, and just these."""
        return len(arguments) == self.size and self.complete() and "".join(self.arguments) == arguments


class _CallReader:
    """Fragments of tool calls → which call they belong to.

    Upstreams identify calls by index, by id, by both, by neither, or give every call the index 0; a fragment belongs
    to the call that nothing in it contradicts.
    """

    def __init__(self) -> None:
        self._calls: list[_KnownCall] = []
        self._by_index: dict[int, _KnownCall] = {}

    def read(self, fragment: JSON, whole: bool) -> Call:
        function = fragment.get("function")
        if not isinstance(function, dict):
            function = fragment
        call_id = _word(fragment.get("id"))
        name = _word(function.get("name"))
        index = _index(fragment.get("index"))
        arguments = _arguments(function.get("arguments"))
        call = None if whole else self._find(index, call_id, name, arguments)
        if call is None:
            call = _KnownCall(len(self._calls))
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        call.call_id = call.call_id or call_id
        call.name = _joined_name(call.name, name)
        if arguments and call.holds(arguments):
            arguments = ""  # the last chunk repeats the whole
        return call.append(call.pairs.join(arguments))

    def finish(self) -> list[Call]:
        """What was held back of the arguments."""
        return [call.append(call.pairs.finish()) for call in self._calls if call.pairs.held]

    def _find(self, index: int | None, call_id: str, name: str, arguments: str) -> _KnownCall | None:
        if not self._calls:
            return None
        last = self._calls[-1]
        if index is not None:
            call = self._by_index.get(index)
        elif call_id:
            call = next((call for call in self._calls if call.call_id == call_id), None)
            if call is None and not last.call_id and not name:
                call = last  # the id came late
        else:
            call = last
        if call is None:
            return None
        if call_id and call.call_id:
            return call if call_id == call.call_id else None
        if not name or not call.name:
            return call
        if name != call.name:
            # a name in pieces comes before the arguments
            return None if call.arguments or call_id else call
        # the name is repeated in every fragment, or this is the next call of the same function
        repeats = index is not None and call.holds(arguments)
        return None if arguments and not repeats and call.complete() else call


def _joined_name(known: str, name: str) -> str:
    return name or known if name.startswith(known) else known + name


def _word(value: Any) -> str:
    """An id or name; Mistral's SDK writes a missing id as the word null."""
    return value if isinstance(value, str) and value != "null" else ""


def _index(value: Any) -> int | None:
    if type(value) is int:
        return value
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _arguments(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value).decode()

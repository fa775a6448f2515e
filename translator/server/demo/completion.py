"""An answer on the wire: the chunks of a stream, or the completion that they add up to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from .answer import Answer
from .request import Request

_CREATED = 1_735_689_600  # a clock would make equal requests differ
_LOGPROB = -0.25
_WORD = re.compile(r"\s*\S+(?:\s+\Z)?")

Delta = dict[str, Any]


class Completion:
    """An answer cut into words, of which each is a token."""

    def __init__(self, request: Request, answer: Answer) -> None:
        self._request = request
        key = request.model_dump_json(exclude={"stream", "stream_options"}).encode()
        self._digest = hashlib.sha256(key).hexdigest()
        deltas = list(self._words(answer))
        limit = request.max_tokens or request.max_completion_tokens or len(deltas)
        self._deltas = deltas[:limit]
        self._finish_reason = "tool_calls" if answer.calls else "stop"
        if len(deltas) > limit:
            self._finish_reason = "length"

    def _words(self, answer: Answer) -> Iterator[Delta]:
        for word in _WORD.findall(answer.reasoning):
            yield {"reasoning_content": word}
        for word in _WORD.findall(answer.text):
            yield {"content": word}
        for index, call in enumerate(answer.calls):
            for position, word in enumerate(_WORD.findall(call.arguments)):
                if position:
                    yield {"tool_calls": [{"index": index, "function": {"arguments": word}}]}
                    continue
                function = {"name": call.name, "arguments": word}
                call_id = f"call_{self._digest[:20]}{index:04x}"
                yield {"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """The stream: the role, the words, the finish reason, and the usage where it was asked for."""
        yield self._chunk({"role": "assistant", "content": ""})
        for delta in self._deltas:
            yield self._chunk(delta, logprobs=self._logprobs([delta]))
        yield self._chunk({}, finish_reason=self._finish_reason)
        if self._with_usage:
            yield self._envelope("chat.completion.chunk", []) | {"usage": self._usage()}

    def body(self) -> dict[str, Any]:
        """The whole completion."""
        choice = {
            "index": 0,
            "message": self._message(),
            "logprobs": self._logprobs(self._deltas),
            "finish_reason": self._finish_reason,
        }
        return self._envelope("chat.completion", [choice]) | {"usage": self._usage()}

    @property
    def _with_usage(self) -> bool:
        return bool(self._request.stream_options and self._request.stream_options.include_usage)

    def _envelope(self, object_: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self._digest[:24]}",
            "object": object_,
            "created": _CREATED,
            "model": self._request.model,
            "choices": choices,
        }

    def _chunk(self, delta: Delta, *, logprobs: Any = None, finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        chunk = self._envelope("chat.completion.chunk", [choice])
        return chunk | {"usage": None} if self._with_usage else chunk

    def _message(self) -> dict[str, Any]:
        calls: list[dict[str, Any]] = []
        for call in (call for delta in self._deltas for call in delta.get("tool_calls", ())):
            if "id" in call:
                calls.append({"id": call["id"], "type": "function", "function": dict(call["function"])})
            else:
                calls[-1]["function"]["arguments"] += call["function"]["arguments"]
        text = "".join(delta.get("content", "") for delta in self._deltas)
        message: dict[str, Any] = {"role": "assistant", "content": None if calls else text, "refusal": None}
        if reasoning := "".join(delta.get("reasoning_content", "") for delta in self._deltas):
            message["reasoning_content"] = reasoning
        return message | ({"tool_calls": calls} if calls else {})

    def _logprobs(self, deltas: list[Delta]) -> dict[str, Any] | None:
        words = [delta["content"] for delta in deltas if "content" in delta]
        if not self._request.logprobs or not words:
            return None
        return {"content": [self._likelihood(word) for word in words], "refusal": None}

    def _likelihood(self, word: str) -> dict[str, Any]:
        """Every word is as likely as every other; the alternatives are stand-ins, each less likely."""
        tokens = [word, *(f"alternative-{rank}" for rank in range(1, self._request.top_logprobs or 0))]
        ranked = [
            {"token": token, "logprob": _LOGPROB - rank, "bytes": list(token.encode())}
            for rank, token in enumerate(tokens)
        ]
        return ranked[0] | {"top_logprobs": ranked if self._request.top_logprobs else []}

    def _usage(self) -> dict[str, Any]:
        prompt = sum(_count(message) for message in self._request.model_dump()["messages"])
        reasoning = sum("reasoning_content" in delta for delta in self._deltas)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": len(self._deltas),
            "total_tokens": prompt + len(self._deltas),
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }


def _count(message: dict[str, Any]) -> int:
    """The words of a message's text and of its calls' arguments; an attachment counts as one."""
    content = message["content"] or ""
    parts = [{"text": content}] if isinstance(content, str) else content
    calls = [call["function"]["arguments"] for call in message["tool_calls"] or ()]
    words = [part.get("text") or part.get("refusal") or "attachment" for part in parts if part]
    return sum(len(text.split()) for text in words + calls)


def encode(chunk: dict[str, Any]) -> bytes:
    """One chunk as an event of the stream."""
    return b"data: %b\n\n" % json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()

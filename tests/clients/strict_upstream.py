"""A chat-only upstream that follows a script for each model, and refuses what strict upstreams refuse.

The model's name is the scenario's: one process of a client may run many scenarios, each with a script of its own.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .strict_rules import faults

JSON = dict[str, Any]

KEY = "sk-upstream"
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass(frozen=True)
class Turn:
    """What the upstream answers one request with."""

    text: str | None = None
    reasoning: str | None = None
    calls: Sequence[tuple[str | int, str]] = ()
    """Names and arguments; a number is the name of the tool that is offered in that place."""
    finish: str | None = None
    message: JSON = field(default_factory=dict)
    """More of the message, as it is."""
    status: int = 200
    error: JSON | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Whether the connection breaks in the middle of a stream."""

    def fits(self, tools: Sequence[JSON]) -> bool:
        """Whether the tools that it calls by their places are there."""
        return all(name < len(tools) for name, _ in self.calls if isinstance(name, int))

    def for_tools(self, tools: Sequence[JSON]) -> Turn:
        """The same with every name."""
        named = [
            (tools[name]["function"]["name"] if isinstance(name, int) else name, said) for name, said in self.calls
        ]
        return replace(self, calls=named)

    def completion(self, model: str, number: int) -> JSON:
        message: JSON = {"role": "assistant", "content": self.text, **self.message}
        if self.reasoning is not None:
            message["reasoning_content"] = self.reasoning
        if self.calls:
            message["tool_calls"] = self._calls(number)
        choice = {"index": 0, "message": message, "finish_reason": self._finish()}
        logprobs = message.pop("logprobs", None)
        if logprobs is not None:
            choice["logprobs"] = logprobs
        return {"object": "chat.completion", **self._head(model), "choices": [choice], "usage": USAGE}

    def chunks(self, model: str, number: int) -> Iterator[JSON]:
        head = {"object": "chat.completion.chunk", **self._head(model)}
        for delta in self._deltas(number):
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            if (logprobs := delta.pop("logprobs", None)) is not None:
                choice["logprobs"] = logprobs
            yield {**head, "choices": [choice]}
        yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": self._finish()}]}
        yield {**head, "choices": [], "usage": USAGE}

    def _deltas(self, number: int) -> Iterator[JSON]:
        yield {"role": "assistant", "content": ""}
        for piece in _pieces(self.reasoning):
            yield {"reasoning_content": piece}
        more = dict(self.message)
        beside = {"logprobs": more.pop("logprobs")} if "logprobs" in more else {}
        for piece in _pieces(self.text):
            yield {"content": piece, **beside}
            beside = {}
        if more:
            yield more
        for index, call in enumerate(self._calls(number)):
            arguments = call["function"]["arguments"]
            yield {"tool_calls": [{**call, "index": index, "function": {**call["function"], "arguments": ""}}]}
            for piece in _pieces(arguments):
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}

    def _calls(self, number: int) -> list[JSON]:
        return [
            {"id": f"call_{number}_{index}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for index, (name, arguments) in enumerate(self.calls)
        ]

    def _finish(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")

    def _head(self, model: str) -> JSON:
        return {"id": "chatcmpl-1", "created": 1_700_000_000, "model": model}


def _pieces(text: str | None) -> Iterator[str]:
    """Pieces of three letters: words, escapes and surrogate pairs are cut anywhere."""
    for start in range(0, len(text or ""), 3):
        yield (text or "")[start : start + 3]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nothing to report."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class StrictUpstream:
    """The server. Scripts are keyed by the model's name."""

    def __init__(self) -> None:
        self.scripts: dict[str, Sequence[Turn]] = {}
        self.asked: dict[str, list[JSON]] = defaultdict(list)
        """Every request for a model, in order, also those that were refused."""
        self.headers: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.refused: dict[str, list[str]] = defaultdict(list)
        """What was wrong with requests."""
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: JSON, headers: dict[str, str]) -> tuple[Turn, int]:
        """The turn for a request, and which of its script it is."""
        model = request.get("model", "")
        with self._lock:
            script = self.scripts.get(model, ())
            self.asked[model].append(request)
            self.headers[model].append(headers)
            wrong = faults(request)
            if headers.get("authorization") != f"Bearer {KEY}":
                wrong.append(f"authorization: {headers.get('authorization')}")
            number = len(self.asked[model]) - 1
            if not wrong and number >= len(script):
                wrong = [f"request {number + 1} of a script of {len(script)}"]
            elif not wrong and not script[number].fits(request.get("tools", ())):
                wrong = ["tools: not as many as the script calls"]
            self.refused[model] += wrong
        if wrong:
            error = {"message": "; ".join(wrong), "type": "invalid_request_error", "code": None, "param": None}
            return Turn(status=400, error=error), number
        return script[number].for_tools(request.get("tools", ())), number

    def count(self, request: JSON) -> int:
        return len(json.dumps(request["messages"]).split())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing."""

            def do_GET(self) -> None:
                self._reply(404, {"error": {"message": "There is no list."}})

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path == "/tokenize":
                    self._reply(200, {"count": upstream.count(request), "max_model_len": 4096, "tokens": []})
                    return
                if self.path != "/v1/chat/completions":
                    self._reply(404, {"error": {"message": "There are chat completions alone."}})
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                turn, number = upstream.answer(request, headers)
                if turn.error is not None:
                    self._reply(turn.status, {"error": turn.error}, turn.headers)
                elif request.get("stream"):
                    self._stream(turn, request["model"], number)
                else:
                    self._reply(200, turn.completion(request["model"], number))

            def _stream(self, turn: Turn, model: str, number: int) -> None:
                events = [json.dumps(chunk) for chunk in turn.chunks(model, number)]
                body = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()
                self.close_connection = turn.cut
                self._send(200, "text/event-stream", body, {}, len(body) // 2 if turn.cut else len(body))

            def _reply(self, status: int, value: JSON, headers: dict[str, str] | None = None) -> None:
                self._send(status, "application/json", json.dumps(value).encode(), headers or {})

            def _send(
                self, status: int, kind: str, body: bytes, headers: dict[str, str], sent: int | None = None
            ) -> None:
                self.send_response(status)
                for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[:sent])

        return Handler

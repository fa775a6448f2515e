"""A conversation with the server under test, and what its upstream was told of it."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Protocol

import httpx
from websockets.sync.client import connect

from tests.open_responses.schema import assert_valid_websocket_error
from tests.servers import PATIENCE, RunningServer, ScriptedUpstream, chunk, completion

JSON = dict[str, Any]


class Client:
    """Asks the server, with a key of its own if it has one."""

    def __init__(self, server: RunningServer, key: str | None = None) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.Client(base_url=server.base_url, headers=headers, timeout=10)

    def request(self, method: str, path: str, body: JSON | None = None, status: int = 200, **query: Any) -> Any:
        answer = self.http.request(method, path, json=body, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self.request("GET", path, None, status, **query)

    def post(self, path: str, body: JSON | None = None, status: int = 200) -> Any:
        return self.request("POST", path, body if body is not None else {}, status)

    def delete(self, path: str, status: int = 200) -> Any:
        return self.request("DELETE", path, None, status)

    def respond(self, input: Any, status: int = 200, **fields: Any) -> Any:
        return self.post("/responses", {"model": "m", "input": input, **fields}, status)


class Listening(Protocol):
    """A server, in this process or another."""

    port: int


class Socket:
    """A WebSocket client: creates responses, and reads what it is told."""

    def __init__(self, server: Listening, key: str | None = None, prefix: str = "/v1", **options: Any) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._url = f"ws://127.0.0.1:{server.port}{prefix}/responses"
        self._headers = {**headers, **options.pop("headers", {})}
        self._options = options

    def __enter__(self) -> Socket:
        self._opened = contextlib.ExitStack()
        opening = connect(self._url, additional_headers=self._headers, open_timeout=PATIENCE, **self._options)
        self.raw = self._opened.enter_context(opening)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def send(self, **message: Any) -> None:
        """A `response.create` of the model `m`, unless the message says otherwise."""
        given = {"type": "response.create", "model": "m", **message}
        self.raw.send(json.dumps({name: value for name, value in given.items() if value is not ...}))

    def receive(self) -> JSON:
        """The next message."""
        message: JSON = json.loads(self.raw.recv(timeout=PATIENCE))
        return message

    def events(self) -> list[JSON]:
        """The messages up to the end of a response, or to a failure before it began."""
        events = [self.receive()]
        while events[-1]["type"] not in _TERMINAL and (len(events) > 1 or events[-1]["type"] != "error"):
            events.append(self.receive())
        return events

    def respond(self, input: Any, **fields: Any) -> JSON:
        """The final response to a request that is expected to go well."""
        self.send(input=input, **fields)
        final = self.events()[-1]
        assert final["type"] == "response.completed", final
        response: JSON = final["response"]
        return response

    def refusal(self, **message: Any) -> JSON:
        """The envelope of a request that is expected to be refused."""
        self.send(**message)
        refused = self.receive()
        assert_valid_websocket_error(refused)
        return refused


_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})


def told(upstream: ScriptedUpstream) -> list[tuple[str, Any]]:
    """Role and content of each message of the next request that the upstream got."""
    return [(message["role"], message.get("content")) for message in upstream.next().json["messages"]]


def say(upstream: ScriptedUpstream, *texts: str) -> None:
    """Queues answers."""
    for text in texts:
        upstream.reply(completion(text))


def call(name: str, arguments: str, id: str = "call_1") -> JSON:
    """A completion that calls a function."""
    calls = [{"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]
    return completion("", tool_calls=calls)


def stream(upstream: ScriptedUpstream, *texts: str) -> None:
    """Queues streamed answers, each in two pieces."""
    for text in texts:
        upstream.stream(chunk(text[:3]), chunk(text[3:]), chunk(finish="stop"), chunk(usage=USAGE))


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}

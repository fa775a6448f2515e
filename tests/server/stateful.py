"""A conversation with the server under test, and what its upstream was told of it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.servers import RunningServer, ScriptedUpstream, completion

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

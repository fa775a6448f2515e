"""The ways in which a server can be asked for a response, behind one face; all that comes back is validated.

`way` is a fixture with a value for each transport that tells of a response by events; `any_way` adds the answer that is
JSON. `speak` queues an answer of the upstream that fits either.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import httpx

from tests.laws.grammar import assert_grammatical
from tests.server.stateful import USAGE, Socket
from tests.servers import Exchange, RunningServer, ScriptedUpstream, chunk, completion, read_events

from .schema import assert_valid_error, assert_valid_event, assert_valid_response, assert_valid_websocket_error

JSON = dict[str, Any]

TERMINAL = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}


class Way(Protocol):
    """Asks for responses; fields are those of a request, of the model `m` and with `input` "Hi" if they say nothing."""

    def final(self, **fields: Any) -> JSON:
        """The response as it was in the end."""

    def refusal(self, **fields: Any) -> tuple[int, JSON]:
        """The status and the error of a request that no response comes of."""


class Told(Way, Protocol):
    """A way that tells by events."""

    def events(self, **fields: Any) -> list[JSON]:
        """All events of one response."""


class Plain:
    """`POST /responses`, answered with JSON."""

    def __init__(self, server: RunningServer) -> None:
        self._url = f"{server.base_url}/responses"

    def final(self, **fields: Any) -> JSON:
        answer = httpx.post(self._url, json=_request(fields))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
        response: JSON = answer.json()
        assert_valid_response(response)
        return response

    def refusal(self, **fields: Any) -> tuple[int, JSON]:
        return _refused(httpx.post(self._url, json=_request(fields)))


class Streamed:
    """`POST /responses`, answered with server-sent events."""

    def __init__(self, server: RunningServer) -> None:
        self._url = f"{server.base_url}/responses"

    def events(self, **fields: Any) -> list[JSON]:
        answer = httpx.post(self._url, json={**_request(fields), "stream": True})
        assert answer.status_code == 200, answer.text
        return _checked(read_events(answer.content))

    def final(self, **fields: Any) -> JSON:
        response: JSON = self.events(**fields)[-1]["response"]
        return response

    def refusal(self, **fields: Any) -> tuple[int, JSON]:
        return _refused(httpx.post(self._url, json={**_request(fields), "stream": True}))


class OverWebSocket:
    """`response.create` on one connection for all requests."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    def events(self, **fields: Any) -> list[JSON]:
        self._socket.send(**_request(fields))
        return _checked(self._socket.events())

    def final(self, **fields: Any) -> JSON:
        response: JSON = self.events(**fields)[-1]["response"]
        return response

    def refusal(self, **fields: Any) -> tuple[int, JSON]:
        refused = self._socket.refusal(**_request(fields))
        assert refused["type"] == "error"
        return refused["status"], refused["error"]


def _request(fields: JSON) -> JSON:
    return {"model": "m", "input": "Hi", **fields}


def _refused(answer: httpx.Response) -> tuple[int, JSON]:
    assert answer.status_code >= 400 and answer.headers["content-type"] == "application/json", answer.text
    body: JSON = answer.json()
    assert body.keys() == {"error"}
    assert_valid_error(body["error"])
    return answer.status_code, body["error"]


def _checked(events: list[JSON]) -> list[JSON]:
    """The events, each of which fits the schema, and all together the grammar of a stream."""
    assert [event["sequence_number"] for event in events] == [*range(len(events))]
    standard = [event for event in events if ":" not in event["type"]]
    for event in standard:
        assert_valid_event(event)
        if "status" in event:
            assert_valid_websocket_error(event)
    assert_grammatical([{**event, "sequence_number": number} for number, event in enumerate(standard)])
    return events


def speak(
    upstream: ScriptedUpstream,
    *texts: str,
    calls: Sequence[tuple[str, str]] = (),
    finish: str | None = None,
    breaks: bool = False,
    **message: Any,
) -> None:
    """Queues an answer: texts in so many pieces, calls of functions with these arguments, other fields of a message.

    It `breaks` off with an error in the place of its end.
    """
    reason = finish or ("tool_calls" if calls else "stop")
    made = [
        {"index": n, "id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for n, (name, arguments) in enumerate(calls)
    ]

    def whole(exchange: Exchange) -> None:
        given = {**message, **({"tool_calls": made} if made else {})}
        body = completion("".join(texts), **given)
        body["choices"][0]["finish_reason"] = reason
        exchange.reply(body)

    def streamed(exchange: Exchange) -> None:
        exchange.begin()
        if message:
            exchange.event(chunk(**message))
        for text in texts:
            exchange.event(chunk(text))
        for call in made:
            exchange.event(chunk(tool_calls=[call]))
        if breaks:
            exchange.event({"error": {"message": "The model fell over.", "type": "server_error"}})
            exchange.end()
            return
        exchange.event(chunk(finish=reason))
        exchange.event(chunk(usage=USAGE))
        exchange.done()

    upstream.answer(lambda exchange: (streamed if exchange.json.get("stream") else whole)(exchange))


def tell_of(events: list[JSON], kind: str) -> list[JSON]:
    """The events of one type."""
    return [event for event in events if event["type"] == kind]


def said(upstream: ScriptedUpstream) -> str:
    """The messages of the next request that the upstream got, as JSON text."""
    return json.dumps(upstream.next().json["messages"])

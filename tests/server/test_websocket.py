"""`/responses` as a WebSocket: how it is kept and closed; the rules of its turns are with the standard's."""

from __future__ import annotations

import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.stateful import Client, Socket, say, stream, told
from tests.servers import ScriptedUpstream, Serve, chunk, wait_until
from translator.server.connection import MOST_WAITING


@pytest.mark.parametrize("prefix", ["", "/v1", "/api/v1"])
def test_it_is_served_under_every_prefix(prefix: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    stream(upstream, "Hello!")
    with Socket(serve(), prefix=prefix) as socket:
        assert socket.respond("Hi")["output_text"] == "Hello!"
    assert upstream.next().json["stream"] is True


def test_a_client_that_leaves_ends_the_upstreams_work(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    with Socket(server) as socket:
        socket.send(input="Hi")
        exchange = upstream.next()
        exchange.begin()
        exchange.event(chunk("Hel"))
        while socket.receive()["type"] != "response.output_text.delta":
            pass
    exchange.wait_closed()
    wait_until(lambda: server.running == 0)


def test_a_client_that_leaves_before_the_upstream_answers_ends_its_work(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    with Socket(serve()) as socket:
        socket.send(input="Hi")
        exchange = upstream.next()
    exchange.wait_closed()


def test_a_message_beyond_the_bound_closes_the_connection(serve: Serve) -> None:
    with Socket(serve(max_body_bytes=2000)) as socket:
        socket.send(input="x" * 3000)
        with pytest.raises(ConnectionClosed) as caught:
            socket.receive()
    assert caught.value.rcvd is not None and caught.value.rcvd.code == 1009


def test_only_so_many_messages_wait(upstream: ScriptedUpstream, serve: Serve) -> None:
    with Socket(serve()) as socket:
        socket.send(input="first")
        exchange = upstream.next()
        for number in range(MOST_WAITING + 1):
            socket.send(input=f"later {number}")
        refused = socket.receive()
        assert (refused["status"], refused["error"]["code"]) == (429, "too_many_requests")
        stream(upstream, *(f"answer {number}" for number in range(MOST_WAITING)))
        exchange.begin()
        exchange.event(chunk("first"))
        exchange.event(chunk(finish="stop"))
        exchange.done()
        texts = [socket.events()[-1]["response"]["output_text"] for _ in range(MOST_WAITING + 1)]
    assert texts == ["first", *(f"answer {number}" for number in range(MOST_WAITING))]


def test_a_warm_up_asks_no_upstream_and_can_be_continued(upstream: ScriptedUpstream, serve: Serve) -> None:
    with Socket(serve()) as socket:
        warm = [{"role": "developer", "content": "Be brief."}]
        socket.send(input=warm, generate=False, store=False)
        events = socket.events()
        assert [event["type"] for event in events] == [
            "response.created",
            "response.in_progress",
            "response.completed",
        ]
        assert upstream.idle()
        stream(upstream, "Hello!")
        socket.respond("Hi", previous_response_id=events[-1]["response"]["id"], store=False)
        assert told(upstream) == [("system", "Be brief."), ("user", "Hi")]


def test_a_warm_up_may_say_nothing(serve: Serve) -> None:
    with Socket(serve()) as socket:
        assert socket.respond([], generate=False)["output"] == []
        assert socket.respond(..., generate=False)["output"] == []


def test_a_stored_warm_up_is_there_for_everyone(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    with Socket(server) as socket:
        warm = socket.respond("Before", generate=False)
    client = Client(server)
    with client.http:
        assert client.get(f"/responses/{warm['id']}")["status"] == "completed"
        say(upstream, "Hello!")
        client.respond("Hi", previous_response_id=warm["id"])
    assert told(upstream) == [("user", "Before"), ("user", "Hi")]


def test_what_is_stored_on_top_of_what_is_not_can_be_continued_elsewhere(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve()
    stream(upstream, "One.", "Two.")
    with Socket(server) as socket:
        first = socket.respond("First?", store=False)
        second = socket.respond("Second?", previous_response_id=first["id"])
    assert second["store"] is True
    say(upstream, "Three.")
    client = Client(server)
    with client.http:
        assert client.get(f"/responses/{second['id']}") == second
        client.respond("Third?", previous_response_id=second["id"])
    for _ in range(2):
        upstream.next()
    assert told(upstream) == [
        ("user", "First?"),
        ("assistant", "One."),
        ("user", "Second?"),
        ("assistant", "Two."),
        ("user", "Third?"),
    ]


def test_a_response_that_could_not_be_stored_is_not_continued(upstream: ScriptedUpstream, serve: Serve) -> None:
    with Socket(serve(store_max_bytes=1024 * 1024), max_size=None) as socket:
        stream(upstream, "Hello!")
        socket.send(input="x" * 1_020_000)
        failed = socket.events()[-1]
        assert failed["type"] == "response.failed"
        refused = socket.refusal(input="Hi", previous_response_id=failed["response"]["id"])
        assert refused["error"]["code"] == "previous_response_not_found"


def test_losses_are_told_by_an_event_of_our_own(upstream: ScriptedUpstream, serve: Serve) -> None:
    with Socket(serve()) as socket:
        stream(upstream, "Hello!", "Hello!")
        socket.send(input="Hi", include=["file_search_call.results"])
        events = socket.events()
        (loss,) = [event for event in events if event["type"] == "translator:losses"]
        assert [entry["path"] for entry in loss["losses"]] == ["include[0]"]
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        socket.send(input="Hi")
        assert "translator:losses" not in {event["type"] for event in socket.events()}


def test_what_is_lost_on_the_way_back_is_told_before_the_end(upstream: ScriptedUpstream, serve: Serve) -> None:
    with Socket(serve()) as socket:
        stream(upstream, "Hello!")
        socket.send(input="Hi", text={"format": {"type": "json_object"}})
        events = socket.events()
        assert [event["type"] for event in events[-2:]] == ["translator:losses", "response.completed"]
        assert events[-2]["losses"] == [{"path": "text.format", "reason": "the answer is not JSON"}]
        assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_a_silent_upstream_is_bridged_by_events(upstream: ScriptedUpstream, serve: Serve) -> None:
    with Socket(serve(heartbeat_seconds=0.05)) as socket:
        socket.send(input="Hi")
        exchange = upstream.next()
        exchange.begin()
        kinds = [socket.receive()["type"] for _ in range(4)]
        assert kinds == ["response.created", *["response.in_progress"] * 3]
        exchange.event(chunk("Hello!"))
        exchange.event(chunk(finish="stop"))
        exchange.done()
        assert socket.events()[-1]["type"] == "response.completed"


def test_a_connection_that_is_too_old_ends_a_running_response_as_failed(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    with Socket(serve(websocket_max_seconds=0.5)) as socket:
        socket.send(input="Hi")
        exchange = upstream.next()
        exchange.begin()
        exchange.event(chunk("Hel"))
        events = []
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                events.append(socket.receive())
        exchange.wait_closed()
    assert [event["type"] for event in events[-3:]] == ["error", "response.failed", "error"]
    assert events[-3]["error"]["code"] == "websocket_connection_limit_reached"
    assert events[-2]["response"]["error"]["code"] == "server_error"
    assert caught.value.rcvd is not None and caught.value.rcvd.code == 1000


def test_a_connection_that_is_too_old_closes_on_a_client_that_reads_nothing(
    upstream: ScriptedUpstream, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.server.connection._FAREWELL_SECONDS", 0.1)
    server = serve(websocket_max_seconds=0.5)
    with Socket(server, max_queue=1, close_timeout=0) as socket:  # nor does it read the server's farewell
        socket.send(input="Hi")
        exchange = upstream.next()
        exchange.begin()
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 8:
                exchange.event(chunk("x" * 100_000))
        exchange.over.set()
        wait_until(lambda: server.running == 0)


@pytest.mark.parametrize(
    ("message", "param"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"model": "m", "input": "Hi"}', "type"),
        (b'{"type": "response.steer", "input": "Hi"}', "type"),
        (b'{"type": "response.create", "input": "Hi"}', "model"),
        (b'{"type": "response.create", "model": "m"}', "input"),
        (b'{"type": "response.create", "model": "m", "input": "Hi", "generate": 1}', "generate"),
        (b'{"type": "response.create", "model": "m", "input": "Hi", "temperature": 9}', "temperature"),
    ],
)
@pytest.mark.parametrize("binary", [False, True])
def test_a_faulty_message_is_refused_and_the_connection_goes_on(
    message: bytes, param: str | None, binary: bool, upstream: ScriptedUpstream, serve: Serve
) -> None:
    with Socket(serve()) as socket:
        socket.raw.send(message if binary else message.decode())
        refused: dict[str, Any] = socket.receive()
        assert (refused["type"], refused["status"], refused["error"]["param"]) == ("error", 400, param)
        stream(upstream, "Hello!")
        assert socket.respond("Hi")["output_text"] == "Hello!"


def test_codex_may_say_that_it_streams(upstream: ScriptedUpstream, serve: Serve) -> None:
    headers = {"openai-beta": "responses_websockets=2026-02-06"}
    with Socket(serve(), headers=headers) as socket:
        stream(upstream, "Hello!")
        assert socket.respond("Hi", stream=True)["output_text"] == "Hello!"
        assert socket.refusal(input="Hi", stream=False)["error"]["param"] == "stream"


def test_an_upstreams_rate_limit_comes_with_its_headers(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply({"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}, 429, {"retry-after": "7"})
    with Socket(serve()) as socket:
        refused = socket.refusal(input="Hi")
    assert (refused["status"], refused["error"]["code"]) == (429, "rate_limit_exceeded")
    assert refused["headers"] == {"retry-after": "7"}


def test_a_fault_of_our_own_is_told_without_its_words(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from translator.server.turns import Turns

    async def fail(self: Turns, body: dict[str, Any], *_: object, **__: object) -> None:
        raise ZeroDivisionError(body["input"])

    monkeypatch.setattr(Turns, "begin", fail)
    with Socket(serve()) as socket:
        refused = socket.refusal(input="the secret")
    assert (refused["status"], refused["error"]["code"]) == (500, "server_error")
    assert "ZeroDivisionError" in caplog.text and "the secret" not in caplog.text + str(refused)

"""Rules 22 to 30: `/responses` as a WebSocket."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.stateful import Client, Socket, say, stream, told
from tests.servers import RunningServer, ScriptedUpstream, Serve, chunk
from translator.server.settings import Settings

from .ways import OverWebSocket, Streamed, speak

TOOL = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("field", "value"), [("stream", True), ("stream", False), ("stream_options", {}), ("background", False)]
)
def test_rule_22_a_turn_starts_with_response_create_and_without_fields_of_http_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream, field: str, value: object
) -> None:
    with Socket(server) as socket:
        for message in ({field: value}, {"type": "response.begin"}, {"type": ...}):
            refused = socket.refusal(input="Hi", **message)
            assert refused["status"] == 400
            assert refused["error"]["param"] == ("type" if "type" in message else field)
        assert upstream.idle()
        stream(upstream, "Hello!")
        assert socket.respond("Hi")["output_text"] == "Hello!"


def test_rule_23_progress_is_told_by_the_events_of_a_stream_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    def shapes(way: Streamed | OverWebSocket) -> list[tuple[str, list[str]]]:
        speak(upstream, "Let ", "me see.", reasoning_content="Hm.", calls=[("look_up", "{}")])
        return [(event["type"], sorted(event)) for event in way.events(tools=[TOOL])]

    with Socket(server) as socket:
        assert shapes(OverWebSocket(socket)) == shapes(Streamed(server))


def test_rule_24_one_response_at_a_time_in_the_order_asked_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    with Socket(server) as socket:
        for number in range(3):
            socket.send(input=f"question {number}")
        for number in range(3):
            exchange = upstream.next()
            assert upstream.idle(), "two were asked at once"
            assert exchange.json["messages"][-1]["content"] == f"question {number}"
            exchange.begin()
            exchange.event(chunk(f"answer {number}"))
            exchange.event(chunk(finish="stop"))
            exchange.done()
            final = socket.events()[-1]["response"]
            assert final["output_text"] == f"answer {number}"


def test_rule_25_the_latest_response_continues_from_memory_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    client = Client(server)
    with Socket(server) as socket, client.http:
        stream(upstream, "One.", "Two.", "Three.")
        latest = None
        for word in ("First?", "Second?", "Third?"):
            latest = socket.respond(word, previous_response_id=latest, store=False)["id"]
            client.get(f"/responses/{latest}", 404)
        for _ in range(2):
            upstream.next()
        assert told(upstream) == [
            ("user", "First?"),
            ("assistant", "One."),
            ("user", "Second?"),
            ("assistant", "Two."),
            ("user", "Third?"),
        ]


def test_rule_26_what_the_connection_does_not_hold_is_not_found_unless_stored_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    stream(upstream, "One.", "Two.", "Three.", "Four.")
    with Socket(server) as socket:
        unstored = socket.respond("First?", store=False)["id"]
        stored = socket.respond("Second?")["id"]
        # an older one, which this connection no longer holds
        refused = socket.refusal(input="Go on", previous_response_id=unstored, store=False)
        assert (refused["status"], refused["error"]["code"]) == (400, "previous_response_not_found")
        assert refused["error"]["param"] == "previous_response_id"
    with Socket(server) as socket:  # after a reconnect
        for id in (unstored, stored):
            refused = socket.refusal(input="Go on", previous_response_id=id, store=False)
            assert refused["error"]["code"] == "previous_response_not_found"
        refused = socket.refusal(input="Go on", previous_response_id=unstored)
        assert refused["error"]["code"] == "previous_response_not_found"
        for _ in range(2):
            upstream.next()
        assert socket.respond("Third?", previous_response_id=stored)["output_text"] == "Three."
        assert told(upstream) == [("user", "Second?"), ("assistant", "Two."), ("user", "Third?")]


@pytest.mark.parametrize("failure", ["client", "upstream", "stream"])
def test_rule_27_a_failed_continuation_forgets_what_it_continued_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream, failure: str
) -> None:
    stream(upstream, "One.")
    with Socket(server) as socket:
        first = socket.respond("First?", store=False)["id"]
        go_on = {"input": "Go on", "previous_response_id": first, "store": False}
        if failure == "client":
            assert socket.refusal(**go_on, temperature=9)["status"] == 400
        elif failure == "upstream":
            upstream.reply({"error": {"message": "Down."}}, 500)
            assert socket.refusal(**go_on)["status"] >= 500
        else:
            speak(upstream, "Tw", breaks=True)
            socket.send(**go_on)
            assert socket.events()[-1]["type"] == "response.failed"
        refused = socket.refusal(**go_on)
        assert (refused["status"], refused["error"]["code"]) == (400, "previous_response_not_found")


def test_rule_28_a_compacted_window_starts_anew_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    client = Client(server)
    with Socket(server) as socket, client.http:
        stream(upstream, "Hello, Ada.")
        first = socket.respond("My name is Ada.")
        say(upstream, "They talked.")
        window = client.post("/responses/compact", {"model": "m", "previous_response_id": first["id"]})["output"]
        for _ in range(2):
            upstream.next()
        stream(upstream, "Ada.", "Yes.")
        anew = socket.respond([*window, {"role": "user", "content": "My name?"}], store=False)
        assert anew["previous_response_id"] is None
        messages = told(upstream)
        assert messages[0] == ("user", "My name is Ada.") and messages[-1] == ("user", "My name?")
        assert "They talked." in messages[1][1]
        socket.respond("Sure?", previous_response_id=anew["id"], store=False)
        assert told(upstream) == [*messages, ("assistant", "Ada."), ("user", "Sure?")]


def test_rule_29_a_connection_lives_so_long_and_no_longer_over_websocket(serve: Serve) -> None:
    assert Settings().websocket_max_seconds == 60 * 60
    with Socket(serve(websocket_max_seconds=0.2)) as socket:
        last = socket.receive()
        with pytest.raises(ConnectionClosed):
            socket.receive()
    assert (last["type"], last["error"]["code"]) == ("error", "websocket_connection_limit_reached")
    with pytest.raises(ValueError, match="websocket_max_seconds"):
        Settings(websocket_max_seconds=60 * 60 + 1)


def test_rule_30_failures_have_an_envelope_over_websocket(server: RunningServer, upstream: ScriptedUpstream) -> None:
    way_in = {"input": "Hi"}
    with Socket(server) as socket:
        for status in (400, 401, 404, 429, 500, 503):
            upstream.reply({"error": {"message": "It cannot be."}}, status)
            refused = socket.refusal(**way_in)  # held against the schema there
            assert refused["type"] == "error" and refused["status"] >= 400
            assert refused["error"]["code"] and refused["error"]["message"]
        for message in ({"input": 5}, {"model": ...}, {"type": "x"}):
            refused = socket.refusal(**{**way_in, **message})
            assert (refused["type"], refused["status"]) == ("error", 400)

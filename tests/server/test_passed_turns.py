"""`/responses` as a WebSocket before an upstream that speaks Responses: each turn is a stream of the upstream's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.open_responses.schema import assert_valid_response, assert_valid_websocket_error
from translator.server.settings import Model, Upstream

from ..servers import RunningServer, ScriptedUpstream, Serve, wait_until
from .stateful import Socket, stream

JSON = dict[str, Any]


@pytest.fixture
def server(upstream: ScriptedUpstream, serve: Serve) -> RunningServer:
    return serve(upstreams=(Upstream(base_url=upstream.base_url, wire="responses"),))


@pytest.fixture
def socket(server: RunningServer) -> Iterator[Socket]:
    with Socket(server) as socket:
        yield socket


def message(text: str, id: str = "msg_1") -> JSON:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": id, "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def thought(sealed: str | None, id: str = "rs_1") -> JSON:
    return {"id": id, "type": "reasoning", "summary": [], "encrypted_content": sealed}


def told(id: str, *output: JSON, status: str = "completed", **more: Any) -> list[JSON]:
    """The events of one response, as an upstream tells them."""
    head: JSON = {"id": id, "object": "response", "model": "m", "previous_response_id": None, **more}
    done = {**head, "status": status, "output": list(output)}
    plain: list[JSON] = [
        {"type": "response.created", "response": {**head, "status": "in_progress", "output": []}},
        *({"type": "response.output_item.done", "output_index": at, "item": item} for at, item in enumerate(output)),
        {"type": f"response.{status}", "response": done},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(plain)]


def answer(upstream: ScriptedUpstream, id: str, *output: JSON, **more: Any) -> None:
    upstream.stream(*told(id, *output, **more), done=False)


def user(text: str) -> JSON:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def test_a_turn_is_the_upstreams_own_stream(upstream: ScriptedUpstream, socket: Socket) -> None:
    wanted = told("resp_1", message("Hello!"))
    upstream.stream(*wanted)
    socket.send(input="Hi", nobody_knows={"a": 1.5}, store=True)
    assert socket.events() == wanted
    asked = upstream.next()
    assert (asked.path, asked.headers["accept"]) == ("/v1/responses", "application/json")
    assert asked.json == {"model": "m", "input": "Hi", "nobody_knows": {"a": 1.5}, "store": True, "stream": True}
    answer(upstream, "resp_2", message("Fine."))
    assert socket.respond("How?", previous_response_id="resp_1")["id"] == "resp_2"
    asked_next = upstream.next().json
    assert (asked_next["previous_response_id"], asked_next["input"]) == ("resp_1", "How?"), "which the upstream has"


def test_events_arrive_before_the_upstream_says_more(upstream: ScriptedUpstream, socket: Socket) -> None:
    events = told("resp_1", message("Hello!"))
    socket.send(input="Hi")
    exchange = upstream.next()
    exchange.begin()
    for event in events:
        exchange.event(event)
        assert socket.receive() == event
    exchange.done()


def test_model_and_limit_are_as_over_http(upstream: ScriptedUpstream, serve: Serve) -> None:
    models = (Model(name="house-model", upstream_name="org/Upstream-Model", max_output_tokens=100),)
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, wire="responses", models=models),))
    answer(upstream, "resp_1", message("Hello!"), model="org/Upstream-Model")
    with Socket(server) as socket:
        socket.send(model="house-model", input="Hi", max_output_tokens=500)
        events = socket.events()
        refused = socket.refusal(input="Hi")
    assert [event["type"] for event in events] == [
        "response.created",
        "translator:losses",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event["sequence_number"] for event in events] == [0, 1, 2, 3]
    assert events[1]["losses"] == [{"path": "max_output_tokens", "reason": "capped to 100"}]
    assert {event["response"]["model"] for event in events if "response" in event} == {"house-model"}
    asked = upstream.next().json
    assert (asked["model"], asked["max_output_tokens"]) == ("org/Upstream-Model", 100)
    assert (refused["status"], refused["error"]["code"]) == (404, "model_not_found")


def test_what_the_upstream_does_not_store_is_sent_again(upstream: ScriptedUpstream, socket: Socket) -> None:
    said = [thought("sealed"), message("One.")]
    answer(upstream, "resp_1", *said, store=False)
    answer(upstream, "resp_2", message("Two.", "msg_2"), store=False)
    answer(upstream, "resp_3", message("Three.", "msg_3"), store=False)
    first = socket.respond("First?", store=False)
    second = socket.respond("Second?", store=False, previous_response_id=first["id"])
    assert second["previous_response_id"] == "resp_1", "as the client said it"
    socket.respond([user("Third?")], store=False, previous_response_id=second["id"])
    upstream.next()
    asked = upstream.next().json
    assert asked["input"] == [user("First?"), *said, user("Second?")]
    assert "previous_response_id" not in asked
    assert upstream.next().json["input"] == [*asked["input"], message("Two.", "msg_2"), user("Third?")]


def test_what_stands_before_it_is_named_where_the_upstream_has_it(upstream: ScriptedUpstream, socket: Socket) -> None:
    answer(upstream, "resp_1", message("One."))
    answer(upstream, "resp_2", message("Two."), store=False)
    answer(upstream, "resp_3", message("Three."), store=False)
    socket.respond("First?")
    socket.respond("Second?", store=False, previous_response_id="resp_1")
    socket.respond("Third?", store=False, previous_response_id="resp_2")
    upstream.next()
    upstream.next()
    asked = upstream.next().json
    assert asked["previous_response_id"] == "resp_1"
    assert asked["input"] == [user("Second?"), message("Two."), user("Third?")]


def test_thoughts_that_cannot_be_sent_again_are_reported(upstream: ScriptedUpstream, socket: Socket) -> None:
    answer(upstream, "resp_1", thought(None), message("One."), store=False)
    answer(upstream, "resp_2", message("Two."), store=False)
    socket.respond("First?", store=False)
    socket.send(input="Second?", store=False, previous_response_id="resp_1")
    (lost,) = [event for event in socket.events() if event["type"] == "translator:losses"]
    assert lost["losses"][0]["path"] == "previous_response_id"
    assert "reasoning.encrypted_content" in lost["losses"][0]["reason"]
    upstream.next()
    assert upstream.next().json["input"] == [user("First?"), message("One."), user("Second?")]


def test_output_that_only_its_events_told_is_remembered(upstream: ScriptedUpstream, socket: Socket) -> None:
    events = told("resp_1", message("One."), store=False)
    events[-1]["response"]["output"] = []
    upstream.stream(*events)
    answer(upstream, "resp_2", message("Two."), store=False)
    socket.respond("First?", store=False)
    socket.respond("Second?", store=False, previous_response_id="resp_1")
    upstream.next()
    assert upstream.next().json["input"] == [user("First?"), message("One."), user("Second?")]


def test_a_warm_up_asks_nobody_and_can_be_continued(upstream: ScriptedUpstream, socket: Socket) -> None:
    socket.send(input=[user("Before")], generate=False, store=False, instructions="Be brief.")
    events = socket.events()
    assert [event["type"] for event in events] == ["response.created", "response.in_progress", "response.completed"]
    assert [event["sequence_number"] for event in events] == [0, 1, 2]
    warm = events[-1]["response"]
    assert_valid_response(warm)
    assert upstream.idle()
    answer(upstream, "resp_2", message("Hello!"), store=False)
    socket.respond("Hi", store=False, previous_response_id=warm["id"])
    assert upstream.next().json["input"] == [user("Before"), user("Hi")]
    socket.send(input="Hi", generate=False)
    assert "translator:losses" in [event["type"] for event in socket.events()], "it is not stored, and should be"


@pytest.mark.parametrize("failure", ["client", "upstream", "error", "cut", "failed"])
def test_a_failed_continuation_forgets_what_it_continued(
    upstream: ScriptedUpstream, socket: Socket, failure: str
) -> None:
    answer(upstream, "resp_1", message("One."), store=False)
    socket.respond("First?", store=False)
    upstream.next()
    go_on: JSON = {"input": "Go on", "previous_response_id": "resp_1", "store": False}
    if failure == "client":
        assert socket.refusal(**{**go_on, "input": 5})["error"]["param"] == "input"
    elif failure == "upstream":
        upstream.reply({"error": {"message": "Down."}}, 500)
        assert socket.refusal(**go_on)["status"] >= 500
    else:
        begun = told("resp_2")[:1]
        if failure == "error":
            begun.append({"type": "error", "code": "server_error", "message": "It broke.", "sequence_number": 1})
        elif failure == "failed":
            begun = told("resp_2", status="failed")
        upstream.stream(*begun, done=False)
        socket.send(**go_on)
        events = socket.events()
        assert events[-1]["type"] == "response.failed"
        if failure != "failed":
            assert_valid_websocket_error(events[-2])
            assert events[-2]["error"]["code"] == ("server_error" if failure == "error" else "upstream_incomplete")
            assert events[-1]["response"]["error"]["code"] == "server_error"
            assert events[-1]["response"]["previous_response_id"] == "resp_1"
    if failure != "client":
        upstream.next()
    answer(upstream, "resp_3", message("Anew."), store=False)
    socket.respond("Again", store=False, previous_response_id="resp_1")
    assert upstream.next().json["previous_response_id"] == "resp_1", "it is for the upstream to say that it is gone"


def test_an_answer_that_is_no_stream_is_an_error(upstream: ScriptedUpstream, socket: Socket) -> None:
    upstream.reply({"id": "resp_1", "object": "response", "status": "completed", "output": []})
    assert socket.refusal(input="Hi")["error"]["code"] == "upstream_bad_response"


def test_turns_of_both_kinds_of_upstream_go_on_from_each_other(upstream: ScriptedUpstream, serve: Serve) -> None:
    chat = Upstream(name="chat", base_url=upstream.base_url, models=(Model(name="c"),))
    own = Upstream(name="own", base_url=upstream.base_url, wire="responses", models=(Model(name="m"),))
    with Socket(serve(upstreams=(chat, own))) as socket:
        answer(upstream, "resp_1", message("One."), store=False)
        first = socket.respond("First?", store=False)
        stream(upstream, "Two.")
        second = socket.respond("Second?", store=False, model="c", previous_response_id=first["id"])
        answer(upstream, "resp_3", message("Three."), store=False)
        socket.respond("Third?", store=False, previous_response_id=second["id"])
        upstream.next()
        assert [entry["content"] for entry in upstream.next().json["messages"]] == ["First?", "One.", "Second?"]
        texts = [item["content"][0]["text"] for item in upstream.next().json["input"]]
        assert texts == ["First?", "One.", "Second?", "Two.", "Third?"]
        answer(upstream, "resp_4", message("Four."))
        answer(upstream, "resp_5", message("Five."), store=False)
        socket.respond("Fourth?")
        socket.respond("Fifth?", store=False, previous_response_id="resp_4")
        refused = socket.refusal(input="Sixth?", model="c", previous_response_id="resp_5", store=False)
        assert refused["error"]["code"] == "previous_response_not_found", "only its upstream knows what came before"


def test_a_client_that_leaves_ends_the_upstreams_work(upstream: ScriptedUpstream, server: RunningServer) -> None:
    for begin in (False, True):
        with Socket(server) as socket:
            socket.send(input="Hi")
            exchange = upstream.next()
            if begin:
                exchange.begin()
                exchange.event(told("resp_1")[0])
                assert socket.receive()["type"] == "response.created"
        exchange.wait_closed()
    wait_until(lambda: server.running == 0)


def test_a_connection_that_is_too_old_ends_in_the_middle_of_a_turn(upstream: ScriptedUpstream, serve: Serve) -> None:
    entry = Upstream(base_url=upstream.base_url, wire="responses")
    with Socket(serve(upstreams=(entry,), websocket_max_seconds=0.3)) as socket:
        socket.send(input="Hi")
        exchange = upstream.next()
        exchange.begin()
        exchange.event(told("resp_1")[0])
        assert socket.receive()["type"] == "response.created"
        assert socket.receive()["error"]["code"] == "websocket_connection_limit_reached"
        exchange.wait_closed()


def test_the_connection_to_the_upstream_is_kept(upstream: ScriptedUpstream, socket: Socket) -> None:
    for number in range(4):
        answer(upstream, f"resp_{number}", message("Hi"))
        socket.respond("Hi")
    assert upstream.connections <= 2  # one asked for the list of models

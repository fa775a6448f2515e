"""Clients that are one to an upstream never meet there: what it keeps for one does not exist for another.

The upstream is asked for nothing that is not the client's, so that a test need not trust it to refuse: it is idle.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from translator.server.settings import Model, Upstream

from ..servers import Connect, RunningServer, ScriptedUpstream, Serve, read_events
from .stateful import Client, Socket

JSON = dict[str, Any]

OWNER, STRANGER = "sk-owner", "sk-stranger"
MESSAGE: JSON = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "a"}],
}
RAN: JSON = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1", "code": "1"}
THOUGHT: JSON = {"type": "reasoning", "id": "rs_1", "summary": []}
DREW: JSON = {"type": "image_generation_call", "id": "ig_1", "result": "iVBO"}
OUTPUT = [THOUGHT, RAN, DREW, MESSAGE]


def made(id: str = "resp_1", *output: JSON, **more: Any) -> JSON:
    return {"id": id, "object": "response", "status": "completed", "model": "m", "output": list(output), **more}


def events(response: JSON) -> list[JSON]:
    """A stream that tells of a response."""
    begun = {**response, "status": "in_progress", "output": []}
    return [
        {"type": "response.created", "response": begun, "sequence_number": 0},
        *(
            {"type": "response.output_item.done", "output_index": at, "item": item, "sequence_number": at + 1}
            for at, item in enumerate(response["output"])
        ),
        {"type": "response.completed", "response": response, "sequence_number": len(response["output"]) + 1},
    ]


def serve_shared(serve: Serve, upstream: ScriptedUpstream, **settings: Any) -> RunningServer:
    entry = Upstream(base_url=upstream.base_url, wire="responses")
    return serve(**{"upstreams": (entry,), "api_keys": (OWNER, STRANGER), **settings})


@pytest.fixture
def server(upstream: ScriptedUpstream, serve: Serve) -> RunningServer:
    return serve_shared(serve, upstream)


def create(server: RunningServer, upstream: ScriptedUpstream, way: str, key: str = OWNER, **fields: Any) -> None:
    """Have the upstream make the response `resp_1` for a client."""
    response = made("resp_1", *OUTPUT)
    client = Client(server, key)
    with client.http:
        if way == "whole":
            upstream.reply(response)
            client.respond("Hi", **fields)
        elif way == "stream":
            upstream.stream(*events(response))
            answer = client.http.post("/responses", json={"model": "m", "input": "Hi", "stream": True, **fields})
            assert read_events(answer.content)[-1]["type"] == "response.completed"
        else:
            upstream.stream(*events(response))
            with Socket(server, key) as socket:
                socket.respond("Hi", **fields)
    upstream.next()


REFERENCES: list[JSON] = [
    {"input": "Go on", "previous_response_id": "resp_1"},
    {"input": [{"type": "item_reference", "id": "msg_1"}]},
    {"input": [{"id": "msg_1"}]},
    {"input": [{"id": "msg_1", "type": None}]},
    {"input": [{"type": "item_reference", "id": "msg_1", "content": "x"}]},
    {"input": [{**RAN, "id": "ci_2"}]},
    {"input": "Hi", "tools": [{"type": "code_interpreter", "container": "cntr_1"}]},
    {"input": [{"type": "additional_tools", "tools": [{"type": "code_interpreter", "container": "cntr_1"}]}]},
    {
        "input": "Hi",
        "tools": [{"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_1"}}],
    },
]
"""Each way in which a request can refer to what an upstream keeps."""

BY_ID = [
    ("GET", "/responses/resp_1"),
    ("GET", "/responses/resp_1?stream=true"),
    ("GET", "/responses/resp_1/input_items"),
    ("POST", "/responses/resp_1/cancel"),
    ("DELETE", "/responses/resp_1"),
]


@pytest.mark.parametrize("way", ["whole", "stream", "websocket"])
def test_what_was_made_for_a_client_is_its_own(upstream: ScriptedUpstream, server: RunningServer, way: str) -> None:
    create(server, upstream, way)
    owner = {"authorization": f"Bearer {OWNER}"}
    with httpx.Client(base_url=server.base_url, headers=owner) as client:
        for reference in REFERENCES:
            for path in ("/responses", "/responses/compact", "/responses/input_tokens"):
                upstream.reply(made("resp_2"))
                asked = {"model": "m", **reference}
                assert client.post(path, json=asked).status_code == 200
                assert upstream.next().json == asked
        for method, path in BY_ID:
            upstream.reply(made("resp_1"))
            assert client.request(method, path).status_code == 200
            asked_for = upstream.next()
            assert (asked_for.method, asked_for.path) == (method, f"/v1{path}")
        assert client.get("/responses/resp_1").status_code == 404, "it was deleted"
        assert upstream.idle()


@pytest.mark.parametrize("way", ["whole", "stream", "websocket"])
def test_to_others_it_does_not_exist(upstream: ScriptedUpstream, server: RunningServer, way: str) -> None:
    create(server, upstream, way)
    stranger = {"authorization": f"Bearer {STRANGER}"}
    with httpx.Client(base_url=server.base_url, headers=stranger) as client:

        def answers(place: str, of: str) -> tuple[int, str]:
            """What is answered about what is there, and about what never was."""
            method, _, path = place.partition(" ")
            asked = path.replace("resp_1", of)
            answer = client.request(method, asked)
            return answer.status_code, answer.text.replace(of, "<id>")

        for method, path in BY_ID:
            assert answers(f"{method} {path}", "resp_1") == answers(f"{method} {path}", "resp_9")
            assert answers(f"{method} {path}", "resp_1")[0] == 404
        for reference in REFERENCES:
            for path in ("/responses", "/responses/compact", "/responses/input_tokens"):
                refused = client.post(path, json={"model": "m", **reference})
                assert refused.status_code in (400, 404), reference
                assert refused.json()["error"]["code"].endswith("_not_found")
                assert refused.json()["error"]["param"]
            with Socket(server, STRANGER) as socket:
                assert socket.refusal(**reference)["error"]["code"].endswith("_not_found")
    assert upstream.idle()


def test_an_id_that_is_not_the_clients_is_left_out_of_what_stands_for_more(
    upstream: ScriptedUpstream, server: RunningServer
) -> None:
    create(server, upstream, "whole")
    drew = {"type": "image_generation_call", "id": "ig_1", "result": ""}
    sealed = {**THOUGHT, "encrypted_content": "sealed"}
    given = [THOUGHT, sealed, drew, DREW, MESSAGE, {"role": "user", "content": "Hi"}]
    with Client(server, STRANGER).http as stranger:
        upstream.reply(made("resp_2"))
        answer = stranger.post("/responses", json={"model": "m", "input": given})
        told = upstream.next().json["input"]
        assert told[0] == {"type": "reasoning", "summary": []}
        assert told[2] == {"type": "image_generation_call", "result": ""}
        assert [told[1], *told[3:]] == [sealed, *given[3:]], "whole as they are"
        reason = "no item of this client's has this id; it was left out"
        assert answer.headers["x-translator-losses"] == f"input[0].id: {reason}; input[2].id: {reason}"
    with Client(server, OWNER).http as owner:
        upstream.reply(made("resp_2"))
        owner.post("/responses", json={"model": "m", "input": given})
        assert upstream.next().json["input"] == given


def test_conversations_of_the_upstream_are_nobodys(upstream: ScriptedUpstream, server: RunningServer) -> None:
    with Client(server, OWNER).http as owner:
        for conversation in ("conv_1", {"id": "conv_1"}):
            body = {"model": "m", "input": "Hi", "conversation": conversation}
            error = owner.post("/responses", json=body).json()["error"]
            assert (error["code"], error["param"]) == ("unsupported", "conversation")
    assert upstream.idle()


def test_a_chat_client_cannot_refer_to_it_either(upstream: ScriptedUpstream, server: RunningServer) -> None:
    create(server, upstream, "whole")
    detail = {"type": "reasoning.summary", "id": "rs_1", "format": "openai-responses-v1", "summary": "x", "index": 0}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "a", "reasoning_details": [detail]},
        {"role": "user", "content": "Go on"},
    ]
    with Client(server, STRANGER).http as stranger:
        body: JSON = {"model": "m", "messages": messages}
        refused = stranger.post("/chat/completions", json={**body, "previous_response_id": "resp_1"}).json()["error"]
        assert (refused["code"], refused["param"]) == ("previous_response_not_found", "previous_response_id")
        assert upstream.idle()
        upstream.reply(made("resp_2", MESSAGE))
        stranger.post("/chat/completions", json=body)
        assert "rs_1" not in upstream.next().body.decode()


def test_what_is_not_stored_leaves_nothing_but_its_container(upstream: ScriptedUpstream, server: RunningServer) -> None:
    create(server, upstream, "stream", store=False)
    with Client(server, OWNER).http as owner:
        assert owner.get("/responses/resp_1").status_code == 404
        assert upstream.idle()
        upstream.reply(made("resp_2"))
        assert owner.post("/responses", json={"model": "m", "input": OUTPUT}).status_code == 200
        assert [item.get("id") for item in upstream.next().json["input"]] == [None, "ci_1", "ig_1", "msg_1"]


def test_input_that_comes_back_is_not_claimed(upstream: ScriptedUpstream, server: RunningServer) -> None:
    create(server, upstream, "whole")
    with Client(server, STRANGER).http as stranger:
        upstream.reply({**made("resp_2", MESSAGE), "object": "response.compaction"})
        stranger.post("/responses/compact", json={"model": "m", "input": [MESSAGE]})
        upstream.next()
        body = {"model": "m", "input": [{"type": "item_reference", "id": "msg_1"}]}
        assert stranger.post("/responses", json=body).status_code == 404
    assert upstream.idle()


def test_what_is_made_in_the_background_is_claimed_when_it_is_read(
    upstream: ScriptedUpstream, server: RunningServer
) -> None:
    with Client(server, OWNER).http as owner:
        upstream.reply({**made("resp_1"), "status": "queued"})
        owner.post("/responses", json={"model": "m", "input": "Hi", "background": True})
        upstream.reply(made("resp_1", MESSAGE))
        assert owner.get("/responses/resp_1").json()["output"] == [MESSAGE]
        upstream.reply(made("resp_2"))
        body = {"model": "m", "input": [{"type": "item_reference", "id": "msg_1"}]}
        assert owner.post("/responses", json=body).status_code == 200


def test_it_is_written_down_before_the_client_reads_it(
    upstream: ScriptedUpstream, server: RunningServer, connect: Connect
) -> None:
    client = connect(server)
    asked = {"model": "m", "input": "Hi", "stream": True}
    client.post("/v1/responses", asked, {"authorization": f"Bearer {OWNER}"})
    exchange = upstream.next()
    exchange.begin()
    first, *_, last = events(made("resp_1", MESSAGE))
    exchange.event(first)
    client.read_until(b"resp_1")
    with Client(server, OWNER).http as again:
        upstream.reply({**made("resp_1"), "status": "cancelled"})
        assert again.post("/responses/resp_1/cancel").json()["status"] == "cancelled"
        exchange.event(last)
        client.read_until(b"response.completed")
        upstream.reply(made("resp_2"))
        body = {"model": "m", "input": [{"type": "item_reference", "id": "msg_1"}]}
        assert again.post("/responses", json=body).status_code == 200
    exchange.done()


def test_what_cannot_be_written_down_is_not_told(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve_shared(serve, upstream, store_max_bytes=1024 * 1024)
    too_much = made("resp_1", *({"type": "message", "id": f"msg_{number}"} for number in range(3000)))
    first, *_, last = events(too_much)
    with Client(server, OWNER).http as owner:
        upstream.reply(too_much)
        refused = owner.post("/responses", json={"model": "m", "input": "Hi"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
        upstream.stream(first, last)
        told = owner.post("/responses", json={"model": "m", "input": "Hi", "stream": True}).text.split("\n\n")
        assert json.loads(told[0].removeprefix("data: ")) == first
        assert '"code":"store_unavailable"' in told[-2], "what went before is part of an event that has no end"


def test_where_nothing_is_kept_nothing_can_be_continued_and_that_is_said(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    with Client(serve_shared(serve, upstream, store="none"), OWNER).http as owner:
        upstream.reply(made("resp_1"))
        answer = owner.post("/responses", json={"model": "m", "input": "Hi"})
        assert answer.headers["x-translator-losses"].startswith("store: this server keeps nothing")
        upstream.reply(made("resp_1"))
        answer = owner.post("/responses", json={"model": "m", "input": "Hi", "store": False})
        assert "x-translator-losses" not in answer.headers
        body = {"model": "m", "input": "Go on", "previous_response_id": "resp_1"}
        assert owner.post("/responses", json=body).json()["error"]["code"] == "previous_response_not_found"
        assert owner.get("/responses/resp_1").status_code == 404


@pytest.mark.parametrize(
    "settings", [{"api_keys": ()}, {"api_keys": (OWNER,)}, {"auth": "passthrough", "api_keys": ()}]
)
def test_a_client_that_shares_with_nobody_is_let_through(
    upstream: ScriptedUpstream, serve: Serve, settings: dict[str, Any]
) -> None:
    server = serve_shared(serve, upstream, store="none", **settings)
    with Client(server, OWNER).http as client:
        for reference in [*REFERENCES, {"input": "Hi", "conversation": "conv_1"}]:
            upstream.reply(made("resp_2"))
            asked = {"model": "m", **reference}
            answer = client.post("/responses", json=asked)
            assert answer.status_code == 200 and "x-translator-losses" not in answer.headers
            assert upstream.next().json == asked
        for method, path in BY_ID:
            upstream.reply(made("resp_1"))
            assert client.request(method, path).status_code == 200
            assert upstream.next().path == f"/v1{path}"


def test_the_upstream_that_made_it_is_asked(upstream: ScriptedUpstream, serve: Serve) -> None:
    other = ScriptedUpstream()
    try:
        first = Upstream(name="a", base_url=upstream.base_url, wire="responses", models=(Model(name="m"),))
        second = Upstream(name="b", base_url=other.base_url, wire="responses", models=(Model(name="n"),))
        with Client(serve(upstreams=(first, second))).http as client:
            for asked, model, id in ((upstream, "m", "resp_1"), (other, "n", "resp_2")):
                asked.reply(made(id, model=model))
                client.post("/responses", json={"model": model, "input": "Hi"})
                asked.next()
                asked.reply(made(id, model=model))
                assert client.get(f"/responses/{id}").json()["id"] == id
                asked.next()
            assert client.get("/responses/resp_3").status_code == 404
        assert upstream.idle() and other.idle()
    finally:
        other.close()

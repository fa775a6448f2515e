"""Requests of Responses clients that are passed through to a Responses upstream."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from translator.server.settings import Model, Upstream

from ..servers import Connect, Exchange, RunningServer, ScriptedUpstream, Serve, wait_until

JSON = dict[str, Any]

ASKED = b'{"model": "m",  "input": "Hello", "background": false, "nobody_knows": {"a": 1.50}}'
RENAMED = (Model(name="house-model", upstream_name="org/Upstream-Model"),)
PATHS = ("/responses", "/responses/compact", "/responses/input_tokens")
BELOW = PATHS[1:]

COMPACTED: JSON = {
    "id": "resp_1",
    "object": "response.compaction",
    "created_at": 1,
    "output": [{"type": "compaction", "id": "cmp_1", "encrypted_content": "sealed"}],
}
COUNTED: JSON = {"object": "response.input_tokens", "input_tokens": 11}


def responses_upstream(upstream: ScriptedUpstream, **more: Any) -> tuple[Upstream, ...]:
    return (Upstream(base_url=upstream.base_url, wire="responses", **more),)


@pytest.fixture
def server(upstream: ScriptedUpstream, serve: Serve) -> RunningServer:
    return serve(upstreams=responses_upstream(upstream))


@pytest.mark.parametrize("prefix", ["/v1", "", "/api/v1"])
@pytest.mark.parametrize("path", PATHS)
def test_a_request_is_passed_through_untouched(
    upstream: ScriptedUpstream, server: RunningServer, path: str, prefix: str
) -> None:
    answer = b'{"object":"response",  "output": []}'
    upstream.answer(lambda exchange: exchange.reply(answer, headers={"content-type": "application/json"}))
    reply = httpx.post(server.base_url.removesuffix("/v1") + prefix + path, content=ASKED)
    asked = upstream.next()
    assert (asked.path, asked.body) == (f"/v1{path}", ASKED)
    assert (reply.status_code, reply.content) == (200, answer)


def test_a_stream_of_events_is_passed_through(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=responses_upstream(upstream, models=RENAMED))
    wire = b'event: response.created\ndata: {"type":"response.created","response":{"model":"org/Upstream-Model"}}\n\n'

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(wire[:70])
        exchange.write(wire[70:])
        exchange.end()

    upstream.answer(script)
    reply = httpx.post(f"{server.base_url}/responses", json={"model": "house-model", "input": "Hi", "stream": True})
    assert reply.content == wire.replace(b"org/Upstream-Model", b"house-model")

    def cut(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(wire)
        exchange.cut(reset=True)

    upstream.answer(cut)
    reply = httpx.post(f"{server.base_url}/responses", json={"model": "house-model", "input": "Hi", "stream": True})
    assert json.loads(reply.text.split("data: ")[-1])["code"] == "upstream_disconnected"


@pytest.mark.parametrize(("path", "answer"), [("/responses/compact", COMPACTED), ("/responses/input_tokens", COUNTED)])
def test_models_keys_and_limits_are_as_for_a_response(
    upstream: ScriptedUpstream, serve: Serve, path: str, answer: JSON
) -> None:
    models = (Model(name="house-model", upstream_name="org/Upstream-Model", max_output_tokens=100),)
    entry = Upstream(base_url=upstream.base_url, wire="responses", api_key="sk-upstream", models=models)
    server = serve(upstreams=(entry,), api_keys=("sk-client",), max_body_bytes=500)
    body: JSON = {"model": "house-model", "input": "Hi", "max_output_tokens": 500}
    url, key = f"{server.base_url}{path}", {"authorization": "Bearer sk-client"}
    assert httpx.post(url, json=body).json()["error"]["code"] == "invalid_api_key"
    large = httpx.post(url, json={**body, "user": "u" * 500}, headers=key)
    assert (large.status_code, large.json()["error"]["code"]) == (413, "request_too_large")
    unknown = httpx.post(url, json={**body, "model": "m"}, headers=key)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    assert httpx.post(url, json={"input": "Hi"}, headers=key).json()["error"]["param"] == "model"
    assert upstream.idle()
    upstream.reply({**answer, "model": "org/Upstream-Model"})
    reply = httpx.post(url, json=body, headers=key)
    asked = upstream.next()
    assert asked.headers["authorization"] == "Bearer sk-upstream"
    assert asked.json == {**body, "model": "org/Upstream-Model", "max_output_tokens": 100}
    assert reply.json() == {**answer, "model": "house-model"}
    assert reply.headers["x-translator-losses"] == "max_output_tokens: capped to 100"


@pytest.mark.parametrize("path", BELOW)
def test_errors_of_the_upstream_keep_their_meaning(
    upstream: ScriptedUpstream, server: RunningServer, path: str
) -> None:
    refusal = {"error": {"message": "Too long.", "type": "invalid_request_error", "param": "input[0]", "code": None}}
    upstream.reply(refusal, 400)
    reply = httpx.post(f"{server.base_url}{path}", content=ASKED)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "input[0]")
    upstream.reply({"error": {"message": "Slow down."}}, 429, {"retry-after": "3"})
    reply = httpx.post(f"{server.base_url}{path}", content=ASKED)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "3")
    gone = {"error": {"message": "The model `m` does not exist.", "code": "model_not_found"}}
    upstream.reply(gone, 404)
    reply = httpx.post(f"{server.base_url}{path}", content=ASKED)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"detail": "Not Found"}),
        (404, "404 page not found"),
        (404, "<html><h1>Not Found</h1></html>"),
        (404, ""),
        (404, {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}),
        (404, {"error": {"message": "Invalid URL (POST /v1/responses/compact)", "type": "invalid_request_error"}}),
        (405, {"detail": "Method Not Allowed"}),
        (501, "not implemented"),
    ],
    ids=["FastAPI", "Go", "a page", "nothing", "llama.cpp", "OpenAI", "405", "501"],
)
@pytest.mark.parametrize("path", BELOW)
def test_an_upstream_without_the_path_is_a_clear_400(
    upstream: ScriptedUpstream, server: RunningServer, path: str, status: int, body: Any
) -> None:
    upstream.reply(body, status)
    reply = httpx.post(f"{server.base_url}{path}", content=ASKED)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (400, "unsupported", "model")
    assert error["message"].startswith(f"The upstream of 'm' speaks Responses, but has no POST {path}: ")


@pytest.mark.parametrize("path", BELOW)
def test_the_upstream_is_let_go_when_the_client_leaves(
    upstream: ScriptedUpstream, server: RunningServer, connect: Connect, path: str
) -> None:
    client = connect(server)
    client.post(f"/v1{path}", ASKED)
    exchange = upstream.next()
    client.close()
    exchange.wait_closed()
    wait_until(lambda: server.running == 0)


def test_models_of_a_chat_upstream_beside_it_are_still_translated(upstream: ScriptedUpstream, serve: Serve) -> None:
    chat = Upstream(name="chat", base_url=upstream.base_url, models=(Model(name="c"),))
    server = serve(upstreams=(chat, *responses_upstream(upstream, models=(Model(name="m"),))))
    upstream.reply({"count": 4, "max_model_len": 100, "tokens": []})
    counted = httpx.post(f"{server.base_url}/responses/input_tokens", json={"model": "c", "input": "Hi"})
    assert upstream.next().path == "/tokenize"
    assert counted.json() == {"object": "response.input_tokens", "input_tokens": 4}

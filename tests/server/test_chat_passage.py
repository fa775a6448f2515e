"""Requests of chat clients that are passed through to a chat upstream."""

from __future__ import annotations

from typing import Any, Literal

import httpx
import pytest

from translator.server.model_name import ModelNames
from translator.server.settings import Model, Upstream

from ..servers import PATIENCE, Connect, Exchange, ScriptedUpstream, Serve, chunk, completion, read_events, wait_until

JSON = dict[str, Any]

QUESTION: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
RENAMED = (Model(name="house-model", upstream_name="org/Upstream-Model"),)


def responses_upstream(upstream: ScriptedUpstream, **more: Any) -> tuple[Upstream, ...]:
    return (Upstream(base_url=upstream.base_url, api_key="sk-upstream", wire="responses", **more),)


@pytest.mark.parametrize("prefix", ["/v1", "", "/api/v1"])
def test_a_chat_request_is_passed_through_untouched(upstream: ScriptedUpstream, serve: Serve, prefix: str) -> None:
    server = serve()
    answer = b'{"id": "x",  "choices":[{"message": {"content": "\\u00e9"}}], "unknown": 1.0e5}'
    upstream.answer(lambda exchange: exchange.reply(answer, headers={"content-type": "application/json"}))
    body = b'{"model":  "m", "messages": [{"role": "user", "content": "H\\u00e9"}], "nobody_knows": 1.50}'
    url = server.base_url.removesuffix("/v1") + f"{prefix}/chat/completions"
    reply = httpx.post(url, content=body, headers={"content-type": "application/json"})
    asked = upstream.next()
    assert (asked.path, asked.body) == ("/v1/chat/completions", body)
    assert asked.headers["authorization"] == "Bearer sk-upstream"
    assert (reply.status_code, reply.content) == (200, answer)
    assert reply.headers["content-type"] == "application/json"


def test_a_stream_is_passed_through_byte_for_byte(upstream: ScriptedUpstream, serve: Serve, connect: Connect) -> None:
    server = serve()
    client = connect(server)
    client.post("/v1/chat/completions", {**QUESTION, "stream": True})
    exchange = upstream.next()
    exchange.begin(headers={"x-ratelimit-remaining-requests": "7", "openai-project": "org-1", "x-secret": "s"})
    exchange.write(b": odd\r\n\r\ndata:{ 'not': json }\n\n")
    head = client.read_until(b"{ 'not': json }\n\n")  # before the upstream says more
    assert b"x-ratelimit-remaining-requests: 7" in head
    assert b"text/event-stream" in head
    assert b"x-secret" not in head and b"org-1" not in head
    exchange.write(b"data: tail without an end")
    exchange.end()
    assert b"data: tail without an end" in client.read_until(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("wire", ["chat", "responses"])
@pytest.mark.parametrize("path", ["chat/completions", "responses"])
@pytest.mark.parametrize("streamed", [False, True])
def test_rate_limits_are_told_with_every_reply(
    upstream: ScriptedUpstream, serve: Serve, wire: Literal["chat", "responses"], path: str, streamed: bool
) -> None:
    theirs = {"X-RateLimit-Remaining-Tokens": "7", "openai-processing-ms": "5", "openai-organization": "org"}
    losses = {"x-translator-losses": "input[0]: told in words"}  # the upstream may be one such server, too
    response = {"object": "response", "status": "completed", "output": []}
    reply = completion("Hello!") if wire == "chat" else response
    server = serve(store="none", upstreams=(Upstream(base_url=upstream.base_url, wire=wire),))
    upstream.reply(reply, headers={**theirs, **losses})
    asked = {"model": "m", "input": "Hi", "messages": [{"role": "user", "content": "Hi"}], "stream": streamed}
    answer = httpx.post(f"{server.base_url}/{path}", json=asked)
    assert answer.status_code == 200
    assert (answer.headers["x-ratelimit-remaining-tokens"], answer.headers["openai-processing-ms"]) == ("7", "5")
    assert losses["x-translator-losses"] in answer.headers["x-translator-losses"]
    assert "openai-organization" not in answer.headers


def test_the_public_name_is_the_one_that_clients_read(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=RENAMED),))
    told = 'He said "model":"org/Upstream-Model" to me.'
    first = {**chunk(told), "model": "org/Upstream-Model"}
    second = {**chunk(finish="stop"), "model": "org/Upstream-Model-2026-01-01"}
    upstream.stream(first, second)
    reply = httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, "model": "house-model", "stream": True})
    assert upstream.next().json["model"] == "org/Upstream-Model"
    chunks = read_events(reply.content)
    assert [entry["model"] for entry in chunks] == ["house-model", "house-model"]
    assert chunks[0]["choices"] == first["choices"], "text that looks like a model's name is text"
    upstream.reply({**completion("Hi"), "model": "org/Upstream-Model"})
    reply = httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, "model": "house-model"})
    assert reply.json() == {**completion("Hi"), "model": "house-model"}


@pytest.mark.parametrize("wire", ["chat", "responses"])
@pytest.mark.parametrize("path", ["chat/completions", "responses"])
def test_a_refusal_has_the_public_name_too(
    upstream: ScriptedUpstream, serve: Serve, wire: Literal["chat", "responses"], path: str
) -> None:
    server = serve(store="none", upstreams=(Upstream(base_url=upstream.base_url, wire=wire, models=RENAMED),))
    said = "No org/Upstream-Model, nor org/Upstream-Model-2: 'org/Upstream-Model' is gone with org/Upstream-Model."
    upstream.reply({"error": {"message": said, "code": "model_not_found"}}, 404)
    asked = {"model": "house-model", "input": "Hi", "messages": [{"role": "user", "content": "Hi"}]}
    answer = httpx.post(f"{server.base_url}/{path}", json=asked)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == (
        "No house-model, nor org/Upstream-Model-2: 'house-model' is gone with house-model."
    )


def test_a_name_is_found_however_the_bytes_are_cut() -> None:
    body = b'data: {"model" : "a/b","x":"\\"model\\":\\"a/b\\""}\n\ndata: {"model":"other"}\n\ndata: {"model":"a/b-1"}'
    want = b'data: {"model" : "pub","x":"\\"model\\":\\"a/b\\""}\n\ndata: {"model":"other"}\n\ndata: {"model":"pub"}'
    for size in range(1, len(body)):
        name = ModelNames({"a/b": "pub"}, 1000)
        told = [name.receive(body[at : at + size]) for at in range(0, len(body), size)]
        assert b"".join([*told, name.finish()]) == want


def test_errors_are_told_as_for_responses(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(api_keys=("sk-client",), max_body_bytes=500)
    url, key = f"{server.base_url}/chat/completions", {"authorization": "Bearer sk-client"}
    assert httpx.post(url, json=QUESTION).json()["error"]["code"] == "invalid_api_key"
    upstream.reply({"detail": "Unauthorized"}, 401)
    reply = httpx.post(url, json=QUESTION, headers=key)
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "upstream_auth_failed")
    upstream.reply({"error": {"message": "Slow down."}}, 429, {"retry-after": "3"})
    reply = httpx.post(url, json={**QUESTION, "stream": True}, headers=key)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "3")
    assert reply.json()["error"]["code"] == "rate_limit_exceeded"
    reply = httpx.post(url, json={**QUESTION, "user": "u" * 500}, headers=key)
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "request_too_large")
    refusal = {"error": {"message": "Too long.", "type": "invalid_request_error", "param": "messages[0].content"}}
    upstream.reply(refusal, 400)
    reply = httpx.post(url, json=QUESTION, headers=key)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "messages[0].content"), "in the client's words"
    for body, param in (({"messages": []}, "model"), ({"model": 5}, "model")):
        reply = httpx.post(url, json=body, headers=key)
        assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)
    assert httpx.get(url, headers=key).status_code == 405


def test_the_limit_of_a_model_holds_for_chat_clients_too(upstream: ScriptedUpstream, serve: Serve) -> None:
    models = (Model(name="m", max_output_tokens=100),)
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=models),))
    url = f"{server.base_url}/chat/completions"
    for field in ("max_tokens", "max_completion_tokens"):
        upstream.reply(completion("Hi"))
        reply = httpx.post(url, json={**QUESTION, field: 500})
        assert upstream.next().json == {**QUESTION, field: 100}
        assert reply.headers["x-translator-losses"] == f"{field}: capped to 100"
    upstream.reply(completion("Hi"))
    reply = httpx.post(url, json={**QUESTION, "max_tokens": 50})
    assert upstream.next().json["max_tokens"] == 50
    assert "x-translator-losses" not in reply.headers


def test_an_unknown_model_is_not_found(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=RENAMED),))
    reply = httpx.post(f"{server.base_url}/chat/completions", json=QUESTION)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")


def test_the_upstream_is_let_go_when_the_client_leaves(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    for begin in (False, True):
        client = connect(server)
        client.post("/v1/chat/completions", {**QUESTION, "stream": True})
        exchange = upstream.next()
        if begin:
            exchange.begin()
            exchange.event(chunk("Hel"))
            client.read_until(b"Hel")
        client.close()
        exchange.wait_closed()
    wait_until(lambda: server.running == 0)


def test_a_stream_that_breaks_off_ends_with_an_error(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    client = connect(server)
    client.post("/v1/chat/completions", {**QUESTION, "stream": True}, {"connection": "close"})
    exchange = upstream.next()
    exchange.begin()
    exchange.write(b'data: {"choices": [{"del')
    client.read_until(b'[{"del')
    exchange.cut(reset=True)
    told = client.read_all()
    assert b'\n\ndata: {"error":{' in told
    assert b"upstream_disconnected" in told
    assert b"[DONE]" not in told


def test_a_whole_answer_that_breaks_off_is_no_answer(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    client = connect(server)
    client.post("/v1/chat/completions", QUESTION)
    exchange = upstream.next()
    exchange.begin("application/json")
    exchange.write(b'{"choices": [')
    client.read_until(b'{"choices": [')
    exchange.cut(reset=True)
    assert not client.read_all().endswith(b"0\r\n\r\n")


def test_a_line_that_is_too_long_to_look_for_the_name_is_refused(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=RENAMED),), max_event_bytes=1024)

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(b"data: " + b"x" * 2000)
        exchange.over.wait(PATIENCE)

    upstream.answer(script)
    reply = httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, "model": "house-model", "stream": True})
    assert "upstream_event_too_large" in reply.text
    upstream.next().over.set()


def test_clients_keys_are_handed_through(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(auth="passthrough", upstreams=(Upstream(base_url=upstream.base_url),))
    upstream.reply(completion("Hi"))
    httpx.post(f"{server.base_url}/chat/completions", json=QUESTION, headers={"x-api-key": "sk-own"})
    assert upstream.next().headers["authorization"] == "Bearer sk-own"

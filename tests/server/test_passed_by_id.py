"""What is asked of a response by its id, passed through to the only upstream that speaks Responses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from translator.server.settings import Model, Upstream

from ..servers import Connect, Exchange, RunningServer, ScriptedUpstream, Serve, wait_until
from .stateful import Client, say

JSON = dict[str, Any]

WAYS = [
    ("GET", "", "?include%5B%5D=message.output_text.logprobs"),
    ("DELETE", "", ""),
    ("POST", "/cancel", ""),
    ("GET", "/input_items", "?limit=2&order=asc&after=msg_1"),
]


@pytest.fixture
def server(upstream: ScriptedUpstream, serve: Serve) -> RunningServer:
    return serve(upstreams=(Upstream(base_url=upstream.base_url, api_key="sk-upstream", wire="responses"),))


@pytest.mark.parametrize("prefix", ["/v1", "", "/api/v1"])
@pytest.mark.parametrize(("method", "below", "query"), WAYS)
def test_it_is_passed_through_untouched(
    upstream: ScriptedUpstream, server: RunningServer, prefix: str, method: str, below: str, query: str
) -> None:
    answer = b'{"id":  "resp_1", "unknown": 1.50}'
    upstream.answer(lambda exchange: exchange.reply(answer, headers={"content-type": "application/json"}))
    path = f"/responses/resp_1{below}{query}"
    told = httpx.request(method, server.base_url.removesuffix("/v1") + prefix + path)
    asked = upstream.next()
    assert (asked.method, asked.path, asked.body) == (method, f"/v1{path}", b"")
    assert asked.headers["authorization"] == "Bearer sk-upstream"
    assert (told.status_code, told.content) == (200, answer)


def test_a_stream_that_is_taken_up_again_is_passed_through(upstream: ScriptedUpstream, server: RunningServer) -> None:
    wire = b'event: response.completed\ndata: {"type":"response.completed","sequence_number":9}\n\n'

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(wire)
        exchange.end()

    upstream.answer(script)
    told = httpx.get(f"{server.base_url}/responses/resp_1", params={"stream": "true", "starting_after": "8"})
    assert upstream.next().path == "/v1/responses/resp_1?stream=true&starting_after=8"
    assert told.content == wire
    assert told.headers["content-type"] == "text/event-stream"


def test_clients_read_the_public_names_of_models(upstream: ScriptedUpstream, serve: Serve) -> None:
    models = (
        Model(name="house", upstream_name="org/big"),
        Model(name="also-house", upstream_name="org/big"),
        Model(name="house-small", upstream_name="org/big-mini"),
        Model(name="org/other"),
    )
    entry = Upstream(base_url=upstream.base_url, wire="responses", models=models)
    with Client(serve(upstreams=(entry,))).http as client:
        for theirs, public in (
            ("org/big", "house"),
            ("org/big-2026-01-01", "house"),
            ("org/big-mini", "house-small"),
            ("org/big-mini-2026-01-01", "house-small"),
            ("org/other", "org/other"),
        ):
            upstream.reply({"id": "resp_1", "model": theirs})
            assert client.get("/responses/resp_1").json()["model"] == public


@pytest.mark.parametrize("body", [{"detail": "Not Found"}, {"error": {"message": "Response 'resp_1' not found."}}])
@pytest.mark.parametrize(("method", "below", "query"), WAYS)
def test_what_the_upstream_does_not_have_is_not_found(
    upstream: ScriptedUpstream, server: RunningServer, method: str, below: str, query: str, body: JSON
) -> None:
    upstream.reply(body, 404)
    told = httpx.request(method, f"{server.base_url}/responses/resp_1{below}{query}")
    assert told.status_code == 404
    assert told.json()["error"] == {
        "message": "No response 'resp_1': it was never stored, was deleted or has expired.",
        "type": "invalid_request_error",
        "param": "id",
        "code": "response_not_found",
    }


@pytest.mark.parametrize(("method", "below", "query"), WAYS)
def test_what_the_upstream_cannot_do_is_a_clear_400(
    upstream: ScriptedUpstream, server: RunningServer, method: str, below: str, query: str
) -> None:
    upstream.reply({"detail": "Method Not Allowed"}, 405)
    told = httpx.request(method, f"{server.base_url}/responses/resp_1{below}{query}")
    assert (told.status_code, told.json()["error"]["code"]) == (400, "unsupported")
    assert f"has no {method} /responses/{{id}}{below}" in told.json()["error"]["message"]


def test_other_errors_keep_their_meaning(upstream: ScriptedUpstream, server: RunningServer) -> None:
    url = f"{server.base_url}/responses/resp_1"
    upstream.reply({"error": {"message": "Slow down."}}, 429, {"retry-after": "3"})
    told = httpx.get(url)
    assert (told.status_code, told.headers["retry-after"]) == (429, "3")
    upstream.reply({"error": {"message": "Unauthorized"}}, 401)
    told = httpx.get(url)
    assert (told.status_code, told.json()["error"]["code"]) == (502, "upstream_auth_failed")
    upstream.reply({"error": {"message": "Cannot cancel a synchronous response.", "param": "response_id"}}, 400)
    told = httpx.post(f"{url}/cancel")
    assert (told.status_code, told.json()["error"]["message"]) == (400, "Cannot cancel a synchronous response.")


@pytest.mark.parametrize("id", ["..", ".", "%2e%2e", "a%20b", "a%3Fb", "a%23b", "a%25b", "a%0Ab", "a;b", "%C3%A9"])
def test_an_id_leads_nowhere_else(upstream: ScriptedUpstream, server: RunningServer, connect: Connect, id: str) -> None:
    client = connect(server)
    client.send(f"GET /v1/responses/{id} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
    assert b'"code":"response_not_found"' in client.read_all()
    assert upstream.idle()


def test_the_query_of_the_base_url_stays(upstream: ScriptedUpstream, serve: Serve) -> None:
    entry = Upstream(base_url=f"{upstream.base_url}?api-version=1", wire="responses")
    with Client(serve(upstreams=(entry,))).http as client:
        for path, asked in (
            ("/responses/resp_1?limit=2", "/v1/responses/resp_1?api-version=1&limit=2"),
            ("/responses/resp_1", "/v1/responses/resp_1?api-version=1"),
        ):
            upstream.reply({"id": "resp_1"})
            client.get(path)
            assert upstream.next().path == asked
        upstream.reply({})
        client.post("/responses/compact", json={"model": "m", "input": "Hi"})
        assert upstream.next().path == "/v1/responses/compact?api-version=1"


def test_an_answer_without_a_body_is_one(upstream: ScriptedUpstream, server: RunningServer) -> None:
    upstream.answer(lambda exchange: exchange.send(b"HTTP/1.1 204 No Content\r\n\r\n"))
    told = httpx.delete(f"{server.base_url}/responses/resp_1")
    assert (told.status_code, told.content) == (204, b"")


def test_what_is_kept_here_is_answered_here(upstream: ScriptedUpstream, serve: Serve) -> None:
    chat = Upstream(name="chat", base_url=upstream.base_url, models=(Model(name="m"),))
    own = Upstream(name="own", base_url=upstream.base_url, wire="responses", models=(Model(name="r"),))
    with Client(serve(upstreams=(chat, own))).http as http:
        say(upstream, "Hello!")
        id = http.post("/responses", json={"model": "m", "input": "Hi"}).json()["id"]
        upstream.next()
        assert http.get(f"/responses/{id}").json()["id"] == id
        assert http.get(f"/responses/{id}/input_items").json()["data"]
        assert http.get(f"/responses/{id}?stream=true").json()["error"]["param"] == "stream"
        assert http.post(f"/responses/{id}/cancel").json()["error"]["code"] == "response_not_cancellable"
        assert http.delete(f"/responses/{id}").json()["deleted"] is True
    assert upstream.idle()


def test_without_an_upstream_that_speaks_responses_it_is_not_found(upstream: ScriptedUpstream, serve: Serve) -> None:
    with Client(serve()).http as client:
        assert client.get("/responses/resp_1").json()["error"]["code"] == "response_not_found"
    assert upstream.idle()


def test_the_upstream_is_let_go_when_the_client_leaves(
    upstream: ScriptedUpstream, server: RunningServer, connect: Connect
) -> None:
    client = connect(server)
    client.send(b"GET /v1/responses/resp_1?stream=true HTTP/1.1\r\nhost: localhost\r\n\r\n")
    exchange = upstream.next()
    client.close()
    exchange.wait_closed()
    wait_until(lambda: server.running == 0)

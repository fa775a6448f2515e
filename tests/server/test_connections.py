"""HTTP connections: they are kept, and who asks first whether to send a body is told."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.servers import PATIENCE, Connect, RawClient, ScriptedUpstream, Serve, chunk, completion
from translator.server import running
from translator.server.app import create_app
from translator.server.settings import Settings

ASK = {"model": "m", "input": "Hi", "store": False}


def read_answer(client: RawClient) -> bytes:
    """One answer with a length: its status line and headers; the body is read too."""
    head = client.read_until(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while length > 0:
        length -= len(client.read_until(b"}"))
    return head


def expect(length: int) -> bytes:
    head = "POST /v1/responses HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n"
    return head.format(length).encode()


def test_a_client_that_expects_to_be_told_is_told_to_go_on(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    body = json.dumps(ASK).encode()
    upstream.reply(completion("Hello!"))
    client = connect(serve())
    client.send(expect(len(body)))
    assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(body)
    assert client.read_until(b"\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("headers", "status"), [(b"content-length: 1001\r\n", b"413"), (b"content-length: 9\r\nx-api-key: no\r\n", b"401")]
)
def test_it_is_refused_before_it_sends_a_body_that_nobody_wants(
    headers: bytes, status: bytes, serve: Serve, connect: Connect
) -> None:
    client = connect(serve(max_body_bytes=1000, api_keys=("sk-client",)))
    if status == b"413":
        headers += b"x-api-key: sk-client\r\n"
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n" + headers + b"\r\n")
    assert client.read_until(b"\r\n").startswith(b"HTTP/1.1 " + status)


def test_one_connection_serves_one_request_after_another(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    for _ in range(2):
        upstream.reply(completion("Hello!"))
        client.post("/v1/responses", ASK)
        assert read_answer(client).startswith(b"HTTP/1.1 200 ")
        client.post("/v1/responses", {"model": 7})
        assert read_answer(client).startswith(b"HTTP/1.1 400 ")
        upstream.stream(chunk("Hello!"), chunk(finish="stop"))
        client.post("/v1/responses", {**ASK, "stream": True})
        assert client.read_until(b"0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert upstream.connections == 1


def test_an_idle_connection_outlives_what_clients_keep_theirs_for() -> None:
    settings = Settings(store="none")
    assert running.configure(create_app(settings), settings).timeout_keep_alive > 60


def test_a_large_request_reaches_the_upstream_whole_and_with_its_length(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.reply(completion("Long."))
    text = "".join(map(str, range(400_000)))
    asked = {"model": "m", "input": text, "store": False}
    assert httpx.post(f"{serve().base_url}/responses", json=asked, timeout=PATIENCE).status_code == 200
    exchange = upstream.next()
    assert int(exchange.headers["content-length"]) == len(exchange.body) > 2 * 2**20
    assert "transfer-encoding" not in exchange.headers
    assert exchange.json["messages"][0]["content"] == text


def test_the_demo_takes_a_large_request(serve: Serve) -> None:
    asked = {"model": "demo", "input": "word " * 400_000, "store": False}
    answer = httpx.post(f"{serve(upstreams=()).base_url}/responses", json=asked, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text

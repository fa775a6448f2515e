"""Requests as bytes: what is too large, what is no JSON, and how far anything is read."""

from __future__ import annotations

from typing import Literal

import httpx
import pytest

from tests.servers import Connect, ScriptedUpstream, Serve, completion
from translator.server.settings import Model, Upstream

ASK = b'{"model": "m", "input": "Hi", "store": false}'


def test_a_body_of_just_the_limit_is_read(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(max_body_bytes=len(ASK))
    upstream.reply(completion("Hello!"))
    assert httpx.post(f"{server.base_url}/responses", content=ASK).status_code == 200


def test_a_longer_one_is_a_413(upstream: ScriptedUpstream, serve: Serve) -> None:
    answer = httpx.post(f"{serve(max_body_bytes=len(ASK)).base_url}/responses", content=ASK + b" ")
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"
    assert upstream.idle()


def test_what_announces_more_than_the_limit_is_refused_before_it_comes(serve: Serve, connect: Connect) -> None:
    client = connect(serve(max_body_bytes=1000))
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1001\r\n\r\n")
    answer = client.read_all()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer


def test_a_chunked_body_is_refused_as_soon_as_it_is_beyond_the_limit(serve: Serve, connect: Connect) -> None:
    client = connect(serve(max_body_bytes=1000))
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
    client.send(b"3e8\r\n" + b" " * 1000 + b"\r\n1\r\n \r\n")  # and its end never comes
    assert client.read_all().startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_within_the_limit_is_read(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply(completion("Hello!"))
    answer = httpx.post(f"{serve().base_url}/responses", content=iter([ASK[:9], ASK[9:]]))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"model=m", b'{"model": NaN}', b'{"model": "\xff"}', b"[" * 10_000, b'{"a": 1} {"b": 2}']
)
def test_what_is_no_json_is_a_400_that_does_not_repeat_it(body: bytes, serve: Serve) -> None:
    answer = httpx.post(f"{serve().base_url}/responses", content=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert "not valid JSON" in error["message"]
    assert "model" not in error["message"]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"7"])
def test_json_that_is_no_object_is_a_400(body: bytes, serve: Serve) -> None:
    answer = httpx.post(f"{serve().base_url}/responses", content=body)
    assert answer.status_code == 400
    assert "JSON object" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"input": "Hi"}', "model"),
        (b'{"model": 7, "input": "Hi"}', "model"),
        (b'{"model": "m", "top_p": 2}', "top_p"),
    ],
)
def test_a_faulty_field_is_a_400_that_names_it(body: bytes, param: str, serve: Serve) -> None:
    answer = httpx.post(f"{serve().base_url}/responses", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_a_faulty_request_for_a_stream_is_no_stream(serve: Serve) -> None:
    answer = httpx.post(f"{serve().base_url}/responses", json={"model": "m", "input": 7, "stream": True})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"


def test_a_byte_order_mark_is_passed_over(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply(completion("Hello!"))
    assert httpx.post(f"{serve().base_url}/responses", content=b"\xef\xbb\xbf" + ASK).status_code == 200


def test_a_number_that_json_cannot_say_is_named_and_goes_nowhere(upstream: ScriptedUpstream, serve: Serve) -> None:
    body = b'{"model": "m", "input": "To Infinity!", "store": false, "extra": {"a": [1, 1e999]}}'
    answer = httpx.post(f"{serve().base_url}/responses", content=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "extra.a[1]")
    assert upstream.idle()
    upstream.reply(completion("And beyond!"))
    body = body.replace(b"1e999", b"1e99")
    assert httpx.post(f"{serve().base_url}/responses", content=body).status_code == 200
    assert upstream.next().json["extra"] == {"a": [1, 1e99]}


@pytest.mark.parametrize("wire", ["chat", "responses"])
@pytest.mark.parametrize("path", ["chat/completions", "responses"])
def test_no_request_that_is_written_anew_has_a_number_that_json_cannot_say(
    upstream: ScriptedUpstream, serve: Serve, wire: Literal["chat", "responses"], path: str
) -> None:
    models = (Model(name="m", upstream_name="theirs"),)
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, wire=wire, models=models),))
    body = b'{"model": "m", "input": "Hi", "messages": [{"role": "user", "content": "Hi"}], "a": {"b": 1e999}}'
    answer = httpx.post(f"{server.base_url}/{path}", content=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "a.b")
    assert upstream.idle()

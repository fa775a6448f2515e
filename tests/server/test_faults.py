"""Upstreams that break their rules, or break: a clear HTTP error before the first byte, a failed stream after it."""

from __future__ import annotations

import json
import socket
import threading

import httpx
import pytest

from tests.servers import (
    Connect,
    Exchange,
    RunningServer,
    ScriptedUpstream,
    Serve,
    chunk,
    completion,
    read_events,
)
from translator.mapping.failure import ACTED_ON, LISTED
from translator.server.settings import Upstream

ASK = {"model": "m", "input": "Hi", "store": False}
STREAM = {**ASK, "stream": True}


def ask(server: RunningServer, **more: object) -> httpx.Response:
    return httpx.post(f"{server.base_url}/responses", json={**ASK, **more}, timeout=10)


def failed(answer: httpx.Response) -> dict[str, object]:
    """The error of a stream that began well and ended as one that broke off must."""
    assert answer.status_code == 200
    events = read_events(answer.content)
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1]["response"]["status"] == "failed"
    assert answer.content.endswith(b"data: [DONE]\n\n")
    error: dict[str, object] = events[-2]["error"]
    told = events[-1]["response"]["error"]
    assert told["message"] == error["message"] and told["code"] in LISTED | ACTED_ON
    return error


@pytest.mark.parametrize("reset", [False, True])
def test_a_stream_that_is_cut_ends_as_failed_with_what_had_come(
    reset: bool, upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello"))
    client.read_until(b"response.output_text.delta")
    exchange.cut(reset=reset)
    client.read_until(b"data: [DONE]\n\n")
    events = read_events(client.received)
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "Hello"
    assert events[-1]["response"]["output"][0]["status"] == "incomplete"


def test_a_body_that_ends_without_a_finish_reason_or_an_end_marker_has_failed(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.stream(chunk("Hello"), done=False)
    assert failed(ask(serve(), stream=True))


def test_an_error_in_a_stream_that_began_with_200_fails_it(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.stream(
        chunk("Hello"), {"error": {"message": "Too many requests", "type": "rate_limit_error", "code": 429}}
    )
    assert failed(ask(serve(), stream=True))["code"] == "rate_limit_exceeded"


def test_an_error_in_a_200_without_a_stream_is_an_http_error(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply({"error": {"message": "Too many requests", "type": "rate_limit_error", "code": 429}})
    answer = ask(serve())
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("body", [b"data: {not json}\n\n", b"data: 7\n\n"])
def test_a_chunk_that_is_no_json_object_fails_the_stream(body: bytes, upstream: ScriptedUpstream, serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event(chunk("Hello"))
        exchange.write(body)
        exchange.wait_closed(5)

    upstream.answer(script)
    failed(ask(serve(), stream=True))


@pytest.mark.parametrize("body", ["<html>Hello</html>", "{not json", "", "null"])
def test_a_reply_that_is_no_completion_is_a_502(body: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply(body)
    answer = ask(serve())
    assert answer.status_code == 502
    assert answer.json()["error"]["type"] == "server_error"


def test_a_stream_without_the_end_marker_is_complete_with_its_finish_reason(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.stream(chunk("Hello"), chunk(finish="stop"), done=False)
    events = read_events(ask(serve(), stream=True).content)
    assert events[-1]["type"] == "response.completed"


def test_an_upstream_that_falls_silent_after_its_finish_reason_is_waited_for_no_longer_than_the_grace(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve(finish_grace_seconds=0.2))
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello"))
    exchange.event(chunk(finish="stop"))
    client.read_until(b"event: response.completed\n")
    client.read_until(b"data: [DONE]\n\n")
    exchange.wait_closed()


def test_usage_that_comes_within_the_grace_is_told(upstream: ScriptedUpstream, serve: Serve, connect: Connect) -> None:
    client = connect(serve())
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello"))
    exchange.event(chunk(finish="stop"))
    client.read_until(b"response.output_text.delta")
    exchange.event(chunk(usage={"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}))
    exchange.end()
    client.read_until(b"data: [DONE]\n\n")
    assert read_events(client.received)[-1]["response"]["usage"]["input_tokens"] == 7


def test_a_cut_after_the_finish_reason_takes_nothing_from_the_reply(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello", finish="stop"))
    client.read_until(b"response.output_text.delta")
    exchange.cut()
    client.read_until(b"event: response.completed\n")


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_every_line_ending_and_comments_are_read(ending: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(f": welcome{ending}{ending}".encode())
        for value in (chunk("Grüß "), chunk("Gott"), chunk(finish="stop")):
            exchange.write(f"id: 7{ending}data:{json.dumps(value)}{ending}: ping{ending}{ending}".encode())
        exchange.write(f"data: [DONE]{ending}{ending}".encode())
        exchange.end()

    upstream.answer(script)
    events = read_events(ask(serve(), stream=True).content)
    assert events[-1]["response"]["output_text"] == "Grüß Gott"


def test_bytes_may_be_cut_anywhere_even_within_a_character(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    body = f"data: {json.dumps(chunk('Grüße 🙂'), ensure_ascii=False)}\n\n".encode()
    at = body.index("🙂".encode()) + 2
    exchange.write(b'data: {"choices":[{"index":0,"delta":{"content":"1 "}}]}\n\n' + body[:at])
    client.read_until(b"response.output_text.delta")  # the first part was read by itself
    exchange.write(body[at:])
    exchange.event(chunk(finish="stop"))
    exchange.done()
    client.read_until(b"data: [DONE]\n\n")
    assert read_events(client.received)[-1]["response"]["output_text"] == "1 Grüße 🙂"


def test_a_silent_upstream_lets_heartbeats_through_before_and_between_tokens(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve(heartbeat_seconds=0.05))
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    for _ in range(4):
        client.read_until(b"event: response.in_progress\n")
    exchange.event(chunk("Hello"))
    client.read_until(b"response.output_text.delta")
    for _ in range(3):
        client.read_until(b"event: response.in_progress\n")
    exchange.event(chunk(finish="stop"))
    exchange.done()
    client.read_until(b"data: [DONE]\n\n")
    events = read_events(client.received)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "response.completed"


def test_a_busy_upstream_needs_no_heartbeat(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.stream(chunk("Hello"), chunk(finish="stop"))
    events = read_events(ask(serve(), stream=True).content)
    assert sum(event["type"] == "response.in_progress" for event in events) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_that_is_silent_beyond_its_timeout_is_a_504(
    stream: bool, upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, idle_timeout_seconds=0.2),))
    answer = ask(server, stream=stream)
    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "upstream_timeout"
    upstream.next().wait_closed()


def test_a_stream_that_is_silent_beyond_the_timeout_ends_as_failed(upstream: ScriptedUpstream, serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event(chunk("Hello"))
        exchange.wait_closed(5)

    upstream.answer(script)
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, idle_timeout_seconds=0.2),))
    assert failed(ask(server, stream=True))["code"] == "upstream_timeout"


@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_that_is_down_is_a_502_that_does_not_say_where_it_would_be(
    stream: bool, upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve()
    upstream.close()
    answer = ask(server, stream=stream)
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_unreachable"
    assert "127.0.0.1" not in answer.text and str(upstream.port) not in answer.text


def test_an_upstream_that_nobody_can_find_is_a_502(upstream: ScriptedUpstream, serve: Serve) -> None:
    answer = ask(serve(upstreams=(Upstream(base_url="http://nowhere.invalid/v1"),)))
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_unreachable"
    assert "nowhere" not in answer.text


def test_a_connection_that_closes_without_an_answer_is_a_502(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.answer(lambda exchange: exchange.cut())
    answer = ask(serve())
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_disconnected"


def test_an_answer_that_is_no_http_is_a_502(upstream: ScriptedUpstream, serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        exchange.cut()

    upstream.answer(script)
    assert ask(serve()).status_code == 502


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_before_the_first_byte_is_an_http_error_with_its_headers(
    stream: bool, upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.reply(
        {"error": {"message": "Slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}},
        429,
        {"retry-after": "7", "x-ratelimit-remaining-requests": "0", "x-internal": "1"},
    )
    answer = ask(serve(), stream=stream)
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"
    assert "x-internal" not in answer.headers
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("status", "told"), [(400, 502), (500, 502), (502, 502), (503, 503)])
def test_an_html_error_is_told_in_openais_body(
    status: int, told: int, stream: bool, upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.reply("<html><h1>nginx at 10.1.2.3</h1></html>", status)
    answer = ask(serve(), stream=stream)
    assert answer.status_code == told
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert "10.1.2.3" not in answer.text


def test_a_refused_upstream_key_is_not_the_clients_fault_and_is_not_told(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.reply({"error": {"message": "Incorrect API key provided: sk-upstream."}}, 401)
    answer = ask(serve())
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_auth_failed"
    assert "sk-upstream" not in answer.text


def test_an_error_that_quotes_the_upstreams_address_is_told_without_it(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    said = f"The model at 127.0.0.1:{upstream.port} with sk-upstream says: temperature is too high."
    upstream.reply({"error": {"message": said, "param": "temperature"}}, 400)
    answer = ask(serve())
    assert answer.status_code == 400
    assert "temperature" in answer.json()["error"]["message"]
    assert "127.0.0.1" not in answer.text and "sk-upstream" not in answer.text


def test_redirects_are_not_followed_and_not_passed_on(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply("", 307, {"location": f"http://127.0.0.1:{upstream.port}/elsewhere"})
    answer = ask(serve())
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_redirect"
    assert "location" not in answer.headers and "elsewhere" not in answer.text
    upstream.next()
    assert upstream.idle()


def test_a_huge_error_body_is_read_no_further_than_its_beginning(upstream: ScriptedUpstream, serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 500 No\r\ncontent-length: 1000000000\r\n\r\n" + b"x" * 1_000_000)
        exchange.wait_closed(5)

    upstream.answer(script)
    answer = ask(serve())
    assert answer.status_code == 502
    assert len(answer.content) < 10_000


def test_a_completion_beyond_the_limit_is_a_502(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply(completion("x" * 5000))
    answer = ask(serve(max_event_bytes=4096))
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_event_too_large"


def test_an_event_beyond_the_limit_fails_the_stream_and_hangs_up(upstream: ScriptedUpstream, serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(b"data: " + b"x" * 5000)
        exchange.wait_closed(5)

    upstream.answer(script)
    assert failed(ask(serve(max_event_bytes=4096), stream=True))["code"] == "upstream_event_too_large"


def test_a_document_in_the_place_of_a_stream_is_read_no_further_than_the_limit(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(b'{"choices": "' + b"x" * 5000)
        exchange.wait_closed(5)

    upstream.answer(script)
    assert failed(ask(serve(max_event_bytes=4096), stream=True))["code"] == "upstream_event_too_large"


def test_a_stream_answered_to_a_client_that_wants_none_becomes_one_response(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.stream(chunk("Hel"), chunk("lo!"), chunk(finish="stop"))
    answer = ask(serve())
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["output_text"] == "Hello!"


def test_a_completion_answered_to_a_client_that_streams_becomes_events(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.reply(completion("Hello!"))
    events = read_events(ask(serve(), stream=True).content)
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["output_text"] == "Hello!"


def test_a_compressed_reply_is_read(upstream: ScriptedUpstream, serve: Serve) -> None:
    import gzip

    body = gzip.compress(json.dumps(completion("Hello!")).encode())
    upstream.reply(body, headers={"content-encoding": "gzip", "content-type": "application/json"})
    assert ask(serve()).json()["output_text"] == "Hello!"
    assert upstream.next().headers["accept-encoding"] == "identity"


def test_a_reply_that_lies_about_its_compression_is_a_502(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply(completion("Hello!"), headers={"content-encoding": "gzip"})
    assert ask(serve()).status_code == 502


def test_a_slow_client_slows_its_upstream_down_and_loses_nothing(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    words = [f"{number} " for number in range(60_000)]  # as events they are more than all buffers on the way hold
    values = [{"id": "x" * 150, **chunk(word)} for word in words]
    body = b"".join(b"data: %b\n\n" % json.dumps(value).encode() for value in values)
    held_back = threading.Event()
    read_on = threading.Event()

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        exchange.connection.settimeout(0.5)
        rest = memoryview(body)
        exchange.send(b"%x\r\n" % len(rest))
        while rest:
            try:
                rest = rest[exchange.connection.send(rest) :]
            except TimeoutError:
                held_back.set()
                read_on.wait(30)
        exchange.connection.settimeout(10)
        exchange.send(b"\r\n")
        exchange.event(chunk(finish="stop"))
        exchange.done()

    upstream.answer(script)
    client = connect(serve())
    client.hold_little()
    client.post("/v1/responses", STREAM)
    assert held_back.wait(30), "the upstream could send it all although nobody read"
    read_on.set()
    client.read_until(b"data: [DONE]\n\n")
    deltas = [event["delta"] for event in read_events(client.received) if "delta" in event]
    assert "".join(deltas) == "".join(words)


def test_a_port_that_takes_no_connection_is_a_504(upstream: ScriptedUpstream, serve: Serve) -> None:
    with socket.socket() as full:  # a full backlog leaves the next ones waiting
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        server = serve(upstreams=(Upstream(base_url=f"http://127.0.0.1:{address[1]}/v1", connect_timeout_seconds=0.3),))
        answer = ask(server)
        for one in waiting:
            one.close()
    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "upstream_timeout"


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_of_nothing_is_an_http_error(streamed: bool, upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.answer(lambda exchange: exchange.send(b"HTTP/1.1 204 No Content\r\n\r\n"))
    answer = ask(serve(), stream=streamed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_empty")

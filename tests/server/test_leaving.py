"""A client that leaves, at any moment, takes the upstream's work with it; and nothing is left behind."""

from __future__ import annotations

import httpx
import pytest

from tests.servers import (
    PATIENCE,
    Connect,
    RunningServer,
    ScriptedUpstream,
    Serve,
    chunk,
    completion,
    read_events,
    wait_until,
)

ASK = {"model": "m", "input": "Hi", "store": False}
STREAM = {**ASK, "stream": True}


@pytest.mark.parametrize("stream", [False, True])
def test_leaving_while_the_upstream_has_not_answered_closes_its_connection(
    stream: bool, upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    before = _settled_tasks(server, upstream)
    client = connect(server)
    client.post("/v1/responses", {**ASK, "stream": stream})
    exchange = upstream.next()
    client.close()
    exchange.wait_closed()
    wait_until(lambda: server.tasks <= before)


def test_leaving_before_the_first_token_closes_the_upstreams_connection(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    before = _settled_tasks(server, upstream)
    client = connect(server)
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    client.read_until(b"response.in_progress")
    client.close()
    exchange.wait_closed()
    wait_until(lambda: server.tasks <= before)


def test_leaving_in_the_middle_closes_the_upstreams_connection(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    before = _settled_tasks(server, upstream)
    client = connect(server)
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello"))
    client.read_until(b"response.output_text.delta")
    client.close()
    exchange.wait_closed()
    wait_until(lambda: server.tasks <= before)


def test_leaving_while_a_reply_without_a_stream_is_arriving_closes_the_upstreams_connection(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    client.post("/v1/responses", ASK)
    exchange = upstream.next()
    exchange.begin("application/json")
    exchange.write(b'{"id":')
    client.close()
    exchange.wait_closed()


def test_leaving_during_the_grace_after_the_finish_reason_closes_the_upstreams_connection(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve(finish_grace_seconds=60))
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello", finish="stop"))
    client.read_until(b"response.output_text.delta")
    client.close()
    exchange.wait_closed()


def test_leaving_in_the_middle_of_ones_own_request_asks_nobody(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    before = _settled_tasks(server, upstream)
    client = connect(server)
    client.send(b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
    client.close()
    wait_until(lambda: server.tasks <= before)
    assert upstream.idle()


def test_a_client_that_stays_gets_its_answer_although_another_left(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    leaving, staying = connect(server), connect(server)
    leaving.post("/v1/responses", STREAM)
    left = upstream.next()
    staying.post("/v1/responses", STREAM)
    exchange = upstream.next()
    leaving.close()
    left.wait_closed()
    exchange.begin()
    exchange.event(chunk("Hello", finish="stop"))
    exchange.done()
    staying.read_until(b"data: [DONE]\n\n")
    assert read_events(staying.received)[-1]["type"] == "response.completed"
    staying.close()


def test_the_upstreams_connection_is_kept_only_if_its_body_was_read_to_the_end(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello", finish="stop"))
    exchange.write(b"data: [DONE]\n\n")  # and the body goes on
    client.read_until(b"data: [DONE]\n\n")
    exchange.wait_closed()
    client.close()


def test_the_end_of_a_body_is_waited_for_a_moment_so_that_the_connection_can_be_used_again(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    client = connect(server)
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello", finish="stop"))
    exchange.write(b"data: [DONE]\n\n")
    client.read_until(b"data: [DONE]\n\n")
    exchange.end()
    wait_until(lambda: server.running == 0)
    upstream.reply(completion("Hello!"))
    assert httpx.post(f"{server.base_url}/responses", json=ASK).status_code == 200
    assert upstream.connections == 1


def test_more_clients_than_a_usual_pool_has_connections_are_served_at_once(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    clients = [connect(server) for _ in range(120)]
    for client in clients:
        client.post("/v1/responses", STREAM)
    exchanges = [upstream.next() for _ in clients]  # all are waiting at the same time
    for exchange in exchanges:
        exchange.begin()
        exchange.event(chunk("Hello", finish="stop"))
        exchange.done()
    for client in clients:
        client.read_until(b"data: [DONE]\n\n")
        client.close()


def test_a_server_that_is_stopped_ends_its_streams_as_failed(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve(shutdown_grace_seconds=1)
    streaming, waiting = connect(server), connect(server)
    streaming.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hello"))
    streaming.read_until(b"response.output_text.delta")
    waiting.post("/v1/responses", ASK)
    other = upstream.next()
    server.begin_stop()
    events = read_events(streaming.read_until(b"data: [DONE]\n\n"))
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert events[-2]["error"]["code"] == "server_stopping"
    assert events[-1]["response"]["error"]["code"] == "server_error"
    refused = waiting.read_all()
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b'"code":"server_stopping"' in refused
    exchange.wait_closed()
    other.wait_closed()
    streaming.close()
    waiting.close()


def test_a_stream_that_ends_within_the_grace_of_a_stop_is_complete(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve()
    client = connect(server)
    client.post("/v1/responses", STREAM)
    exchange = upstream.next()
    exchange.begin()
    client.read_until(b"response.in_progress")
    server.begin_stop()
    exchange.event(chunk("Hello", finish="stop"))
    exchange.done()
    events = read_events(client.read_until(b"data: [DONE]\n\n"))
    assert events[-1]["type"] == "response.completed"
    client.close()


def _settled_tasks(server: RunningServer, upstream: ScriptedUpstream) -> int:
    """The tasks that the server has when nothing is asked of it, once it was asked something."""
    upstream.reply(completion("Hello!"))
    with httpx.Client() as client:
        assert client.post(f"{server.base_url}/responses", json=ASK, timeout=PATIENCE).status_code == 200
    upstream.next()
    wait_until(lambda: server.running == 0)
    return server.tasks

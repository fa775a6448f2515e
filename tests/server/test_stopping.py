"""A server that is told to stop: what its WebSockets are told of it, and how long it takes."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.processes import Command
from tests.server.stateful import JSON, Client, Socket
from tests.servers import Exchange, RunningServer, ScriptedUpstream, Serve, chunk
from translator.server.settings import Upstream

RESTART = 1012


@pytest.fixture
def start(upstream: ScriptedUpstream, tmp_path: Path) -> Iterator[Command]:
    """A server in a process of its own, whose grace is a second."""
    store = f"sqlite:///{tmp_path / 'store.db'}"
    command = Command("--upstream", upstream.base_url, "--store", store, TRANSLATOR_SHUTDOWN_GRACE_SECONDS="1")
    yield command
    command.kill()


def test_a_signal_closes_idle_connections_at_once_and_lets_a_turn_end(
    upstream: ScriptedUpstream, start: Command
) -> None:
    with Socket(start) as idle, Socket(start) as busy:
        exchange = begin(busy, upstream)
        start.process.send_signal(signal.SIGTERM)
        assert (closing_code(idle), told_at_the_end(idle)) == (RESTART, [])
        finish(exchange)
        assert busy.events()[-1]["type"] == "response.completed"
        assert (closing_code(busy), told_at_the_end(busy)) == (RESTART, [])
    _, log = start.process.communicate(timeout=15)
    assert "ERROR" not in log and "Traceback" not in log


def test_a_turn_that_takes_longer_than_the_grace_is_ended_as_failed(upstream: ScriptedUpstream, start: Command) -> None:
    with Socket(start) as socket:
        exchange = begin(socket, upstream)
        start.process.send_signal(signal.SIGTERM)
        *_, error, failed, last = told_at_the_end(socket)
        assert [event["type"] for event in (error, failed, last)] == ["error", "response.failed", "error"]
        assert error["error"]["code"] == last["error"]["code"] == "server_stopping"
        assert failed["response"]["error"]["code"] == "server_error"
        assert last["status"] == 503
        assert closing_code(socket) == RESTART
        exchange.wait_closed()
    _, log = start.process.communicate(timeout=15)
    assert "Traceback" not in log


def test_a_message_whose_turn_the_upstream_has_not_accepted_is_refused_when_the_grace_is_over(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve(shutdown_grace_seconds=1)
    with Socket(server) as socket:
        socket.send(input="Hi")
        exchange = upstream.next()
        server.begin_stop()
        (refused,) = told_at_the_end(socket)
        assert (refused["status"], refused["error"]["code"]) == (503, "server_stopping")
        assert closing_code(socket) == RESTART
        exchange.wait_closed()


def test_a_turn_that_is_passed_through_is_ended_as_failed_too(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstreams = (Upstream(base_url=upstream.base_url, wire="responses"),)
    server = serve(upstreams=upstreams, shutdown_grace_seconds=1)
    with Socket(server) as socket:
        socket.send(input="Hi")
        exchange = upstream.next()
        exchange.begin()
        exchange.event({"type": "response.created", "response": {"id": "resp_1"}, "sequence_number": 0})
        assert socket.receive()["type"] == "response.created"
        server.begin_stop()
        error, failed, last = told_at_the_end(socket)
        assert (failed["type"], failed["response"]["id"]) == ("response.failed", "resp_1")
        assert error["error"]["code"] == last["error"]["code"] == "server_stopping"
        assert failed["response"]["error"]["code"] == "server_error"
        exchange.wait_closed()


def test_messages_that_wait_are_refused_in_their_turn(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    with Socket(server) as socket:
        exchange = begin(socket, upstream)
        for _ in range(2):
            socket.send(input="later")
        stop_begins(server)
        finish(exchange)
        assert socket.events()[-1]["type"] == "response.completed"
        refused = told_at_the_end(socket)
        assert [told["error"]["code"] for told in refused] == ["server_stopping"] * 2
        assert closing_code(socket) == RESTART
    assert upstream.idle()


def test_a_client_that_leaves_a_server_that_stops_ends_the_upstreams_work(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve(shutdown_grace_seconds=30)
    with Socket(server) as socket:
        exchange = begin(socket, upstream)
        stop_begins(server)
    exchange.wait_closed()
    server.stop()


def test_a_client_that_says_nothing_more_does_not_hold_a_stop_up(serve: Serve) -> None:
    server = serve(shutdown_grace_seconds=30)
    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        silent.sendall(
            b"GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert silent.recv(65536).startswith(b"HTTP/1.1 101 ")
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 5


def test_what_was_told_of_as_completed_while_stopping_is_kept(
    upstream: ScriptedUpstream, serve: Serve, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    server = serve(store=store)
    with Socket(server) as socket:
        exchange = begin(socket, upstream)
        stop_begins(server)
        finish(exchange)
        completed = socket.events()[-1]["response"]
    server.stop()
    client = Client(serve(store=store))
    with client.http:
        assert client.get(f"/responses/{completed['id']}") == completed


def stop_begins(server: RunningServer) -> None:
    """Tells it to stop, and waits until it does."""
    with Socket(server) as idle:
        server.begin_stop()
        assert closing_code(idle) == RESTART


def begin(socket: Socket, upstream: ScriptedUpstream) -> Exchange:
    """A turn that has said its first words."""
    socket.send(input="Hi")
    exchange = upstream.next()
    exchange.begin()
    exchange.event(chunk("Hel"))
    while socket.receive()["type"] != "response.output_text.delta":
        pass
    return exchange


def finish(exchange: Exchange) -> None:
    """Says its last."""
    exchange.event(chunk("lo!", finish="stop"))
    exchange.done()


def told_at_the_end(socket: Socket) -> list[JSON]:
    """What comes before the connection is closed."""
    told: list[JSON] = []
    with pytest.raises(ConnectionClosed):
        while True:
            told.append(socket.receive())
    return told


def closing_code(socket: Socket) -> int:
    """The code that the server closes, or has closed, the connection with."""
    with pytest.raises(ConnectionClosed) as caught:
        socket.receive()
    assert caught.value.rcvd is not None
    return int(caught.value.rcvd.code)

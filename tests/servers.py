"""Real servers on loopback for tests: an upstream that does what a test says, and the server under test.

    def test_something(upstream: ScriptedUpstream, serve: Serve) -> None:
        server = serve(heartbeat_seconds=0.1)           # settings; the upstream is `upstream` unless others are given
        upstream.stream(chunk("Hello"), chunk(finish="stop"))      # the next request is answered with this
        answer = httpx.post(f"{server.base_url}/responses", json={...})
        assert upstream.next().json["model"] == "m"     # what the server asked

A test that must decide when the upstream says what queues nothing and plays the upstream itself:

    client = connect(server)                            # a bare connection: it can stop reading, or leave
    client.post("/v1/responses", {...})
    exchange = upstream.next()                          # waits for the request to arrive
    exchange.begin()                                    # 200 and text/event-stream, chunked
    client.read_until(b"response.in_progress")
    client.close()
    exchange.wait_closed()                              # fails unless the server hangs up within a second
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import uvicorn
from starlette.types import ASGIApp

from translator.server import running
from translator.server.settings import Settings

JSON = dict[str, Any]
Script = Callable[["Exchange"], None]

PATIENCE = 10.0
"""Seconds after which a test that waits for something fails."""


def chunk(text: str | None = None, *, finish: str | None = None, usage: JSON | None = None, **delta: Any) -> JSON:
    """A chat chunk: a delta of text or of anything else, a finish reason, or usage alone."""
    if text is not None:
        delta["content"] = text
    choices = [] if usage is not None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "upstream-model"}
    return {**head, "choices": choices, **({"usage": usage} if usage is not None else {})}


def completion(text: str, **message: Any) -> JSON:
    """A chat completion that says `text`."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "upstream-model",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


class Exchange:
    """One request that the upstream got, and the connection it is to be answered on."""

    def __init__(self, connection: socket.socket, method: str, path: str, headers: Mapping[str, str], body: bytes):
        self.method = method
        self.path = path
        self.headers = headers
        """By lower-case name."""
        self.body = body
        self.over = threading.Event()
        """Set once it was answered, or cut."""
        self.connection = connection

    @property
    def json(self) -> Any:
        """The request's body."""
        return json.loads(self.body)

    def send(self, data: bytes) -> None:
        """Bytes as they are; nothing is added."""
        self.connection.sendall(data)

    def reply(self, body: JSON | str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer: JSON of a dict, else the text or bytes as `text/html`."""
        kind = "application/json" if isinstance(body, dict) else "text/html"
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        data = data.encode() if isinstance(data, str) else data
        self.send(_head(status, {"content-type": kind, "content-length": str(len(data)), **(headers or {})}) + data)
        self.over.set()

    def begin(self, content_type: str = "text/event-stream", headers: Mapping[str, str] | None = None) -> None:
        """The head of a chunked answer of status 200."""
        self.send(_head(200, {"content-type": content_type, "transfer-encoding": "chunked", **(headers or {})}))

    def write(self, data: bytes) -> None:
        """One HTTP chunk of the body: part of an event, or several of them."""
        self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def event(self, value: JSON) -> None:
        """One server-sent event."""
        self.write(b"data: %b\n\n" % json.dumps(value).encode())

    def done(self) -> None:
        """`[DONE]`, and the end of the body."""
        self.write(b"data: [DONE]\n\n")
        self.end()

    def end(self) -> None:
        """The end of the body."""
        self.send(b"0\r\n\r\n")
        self.over.set()

    def cut(self, *, reset: bool = False) -> None:
        """Closes the connection in the middle of everything."""
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)
        self.over.set()

    def wait_closed(self, seconds: float = 1.0) -> None:
        """Waits until the other side closes the connection; fails if it takes longer."""
        self.connection.settimeout(seconds)
        try:
            assert self.connection.recv(1) == b"", "the other side sent something instead of closing"
        except ConnectionResetError:
            pass
        except TimeoutError:
            raise AssertionError(f"the connection was still open after {seconds} s") from None
        finally:
            self.over.set()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class ScriptedUpstream:
    """A chat upstream on a raw socket: it answers what was queued, and whatever else a test tells it to."""

    def __init__(self) -> None:
        self.models: list[Any] | None = None
        """What `GET /models` lists, whenever it is asked; None: 404, an upstream without a list."""
        self.models_body: Any = None
        """The whole body of `GET /models` instead: JSON, or text that is none."""
        self.models_status = 200
        """The status of `GET /models`; an error stands in for the list."""
        self.listings: list[Exchange] = []
        """The requests for the list; they are not among those of `next`."""
        self._scripts: queue.SimpleQueue[Script] = queue.SimpleQueue()
        self._arrived: queue.SimpleQueue[Exchange] = queue.SimpleQueue()
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def answer(self, script: Script) -> None:
        """Queues a script, which is called with the exchange, in a thread of the upstream."""
        self._scripts.put(script)

    def reply(self, body: JSON | str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Queues a whole answer, as `Exchange.reply`."""
        self.answer(lambda exchange: exchange.reply(body, status, headers))

    def stream(self, *chunks: JSON, done: bool = True) -> None:
        """Queues a stream of chunks, with `[DONE]` unless it is not wanted."""

        def script(exchange: Exchange) -> None:
            exchange.begin()
            for value in chunks:
                exchange.event(value)
            (exchange.done if done else exchange.end)()

        self.answer(script)

    def next(self) -> Exchange:
        """The next request that arrived or arrives; requests for models are not among them."""
        return self._arrived.get(timeout=PATIENCE)

    def idle(self) -> bool:
        """Whether every request that arrived was taken with `next`."""
        return self._arrived.empty()

    def forget(self) -> None:
        """Drops what is queued and not asked for, and what has arrived and was not taken."""
        for waiting in (self._scripts, self._arrived):
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.get_nowait()

    @property
    def connections(self) -> int:
        """How many connections were made so far."""
        return len(self._connections)

    def close(self) -> None:
        """Hangs up."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._attend, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _attend(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while (exchange := _read_request(connection)) is not None:
                self._handle(exchange)

    def _handle(self, exchange: Exchange) -> None:
        if exchange.method == "GET" and exchange.path.split("?")[0].endswith("/models"):
            self._list(exchange)
            return
        self._arrived.put(exchange)
        try:
            script = self._scripts.get_nowait()
        except queue.Empty:
            exchange.over.wait(PATIENCE)
        else:
            script(exchange)

    def _list(self, exchange: Exchange) -> None:
        self.listings.append(exchange)
        body = self.models_body
        if body is None and self.models is not None:
            body = {"object": "list", "data": self.models}
        if self.models_status != 200 or body is None:
            status = 404 if self.models_status == 200 else self.models_status
            exchange.reply({"error": {"message": "There is no list."}}, status)
        else:
            exchange.reply(body if isinstance(body, str) else json.dumps(body))


def _read_request(connection: socket.socket) -> Exchange | None:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (data := connection.recv(65536)):
            return None
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    method, path, _ = line.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Exchange(connection, method, path, headers, body)


class RunningServer:
    """An ASGI app in a real uvicorn, in a thread, on a free port of 127.0.0.1."""

    def __init__(self, app: ASGIApp, settings: Settings | None = None) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        config = running.configure(app, settings or Settings())
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, args=(config, listener))
        self._thread.start()

    def _run(self, config: uvicorn.Config, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._server.serve(sockets=[listener]))

    @property
    def running(self) -> int:
        """How many requests are being worked on."""
        return len(self._server.server_state.tasks)

    @property
    def tasks(self) -> int:
        """How many tasks its event loop has, all in all: what a request left behind is one of them."""
        return len(asyncio.all_tasks(self._loop))

    def begin_stop(self) -> None:
        """Tells it to stop, as a signal would."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Stops it, and waits until it has."""
        self.begin_stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the server does not stop"


class RawClient:
    """A client that is nothing but a connection, so that a test decides when it reads and when it leaves."""

    def __init__(self, server: RunningServer) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.received = bytearray()
        """All that was read so far."""
        self._taken = 0

    def hold_little(self) -> None:
        """Have the system hold little that was not read yet; by itself it holds megabytes."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)

    def post(self, path: str, body: JSON | bytes, headers: Mapping[str, str] | None = None) -> None:
        """Sends a request; nothing is read."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"host": "localhost", "content-type": "application/json", "content-length": str(len(data))}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**given, **(headers or {})}.items())]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    def send(self, data: bytes) -> None:
        """Bytes as they are."""
        self._socket.sendall(data)

    def read_until(self, end: bytes) -> bytes:
        """Reads until `end` comes; gives what came before it, from where the last call ended, and `end`."""
        start = searched = self._taken
        while (at := self.received.find(end, searched)) < 0:
            searched = max(start, len(self.received) - len(end))
            data = self._socket.recv(65536)
            assert data, f"the connection was closed before {end!r} came: {self.received[start:]!r}"
            self.received += data
        self._taken = at + len(end)
        return bytes(self.received[start : self._taken])

    def read_all(self) -> bytes:
        """Reads until the server closes the connection."""
        start = self._taken
        while data := self._socket.recv(65536):
            self.received += data
        self._taken = len(self.received)
        return bytes(self.received[start:])

    def close(self) -> None:
        """Leaves."""
        self._socket.close()


Connect = Callable[[RunningServer], RawClient]
"""The fixture `connect`: a bare connection to a server, closed when the test is over if not before."""


class Serve(Protocol):
    """The fixture `serve`: starts the server; the scripted upstream answers unless the settings name others."""

    def __call__(self, **settings: Any) -> RunningServer: ...


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Waits for something that has no event to wait for; fails if it does not come true."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.005)


def read_events(body: bytes | bytearray) -> list[JSON]:
    """The JSON of all events of a stream; the end marker must be last where it is there at all."""
    data = [line[6:] for line in bytes(body).split(b"\n") if line.startswith(b"data: ")]
    if b"[DONE]" in data:
        assert data.pop() == b"[DONE]"
    return [json.loads(value) for value in data]

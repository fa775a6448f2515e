"""A WebSocket's client that sends what no client sends: it costs itself the connection, and the others little."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from tests.server.test_handshakes import HANDSHAKE
from tests.servers import Connect, RawClient, Serve
from translator.server import running
from translator.server.settings import Settings
from translator.server.websocket_protocol import MOST_FRAGMENTS, MOST_SIGNS, WebSocketProtocol

CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
NO_TEXT, AGAINST_THE_RULES = 1007, 1008


def frame(kind: int, data: bytes = b"", *, last: bool = True) -> bytes:
    """A short frame, masked as a client's is."""
    assert len(data) < 126
    return bytes([kind | (0x80 if last else 0), 0x80 | len(data)]) + bytes(4) + data


def frames(data: bytes) -> list[tuple[int, bytes]]:
    """The kinds and contents of the short frames that a server sent."""
    found = []
    while data:
        kind, size = data[0] & 0x0F, data[1]
        found.append((kind, data[2 : 2 + size]))
        data = data[2 + size :]
    return found


def handshake() -> bytes:
    lines = [f"{name}: {value}" for name, value in {"host": "localhost", **HANDSHAKE}.items()]
    return "\r\n".join(["GET /v1/responses HTTP/1.1", *lines, "", ""]).encode()


@pytest.fixture
def client(serve: Serve, connect: Connect) -> RawClient:
    client = connect(serve())
    client.send(handshake())
    assert client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
    return client


@pytest.mark.parametrize(
    ("flood", "code"),
    [
        (frame(TEXT, b"{", last=False) + frame(CONTINUATION, last=False) * MOST_FRAGMENTS, AGAINST_THE_RULES),
        (frame(PING) * (2 * MOST_SIGNS), AGAINST_THE_RULES),
        (frame(PONG) * (2 * MOST_SIGNS), AGAINST_THE_RULES),
        (frame(TEXT, b"\xff"), NO_TEXT),
        (frame(TEXT, b"\xc3", last=False) + frame(CONTINUATION, b"("), NO_TEXT),
    ],
    ids=["fragments", "pings", "pongs", "no text", "no text in pieces"],
)
def test_what_no_client_sends_closes_the_connection_and_is_no_fault(
    flood: bytes, code: int, client: RawClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.send(flood)
    *before, (kind, said) = frames(client.read_all())
    assert (kind, said[:2]) == (CLOSE, struct.pack("!H", code))
    assert {kind for kind, _ in before} <= {PONG}
    assert not caplog.records


def test_a_message_in_pieces_is_one(client: RawClient) -> None:
    text = '{"type": "ü"}'.encode()
    pieces = [frame(CONTINUATION, bytes([byte]), last=False) for byte in text[1:]]
    client.send(frame(TEXT, text[:1], last=False) + frame(PING, b"?") + b"".join(pieces) + frame(CONTINUATION))
    assert client.read_until(b"response.create").startswith(b"\x8a\x01?\x81")


class Transport(asyncio.Transport):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self._reading = True

    def is_reading(self) -> bool:
        return self._reading

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True


@pytest.fixture
async def protocol() -> WebSocketProtocol:
    accepted = asyncio.Event()

    async def accept(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        accepted.set()

    config = running.configure(accept, Settings())
    config.load()
    protocol = WebSocketProtocol(config, ServerState(), {})
    protocol.connection_made(Transport())
    protocol.data_received(handshake())
    await accepted.wait()
    return protocol


@pytest.fixture
def transport(protocol: WebSocketProtocol) -> Iterator[Transport]:
    assert isinstance(protocol.transport, Transport)
    protocol.transport.written = b""
    yield protocol.transport
    protocol.stop_keepalive()


async def test_pings_of_a_client_that_takes_nothing_are_not_answered(
    protocol: WebSocketProtocol, transport: Transport
) -> None:
    protocol.pause_writing()
    protocol.data_received(frame(PING, b"unheard"))
    assert transport.written == b""
    protocol.resume_writing()
    protocol.data_received(frame(PING, b"heard"))
    assert frames(transport.written) == [(PONG, b"heard")]


async def test_after_much_at_once_others_have_their_turn(protocol: WebSocketProtocol, transport: Transport) -> None:
    protocol.data_received(frame(TEXT, b"", last=False) + frame(CONTINUATION, b"x" * 125, last=False) * 600)
    assert not transport.is_reading()
    await asyncio.sleep(0)
    assert transport.is_reading()
    protocol.data_received(frame(CONTINUATION, last=False))
    assert transport.is_reading()

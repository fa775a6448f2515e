"""What is said in one breath leaves in one write."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from uvicorn.server import ServerState

from translator.server import running
from translator.server.app import create_app
from translator.server.http_protocol import GatheringTransport, HttpProtocol
from translator.server.settings import Settings


class Written(asyncio.Transport):
    """A transport that remembers what it was given, and when it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writelines([data])

    def writelines(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        self.said.append(b"".join(pieces))

    def close(self) -> None:
        self.said.append(b"(closed)")
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
async def gathering(written: Written) -> GatheringTransport:
    return GatheringTransport(written, asyncio.get_running_loop())


async def test_what_is_written_in_one_turn_leaves_together(written: Written, gathering: GatheringTransport) -> None:
    gathering.write(b"head, ")
    gathering.write(b"body")
    assert written.said == []
    await asyncio.sleep(0)
    gathering.write(b"more")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written.said == [b"head, body", b"more"]


async def test_no_more_is_held_than_a_transport_takes(written: Written, gathering: GatheringTransport) -> None:
    gathering.write(b"a" * 40_000)
    gathering.write(b"b" * 40_000)
    assert [len(said) for said in written.said] == [80_000]
    await asyncio.sleep(0)
    assert len(written.said) == 1


async def test_what_was_written_leaves_before_the_end(written: Written, gathering: GatheringTransport) -> None:
    gathering.write(b"the last")
    gathering.close()
    await asyncio.sleep(0)
    assert written.said == [b"the last", b"(closed)"]


async def test_nothing_is_written_to_a_client_that_has_left(written: Written, gathering: GatheringTransport) -> None:
    gathering.write(b"too late")
    written.closed = True
    await asyncio.sleep(0)
    assert written.said == []


async def test_an_answers_head_and_body_leave_together(written: Written) -> None:
    settings = Settings(store="memory:")
    config = running.configure(create_app(settings), settings)
    config.load()
    assert config.http_protocol_class is HttpProtocol
    protocol = HttpProtocol(config, state := ServerState(), {})
    protocol.connection_made(written)
    protocol.data_received(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
    await asyncio.gather(*state.tasks)
    await asyncio.sleep(0)
    (said,) = written.said
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.endswith(b'{"status":"ok"}')
    protocol.shutdown()

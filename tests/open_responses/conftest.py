"""The ways to ask for a response, as fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.stateful import Socket
from tests.servers import RunningServer, ScriptedUpstream
from translator.server.app import create_app
from translator.server.settings import Settings, Upstream

from .ways import OverWebSocket, Plain, Streamed, Told, Way


@pytest.fixture(scope="package")
def lasting() -> Iterator[tuple[RunningServer, ScriptedUpstream]]:
    """One server with its upstream for all tests that need no settings: each of the many would wait for its own."""
    upstream = ScriptedUpstream()
    settings = Settings(store="memory:", upstreams=(Upstream(base_url=upstream.base_url),))
    server = RunningServer(create_app(settings), settings)
    yield server, upstream
    upstream.close()
    server.stop()


@pytest.fixture
def server(lasting: tuple[RunningServer, ScriptedUpstream]) -> RunningServer:
    return lasting[0]


@pytest.fixture
def upstream(
    request: pytest.FixtureRequest, lasting: tuple[RunningServer, ScriptedUpstream]
) -> Iterator[ScriptedUpstream]:
    """The upstream of `server`, or for a test that starts a server itself, one of its own."""
    if "serve" in request.fixturenames:
        own = ScriptedUpstream()
        yield own
        own.close()
    else:
        yield lasting[1]
        lasting[1].forget()


def _way(kind: str, server: RunningServer) -> Iterator[Way]:
    if kind == "websocket":
        with Socket(server) as socket:
            yield OverWebSocket(socket)
    else:
        yield Plain(server) if kind == "json" else Streamed(server)


@pytest.fixture(params=["stream", "websocket"])
def way(request: pytest.FixtureRequest, server: RunningServer) -> Iterator[Told]:
    yield from _way(request.param, server)  # type: ignore[misc]  # neither of these two is Plain


@pytest.fixture(params=["json", "stream", "websocket"])
def any_way(request: pytest.FixtureRequest, server: RunningServer) -> Iterator[Way]:
    yield from _way(request.param, server)

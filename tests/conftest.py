"""Fixtures for every suite."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from translator.server.app import create_app
from translator.server.settings import Settings, Upstream

from .databases import POSTGRES, database
from .servers import Connect, RawClient, RunningServer, ScriptedUpstream, Serve

# How long an example takes says nothing of it on a busy machine. The same examples each time: what fails is due to what
# was changed. `--hypothesis-profile explore` tries many others.
_SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=_SLOW)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=3000, suppress_health_check=_SLOW)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without an address of a PostgreSQL its tests are left out; with one they run, and fail if it is not there."""
    if os.environ.get(POSTGRES):
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("postgres")]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The default run takes all cores, and one worker more, for many tests wait for programs that start or end.

    What is asked for by its marker measures, or is long, and runs alone.
    """
    return (os.cpu_count() or 1) + 1 if str(config.getoption("markexpr")).startswith("not slow") else 0


@pytest.fixture(scope="session", autouse=True)
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this user's data would be: what the tests keep by default must not be among it."""
    with pytest.MonkeyPatch.context() as patch:
        directory = tmp_path_factory.mktemp("data")
        patch.setenv("XDG_DATA_HOME", str(directory))
        yield directory


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """A chat upstream that does what the test says."""
    upstream = ScriptedUpstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def leaving() -> Iterator[list[RunningServer]]:
    """Servers that were told to stop; uvicorn takes its time, so they are waited for later."""
    leaving: list[RunningServer] = []
    yield leaving
    for server in leaving:
        server.stop()


@pytest.fixture
def serve(upstream: ScriptedUpstream, leaving: list[RunningServer]) -> Iterator[Serve]:
    """The server under test, in a real uvicorn; told to stop when the test is over."""
    started: list[RunningServer] = []
    lasting: list[RunningServer] = []  # their stores go with the test, so they must have left before it ends

    def start(**settings: Any) -> RunningServer:
        settings.setdefault("store", "memory:")
        settings.setdefault("upstreams", (Upstream(base_url=upstream.base_url, api_key="sk-upstream"),))
        given = Settings(**settings)
        server = RunningServer(create_app(given), given)
        (started if given.store == "memory:" else lasting).append(server)
        return server

    yield start
    upstream.close()  # first, so that no request waits for it
    for server in started:
        server.begin_stop()
    for server in lasting + leaving:
        server.stop()
    leaving[:] = started


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A client that is nothing but a connection."""
    clients: list[RawClient] = []

    def connect(server: RunningServer) -> RawClient:
        clients.append(RawClient(server))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database that outlives the store and that several processes may open."""
    async with database(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage is collected meanwhile: how long that takes grows with all that there is."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()

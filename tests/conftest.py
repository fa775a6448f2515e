"""Fixtures for every suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from translator.server.app import create_app
from translator.server.settings import Settings, Upstream

from .servers import RunningServer, ScriptedUpstream, Serve


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """A chat upstream that does what the test says."""
    upstream = ScriptedUpstream()
    yield upstream
    upstream.close()


@pytest.fixture
def serve(upstream: ScriptedUpstream) -> Iterator[Serve]:
    """The server under test, in a real uvicorn; stopped when the test is over."""
    started: list[RunningServer] = []

    def start(**settings: Any) -> RunningServer:
        settings.setdefault("store", "memory:")
        settings.setdefault("upstreams", (Upstream(base_url=upstream.base_url, api_key="sk-upstream"),))
        started.append(RunningServer(create_app(Settings(**settings))))
        return started[-1]

    yield start
    upstream.close()  # first, so that no request waits for it
    for server in started:
        server.stop()

"""The SDK's clients: over the embedded demo, and over an upstream that does what a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from openai import AsyncOpenAI, OpenAI

from translator.server.app import create_app
from translator.server.settings import Settings

from ..servers import RunningServer, Serve

KEY = "sk-client"


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningServer]:
    """The server with no upstream set, so that the demo answers; clients need a key."""
    server = RunningServer(create_app(Settings(api_keys=(KEY,), store="memory:")))
    yield server
    server.stop()


@pytest.fixture
def client(demo: RunningServer) -> Iterator[OpenAI]:
    """A client of the demo that never tries again."""
    with OpenAI(base_url=demo.base_url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def async_client(demo: RunningServer) -> AsyncIterator[AsyncOpenAI]:
    """The same, asynchronous."""
    async with AsyncOpenAI(base_url=demo.base_url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def scripted(serve: Serve) -> Iterator[OpenAI]:
    """A client of a server over the scripted upstream; it never tries again."""
    with OpenAI(base_url=serve().base_url, api_key="unused", max_retries=0) as client:
        yield client

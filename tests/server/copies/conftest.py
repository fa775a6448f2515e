"""An upstream that keeps files, servers before it, and a client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from translator.server.settings import Upstream

from ...servers import RunningServer, Serve
from .asking import JSON, KEEPS, Start, client_of
from .keeping import KeepingUpstream


@pytest.fixture
def keeping() -> Iterator[KeepingUpstream]:
    upstream = KeepingUpstream()
    yield upstream
    upstream.close()


@pytest.fixture
def start(serve: Serve, keeping: KeepingUpstream, tmp_path: Path) -> Start:
    """Starts a server behind which the upstream is that keeps files; always on the same store."""

    def start(dialect: JSON = KEEPS, **settings: Any) -> RunningServer:
        entry = Upstream(base_url=keeping.base_url, api_key="sk-upstream", dialect=dialect)
        return serve(**{"store": f"sqlite:///{tmp_path / 'store.db'}", "upstreams": (entry,), **settings})

    return start


@pytest.fixture
def client(start: Start) -> Iterator[OpenAI]:
    with client_of(start()) as client:
        yield client

"""What it costs the server to keep a response: CPU time of the process with `store`, as a ratio to one without."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from .load import Load, Process, compare

CONNECTIONS = 32
ROUNDS = 40
TIMES = 5
LIMIT = 1.4

pytestmark = pytest.mark.benchmark


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, Process]]:
    """Two that are alike, each with a store of its own."""
    with contextlib.ExitStack() as stack:

        def start(module: str, *arguments: str) -> Process:
            process = Process(module, *arguments)
            stack.callback(process.end)
            return process

        url = f"http://127.0.0.1:{start('upstream').port}/v1"
        yield {
            name: start("serving", "translator", url, f"sqlite:///{tmp_path / name}.db") for name in ("stored", "not")
        }


def _load(server: Process, store: bool) -> Load:
    body = {"model": "gpt-demo", "input": "Tell me a story.", "store": store}
    return Load(server, json.dumps(body).encode(), b'"metadata":{}}')


def _count(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM translator_responses").fetchone()
    return int(stored)


def test_a_stored_request_costs_at_most_two_fifths_more_than_one_that_is_not(
    servers: dict[str, Process], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cost = compare(_load(servers["stored"], True), _load(servers["not"], False), CONNECTIONS, TIMES, ROUNDS)
    counts = [_count(tmp_path / f"{name}.db") for name in servers]
    assert counts == [(ROUNDS + 1) * CONNECTIONS * TIMES, 0], "not all of them, or others too, were stored"
    with capsys.disabled():
        told = f"{cost} (limit {LIMIT})"
        print(f"\nCPU of a request that is stored in SQLite, {CONNECTIONS} clients at once: {told}")
    assert cost.ratio <= LIMIT

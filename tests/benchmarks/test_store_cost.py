"""What it costs the server to keep a response: CPU time of the process with `store`, as a ratio to that without."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from .load import Process, measure

CONNECTIONS = 32
ROUNDS = 20
TIMES = 20
LIMIT = 1.5

pytestmark = pytest.mark.benchmark


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def server(path: Path) -> Iterator[Process]:
    with contextlib.ExitStack() as stack:
        upstream = Process("upstream")
        stack.callback(upstream.end)
        url = f"http://127.0.0.1:{upstream.port}/v1"
        server = Process("serving", "translator", url, f"sqlite:///{path}")
        stack.callback(server.end)
        yield server


def test_a_stored_request_costs_at_most_one_and_a_half_of_one_that_is_not(
    server: Process, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = {True: float("inf"), False: float("inf")}
    for round in range(ROUNDS + 1):
        for store in best:
            body = json.dumps({"model": "gpt-demo", "input": "Tell me a story.", "store": store}).encode()
            spent = measure(server, body, b'"metadata":{}}', CONNECTIONS, TIMES)
            if round:  # the first warms up
                best[store] = min(best[store], spent)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM translator_responses").fetchone()
    assert stored == (ROUNDS + 1) * CONNECTIONS * TIMES, "not all of them, or others too, were stored"
    ratio = best[True] / best[False]
    with capsys.disabled():
        told = f"{best[True]:.0f} µs against {best[False]:.0f} µs: {ratio:.2f} (limit {LIMIT})"
        print(f"\nCPU of a request that is stored in SQLite, {CONNECTIONS} clients at once: {told}")
    assert ratio <= LIMIT

"""What the server costs beside a bare pass-through: CPU time of the process, as ratios taken in one run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from .load import Comparison, Load, Process, compare

CONNECTIONS = 16
ROUNDS = 40
LIMIT = 1.4
STREAM_LIMIT = 1.5

pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Process]]:
    with contextlib.ExitStack() as stack:

        def start(module: str, *arguments: str) -> Process:
            process = Process(module, *arguments)
            stack.callback(process.end)
            return process

        base_url = f"http://127.0.0.1:{start('upstream').port}/v1"
        yield {kind: start("serving", kind, base_url) for kind in ("bare", "translator")}


def _compare(servers: dict[str, Process], times: int, *, stream: bool) -> Comparison:
    asked: dict[str, dict[str, object]] = {
        "bare": {"model": "gpt-demo", "messages": [{"role": "user", "content": "Tell me a story."}]},
        "translator": {"model": "gpt-demo", "input": "Tell me a story.", "store": False},
    }
    ends = {
        "bare": b"0\r\n\r\n" if stream else b"}}}",
        "translator": b"0\r\n\r\n" if stream else b'"metadata":{}}',
    }
    loads = {
        kind: Load(servers[kind], json.dumps(body | {"stream": stream}).encode(), ends[kind])
        for kind, body in asked.items()
    }
    return compare(loads["translator"], loads["bare"], CONNECTIONS, times, ROUNDS)


def test_a_request_costs_at_most_two_fifths_more_than_a_bare_pass_through(
    servers: dict[str, Process], capsys: pytest.CaptureFixture[str]
) -> None:
    cost = _compare(servers, 10, stream=False)
    with capsys.disabled():
        print(f"\nCPU of a request: {cost} (limit {LIMIT})")
    assert cost.ratio <= LIMIT


def test_a_stream_of_200_chunks_costs_at_most_one_and_a_half_bare_pass_throughs(
    servers: dict[str, Process], capsys: pytest.CaptureFixture[str]
) -> None:
    cost = _compare(servers, 2, stream=True)
    with capsys.disabled():
        print(f"\nCPU of a stream of 200 chunks: {cost} (limit {STREAM_LIMIT})")
    assert cost.ratio <= STREAM_LIMIT

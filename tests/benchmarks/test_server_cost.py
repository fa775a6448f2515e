"""What the server costs beside a bare pass-through: CPU time of the process, as ratios taken in one run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from .load import Process, measure

CONNECTIONS = 16
ROUNDS = 20
LIMIT = 1.5

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


def _ratio(servers: dict[str, Process], times: int, *, stream: bool) -> tuple[float, str]:
    """The best of several rounds each, taken in turns: noise only ever adds."""
    asked: dict[str, dict[str, object]] = {
        "bare": {"model": "gpt-demo", "messages": [{"role": "user", "content": "Tell me a story."}]},
        "translator": {"model": "gpt-demo", "input": "Tell me a story.", "store": False},
    }
    ends = {
        "bare": b"0\r\n\r\n" if stream else b"}}}",
        "translator": b"0\r\n\r\n" if stream else b'"metadata":{}}',
    }
    best = dict.fromkeys(asked, float("inf"))
    for round in range(ROUNDS + 1):
        for kind, body in asked.items():
            spent = measure(
                servers[kind], json.dumps(body | {"stream": stream}).encode(), ends[kind], CONNECTIONS, times
            )
            if round:  # the first warms up
                best[kind] = min(best[kind], spent)
    ratio = best["translator"] / best["bare"]
    return ratio, f"{best['translator']:.0f} µs against {best['bare']:.0f} µs: {ratio:.2f} (limit {LIMIT})"


def test_a_request_costs_at_most_one_and_a_half_bare_pass_throughs(
    servers: dict[str, Process], capsys: pytest.CaptureFixture[str]
) -> None:
    ratio, told = _ratio(servers, 20, stream=False)
    with capsys.disabled():
        print(f"\nCPU of a request: {told}")
    assert ratio <= LIMIT


def test_a_stream_of_200_chunks_costs_at_most_one_and_a_half_bare_pass_throughs(
    servers: dict[str, Process], capsys: pytest.CaptureFixture[str]
) -> None:
    ratio, told = _ratio(servers, 4, stream=True)
    with capsys.disabled():
        print(f"\nCPU of a stream of 200 chunks: {told}")
    assert ratio <= LIMIT

"""What the server costs beside a bare pass-through: CPU time of the process, as ratios taken in one run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CONNECTIONS = 16
ROUNDS = 5
LIMIT = 1.5

pytestmark = pytest.mark.benchmark


class Process:
    """A module of this package in a process of its own; the first thing it prints is its port."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.ask(""))

    def ask(self, line: str = "\n") -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def end(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Process]]:
    with contextlib.ExitStack() as stack:

        def start(module: str, *arguments: str) -> Process:
            process = Process(module, *arguments)
            stack.callback(process.end)
            return process

        base_url = f"http://127.0.0.1:{start('upstream').port}/v1"
        yield {kind: start("serving", kind, base_url) for kind in ("bare", "translator")}


async def _ask(port: int, body: bytes, times: int, end: bytes) -> None:
    """One keep-alive connection; an answer is complete with the bytes `end`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    head = f"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    for _ in range(times):
        writer.write(head.encode() + b"\r\n\r\n" + body)
        answer = await reader.readuntil(end)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    writer.close()
    await writer.wait_closed()


def _measure(server: Process, body: bytes, times: int, end: bytes) -> float:
    """Microseconds of CPU per request."""

    async def load() -> None:
        await asyncio.gather(*[_ask(server.port, body, times, end) for _ in range(CONNECTIONS)])

    before = float(server.ask())
    asyncio.run(load())
    return (float(server.ask()) - before) / (CONNECTIONS * times) * 1e6


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
            spent = _measure(servers[kind], json.dumps(body | {"stream": stream}).encode(), times, ends[kind])
            if round:  # the first warms up
                best[kind] = min(best[kind], spent)
    ratio = best["translator"] / best["bare"]
    return ratio, f"{best['translator']:.0f} µs against {best['bare']:.0f} µs: {ratio:.2f} (limit {LIMIT})"


def test_a_request_costs_at_most_one_and_a_half_bare_pass_throughs(
    servers: dict[str, Process], capsys: pytest.CaptureFixture[str]
) -> None:
    ratio, told = _ratio(servers, 100, stream=False)
    with capsys.disabled():
        print(f"\nCPU of a request: {told}")
    assert ratio <= LIMIT


def test_a_stream_of_200_chunks_costs_at_most_one_and_a_half_bare_pass_throughs(
    servers: dict[str, Process], capsys: pytest.CaptureFixture[str]
) -> None:
    ratio, told = _ratio(servers, 15, stream=True)
    with capsys.disabled():
        print(f"\nCPU of a stream of 200 chunks: {told}")
    assert ratio <= LIMIT

"""Processes that tell their own CPU time, and requests to load them with."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple


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


async def _ask(port: int, body: bytes, times: int, end: bytes) -> None:
    """One keep-alive connection; an answer is complete with the bytes `end`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    head = "POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    head += f"content-length: {len(body)}"
    for _ in range(times):
        writer.write(head.encode() + b"\r\n\r\n" + body)
        answer = await reader.readuntil(end)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    writer.close()
    await writer.wait_closed()


class Load(NamedTuple):
    """What a server is asked, again and again."""

    server: Process
    body: bytes
    end: bytes
    """What each answer ends in."""


class Comparison(NamedTuple):
    """What a request costs beside another, in microseconds of CPU."""

    ratio: float
    cost: float
    beside: float

    def __str__(self) -> str:
        return f"{self.cost:.0f} µs against {self.beside:.0f} µs: {self.ratio:.2f}"


def compare(asked: Load, beside: Load, connections: int, times: int, rounds: int) -> Comparison:
    """One request's cost beside another's: the median of so many rounds, each of so many requests on each connection.

    Both servers are loaded at the same time, on one core (see `serving`), in short rounds: a core may be half as quick
    from one second to the next, two cores differ, and others use them. What disturbs one then disturbs the other. The
    best rounds of each would not belong together, least of all in streams, whose cost is smaller where more of the
    upstream's chunks happened to arrive at once.
    """
    measured = [_measure((asked, beside), connections, times) for _ in range(rounds + 1)][1:]  # the first warms up
    costs, besides = zip(*measured, strict=True)
    return Comparison(median(cost / other for cost, other in measured), median(costs), median(besides))


def _measure(loads: tuple[Load, Load], connections: int, times: int) -> tuple[float, float]:
    async def ask_all() -> None:
        asks = [_ask(load.server.port, load.body, times, load.end) for load in loads for _ in range(connections)]
        await asyncio.gather(*asks)

    before = [float(load.server.ask()) for load in loads]
    asyncio.run(ask_all())
    after = [float(load.server.ask()) for load in loads]
    cost, beside = [(end - start) / (connections * times) * 1e6 for start, end in zip(before, after, strict=True)]
    return cost, beside

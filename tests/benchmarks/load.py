"""Processes that tell their own CPU time, and requests to load them with."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path


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


def measure(server: Process, body: bytes, end: bytes, connections: int, times: int) -> float:
    """Microseconds of CPU per request: so many on each of so many connections at once, each answer ending in `end`."""

    async def load() -> None:
        await asyncio.gather(*[_ask(server.port, body, times, end) for _ in range(connections)])

    before = float(server.ask())
    asyncio.run(load())
    return (float(server.ask()) - before) / (connections * times) * 1e6

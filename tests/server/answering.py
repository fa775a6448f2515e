"""A chat upstream that says what it was told: its answer names every message, so that histories can be checked."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.servers import chunk, completion

JSON = dict[str, Any]


def answer_to(messages: Sequence[tuple[str, Any]]) -> str:
    """What the upstream answers to these roles and contents: how many they are, the last's text, a digest of all."""
    digest = hashlib.sha256(json.dumps(list(messages)).encode()).hexdigest()
    last = messages[-1][1]
    return f"{len(messages)} messages, the last {last if isinstance(last, str) else last[0]['text']!r}, in all {digest}"


@asynccontextmanager
async def answering() -> AsyncIterator[str]:
    """Its base URL. It answers as many connections as there are, streams in a chunk for each word."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:-2])
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            if head.startswith(b"GET "):
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")  # it lists no models
            else:
                await _answer(json.loads(body), writer)
            await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def _answer(asked: JSON, writer: asyncio.StreamWriter) -> None:
    text = answer_to([(message["role"], message["content"]) for message in asked["messages"]])
    if not asked.get("stream"):
        data = json.dumps(completion(text)).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data) + data
        )
        return
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    words = text.split(" ")
    pieces = [*(f"{word} " for word in words[:-1]), words[-1]]
    for value in (*map(chunk, pieces), chunk(finish="stop")):
        _write(writer, b"data: %b\n\n" % json.dumps(value).encode())
        await asyncio.sleep(0)  # each piece leaves by itself
    _write(writer, b"data: [DONE]\n\n")
    writer.write(b"0\r\n\r\n")


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))

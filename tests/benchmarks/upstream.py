"""A chat upstream that costs next to nothing: `python -m tests.benchmarks.upstream` prints its port and serves."""

from __future__ import annotations

import asyncio
import json
import sys

CHUNKS = 200
"""The text deltas of one stream."""

WORDS = ["The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "thinks", "about", "it"]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _chunk(delta: object, finish: str | None = None, **more: object) -> bytes:
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
    head = {"id": "chatcmpl-BxYzAbC123", "object": "chat.completion.chunk", "created": 1_760_000_000}
    event = b"data: %b\n\n" % _json({**head, "model": "gpt-demo-2026", "choices": choices, **more})
    return b"%x\r\n%b\r\n" % (len(event), event)


USAGE = {
    "prompt_tokens": 31,
    "completion_tokens": CHUNKS,
    "total_tokens": 31 + CHUNKS,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}

STREAM = [
    _chunk({"role": "assistant", "content": ""}),
    *[_chunk({"content": f" {WORDS[number % len(WORDS)]}"}) for number in range(CHUNKS)],
    _chunk({}, "stop"),
    _chunk({}, None, choices=[], usage=USAGE),
    b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
]

STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

COMPLETION = _json(
    {
        "id": "chatcmpl-BxYzAbC123",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "gpt-demo-2026",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": " ".join(WORDS * 3), "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }
)

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(COMPLETION),
    COMPLETION,
)


class Upstream(asyncio.Protocol):
    """One connection: it reads just as much of a request as it needs, and writes each chunk by itself."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        self._received = body[length:]
        if head.startswith(b"GET "):
            self._transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")  # it lists no models
        elif json.loads(body).get("stream"):
            self._transport.write(STREAM_HEAD)
            self._write(0)
        else:
            self._transport.write(ANSWER)

    def _write(self, number: int) -> None:
        self._transport.write(STREAM[number])
        if number + 1 < len(STREAM):
            asyncio.get_running_loop().call_soon(self._write, number + 1)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until it is told to end


if __name__ == "__main__":
    asyncio.run(main())

"""What a text delta costs from the upstream's bytes to the client's, beside the least that reading and writing cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import pytest

from translator.sse import encode

from ..playback import CREATED_AT, RESPONSE_ID, translate

JSON = dict[str, Any]

DELTAS = 1000
ROUNDS = 61
AT_MOST = 0.8

_WORDS = ("The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog", ".")


def _chunk(text: str) -> bytes:
    """A chunk as vLLM sends it, and most others in much the same length."""
    body = {
        "id": "chatcmpl-4f5a0e3b1f9c4b7e8a6d2c1b0a9f8e7d",
        "object": "chat.completion.chunk",
        "created": 1763040000,
        "model": "qwen3-32b",
        "choices": [{"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}],
    }
    return json.dumps(body, separators=(",", ":")).encode()


_CHUNKS = [_chunk(_WORDS[number % len(_WORDS)]) for number in range(DELTAS)]
_FRAMED = [b"data: %b\n\n" % chunk for chunk in _CHUNKS]


@pytest.mark.benchmark
def test_a_text_delta_costs_less_than_the_standard_librarys_json_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = translate({"model": "qwen3-32b", "input": "Tell me of the fox.", "stream": True})
    stream = call.stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
    events = [event for data in _FRAMED for event in stream.receive_bytes(data)]
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    assert len(deltas) == DELTAS

    def ours() -> None:
        stream = call.stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
        for data in _FRAMED:
            for event in stream.receive_bytes(data):
                encode(event)

    def bare() -> None:
        for chunk, event in zip(_CHUNKS, deltas, strict=True):
            json.loads(chunk)
            json.dumps(event)

    rounds = [(_cost(ours), _cost(bare)) for _ in range(ROUNDS)]
    ratio = median(mine / theirs for mine, theirs in rounds)
    mine, theirs = (min(costs) for costs in zip(*rounds, strict=True))
    with capsys.disabled():
        print(
            f"\ntext delta, bytes to bytes: {mine * 1e6:.2f} µs, json.loads + json.dumps: {theirs * 1e6:.2f} µs, "
            f"ratio {ratio:.2f} (at most {AT_MOST})"
        )
    assert ratio <= AT_MOST


def _cost(run: Callable[[], None]) -> float:
    """CPU seconds per delta. The two are taken in turns, so that a busy machine slows both alike."""
    began = process_time()
    run()
    return (process_time() - began) / DELTAS

"""What is read of an upstream's JSON that no writer could write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic_core import to_json

from translator import chat_over_responses, responses_over_chat
from translator.body import parse
from translator.sse import encode, encode_data

JSON = dict[str, Any]

HALF = "a\ud83d"
MENDED = "a\ufffd"


def read(value: Any) -> Any:
    return parse(json.dumps(value).encode())


@pytest.mark.parametrize("key", ["content", "reasoning_content", "refusal"])
def test_half_a_pair_is_kept_in_text_that_its_other_half_may_follow(key: str) -> None:
    chunk = {"choices": [{"delta": {key: HALF, "tool_calls": [{"function": {"arguments": HALF}}]}}]}
    assert read(chunk) == chunk
    assert read({"type": "response.output_text.delta", "delta": HALF})["delta"] == HALF


@pytest.mark.parametrize(
    ("value", "mended"),
    [
        ({"id": HALF}, {"id": MENDED}),
        ({HALF: 1}, {MENDED: 1}),
        ({"logprobs": {"content": [{"token": HALF}]}}, {"logprobs": {"content": [{"token": MENDED}]}}),
        ({"arguments": {"text": [HALF, 1, None]}}, {"arguments": {"text": [MENDED, 1, None]}}),
        ({"a": "\ud83d\ude00", "b": HALF}, {"a": "\U0001f600", "b": MENDED}),
    ],
)
def test_half_a_pair_anywhere_else_is_replaced(value: JSON, mended: JSON) -> None:
    assert read(value) == mended


def test_what_is_too_deep_is_no_json() -> None:
    for depth, sound in ((150, True), (400, False)):
        text = '{"id": "\\ud83d", "a": ' + "[" * depth + "]" * depth + "}"
        assert (parse(text.encode()) is not None) is sound


def test_a_reply_with_half_a_pair_in_every_text_can_be_written() -> None:
    entry = {"token": HALF, "logprob": -1.0, "top_logprobs": [{"token": HALF, "logprob": -1.0}]}
    cited = {"type": "url_citation", "url": HALF, "title": HALF, "start_index": 0, "end_index": 1}
    part = {"type": "output_text", "text": HALF, "annotations": [cited], "logprobs": [entry]}
    message = {"type": "message", "id": HALF, "role": "assistant", "content": [part]}
    call = {"type": "function_call", "id": HALF, "call_id": HALF, "name": HALF, "arguments": {HALF: HALF}}
    response = {"object": "response", "status": "completed", "id": HALF, "output": [message, call]}
    asked = chat_over_responses.translate_request({"model": "m", "messages": [{"role": "user", "content": "Hi"}]})
    stream = asked.stream()
    chunks = [*stream.receive_bytes(json.dumps(response).encode()), *stream.finish()]
    assert b"error" not in b"".join(map(encode_data, chunks)) + to_json(stream.completion)


def test_so_can_one_of_a_chat_upstream() -> None:
    entry = {"token": HALF, "logprob": -1.0, "top_logprobs": [{"token": HALF, "logprob": -1.0}]}
    cited = {"type": "url_citation", "url_citation": {"url": HALF, "title": HALF, "start_index": 0, "end_index": 1}}
    call = {"id": HALF, "type": "function", "function": {"name": HALF, "arguments": HALF}}
    message = {"content": HALF, "reasoning_content": HALF, "annotations": [cited], "tool_calls": [call]}
    choice = {"message": message, "logprobs": {"content": [entry]}, "finish_reason": "stop"}
    asked = responses_over_chat.translate_request({"model": "m", "input": "Hi"})
    stream = asked.stream(response_id="resp_1")
    told = [*stream.receive_bytes(json.dumps({"id": HALF, "choices": [choice]}).encode()), *stream.finish()]
    assert b'"status":"completed"' in encode(told[-1])
    assert all(encode(event) for event in told)

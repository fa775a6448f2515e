"""Laws 1, 2, 3, 7 and 8 for chat chunks."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ...cases import Case, load_answered
from ...chat_playback import (
    QUESTION,
    answer,
    joined,
    play,
    play_events,
    translate,
    translate_case,
    upstream_wire,
    wire,
)
from .grammar import assert_grammatical
from .replies import Reply, events_of, replies

JSON = dict[str, Any]

STREAMED = {**QUESTION, "stream": True, "stream_options": {"include_usage": True}}
CASES = load_answered("chat_over_responses")

_LINE_ENDS = (b"\n", b"\r\n", b"\r")


@given(replies, st.integers(0, 2**32))
def test_a_response_gives_the_same_completion_however_it_is_told(reply: Reply, seed: int) -> None:
    call = translate(QUESTION)
    assert play_events(call, events_of(reply, Random(seed))).completion == answer(call, reply.response())


@given(replies, st.integers(0, 2**32))
def test_the_chunks_join_to_the_completion(reply: Reply, seed: int) -> None:
    told = play_events(translate(STREAMED), events_of(reply, Random(seed)))
    assert_joined(told.chunks, told.completion)


@given(replies, st.integers(0, 2**32))
def test_bytes_cut_anywhere_give_the_same_chunks(reply: Reply, seed: int) -> None:
    random = Random(seed)
    body = upstream_wire(events_of(reply, random), random.random() < 0.5).replace(b"\n", random.choice(_LINE_ENDS))
    call = translate(STREAMED)
    places = sorted(random.sample(range(len(body)), 12))
    pieces = [body[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]
    assert play(call, pieces) == play(call, [body])


@given(replies, st.integers(0, 2**32), st.booleans())
def test_any_stream_is_grammatical_to_wherever_it_comes(reply: Reply, seed: int, usage: bool) -> None:
    random = Random(seed)
    events = events_of(reply, random)
    end = random.choice((len(events), random.randrange(len(events))))
    call = translate(STREAMED if usage else {**QUESTION, "stream": True})
    told = play_events(call, events[:end])
    assert_grammatical(told.chunks, usage=usage)
    assert ("error" in told.completion) == (end < len(events)), "only a stream that came to its end is complete"


@given(replies, st.integers(0, 2**32))
def test_all_that_an_upstream_says_is_in_the_completion(reply: Reply, seed: int) -> None:
    told = play_events(translate(QUESTION), events_of(reply, Random(seed)))
    (choice,) = told.completion["choices"]
    message = choice["message"]
    assert (message["content"] or "") == "".join(reply.texts("output_text"))
    assert (message["refusal"] or "") == "".join(reply.texts("refusal"))
    thoughts = [text for item in reply.items for text in _thoughts(item.done)]
    assert message.get("reasoning_content", "") == "\n".join(thoughts)
    sealed = [item.done["encrypted_content"] for item in reply.items if "encrypted_content" in item.done]
    assert [detail["data"] for detail in message.get("reasoning_details", ())] == sealed
    calls = [item.done for item in reply.items if "call_id" in item.done]
    assert [call["id"] for call in message.get("tool_calls", ())] == [call["call_id"] for call in calls]
    inputs = [
        call[call["type"]].get("arguments", call[call["type"]].get("input")) for call in message.get("tool_calls", ())
    ]
    assert inputs == [call.get("arguments", call.get("input")) for call in calls]
    parts = [part for item in reply.items for part in item.done.get("content", ())]
    citations = [note for part in parts for note in part.get("annotations", ())]
    assert len(message.get("annotations", ())) == len(citations)
    logprobs = [entry["token"] for part in parts for entry in part.get("logprobs", ())]
    assert [entry["token"] for entry in (choice["logprobs"] or {"content": []})["content"]] == logprobs
    assert (told.completion["usage"] or {}).get("total_tokens") == (reply.usage or {}).get("total_tokens")
    assert told.losses == []


def _thoughts(item: JSON) -> list[str]:
    if item["type"] != "reasoning":
        return []
    return [part["text"] for part in item.get("content") or item["summary"]]


@given(replies, st.integers(0, 2**32))
def test_a_reply_translated_twice_gives_the_same_bytes(reply: Reply, seed: int) -> None:
    events = events_of(reply, Random(seed))
    first, second = (wire(play_events(translate(STREAMED), events).chunks) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_keeps_the_laws_of_streams(case: Case) -> None:
    assert case.upstream is not None
    call = translate_case(case)
    told = play(call, [case.upstream])
    bytewise = (case.upstream[place : place + 1] for place in range(len(case.upstream)))
    assert play(call, bytewise) == told
    assert_grammatical(told.chunks, usage=case.request.get("stream_options", {}).get("include_usage", False))
    assert answer(call, case.upstream) == told.completion
    if "error" not in told.completion:
        assert_joined(told.chunks, told.completion)
    before = json.dumps(case.request)
    assert translate_case(case).responses_request == call.responses_request
    assert json.dumps(case.request) == before, "the client's request was changed"


def assert_joined(chunks: list[JSON], completion: JSON) -> None:
    """What a client gathers from the chunks is the completion."""
    message = joined(chunks)
    for entry in message.get("tool_calls", ()):
        del entry["index"]
    (choice,) = completion["choices"]
    assert {key: value for key, value in message.items() if value} == {
        key: value for key, value in choice["message"].items() if value
    }
    finishes = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    assert [reason for reason in finishes if reason] == [choice["finish_reason"]]
    logprobs = [
        entry for chunk in chunks for told in chunk["choices"] for entry in (told["logprobs"] or {}).get("content", ())
    ]
    assert logprobs == (choice["logprobs"] or {"content": []})["content"]

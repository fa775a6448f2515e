"""Law 5: there and back is the identity on what both dialects can say."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translator import chat_over_responses, responses_over_chat
from translator.chat_over_responses import ReplyOptions
from translator.dialects import resolve
from translator.mapping.items import map_chat_messages
from translator.mapping.losses import Losses
from translator.mapping.outcome import OUT_OF_TOKENS, finish_reason_to_chat, map_finish_reason

from ...chat_playback import QUESTION, answer, joined, play_events, translate
from ...playback import CREATED_AT, RESPONSE_ID, play_chunks
from ..completions import Completion, chunks_of, completions
from ..tool_calls import FUNCTIONS
from .conversations import conversations
from .replies import Reply, replies

JSON = dict[str, Any]

KNOWS_ALL = resolve(
    preset="openai",
    overrides={
        "reasoning_replay": "all",
        "tool_result_media": "inline",
        "tool_call_id": "keep",
        "tool_call_extra": ["extra_content"],
    },
)
"""An upstream that takes whatever chat can say."""

OPTIONS = ReplyOptions(sealed_reasoning="never")


def assert_request_comes_back(request: JSON) -> None:
    there = chat_over_responses.translate_request(request, options=OPTIONS)
    assert there.losses == ()
    back = responses_over_chat.translate_request(there.responses_request, dialect=KNOWS_ALL)
    assert back.losses == ()
    assert back.chat_request == request
    again = chat_over_responses.translate_request(back.chat_request, options=OPTIONS)
    assert again.responses_request == there.responses_request


@given(conversations())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_conversation_comes_back_as_it_was(request: JSON) -> None:
    assert_request_comes_back(request)


@pytest.mark.slow
@given(conversations())
@settings(max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
def test_thousands_of_conversations_come_back_as_they_were(request: JSON) -> None:
    assert_request_comes_back(request)


def assert_completion_comes_back(completion: Completion) -> None:
    asked = {"model": "m", "input": "Hello", "store": False, "tools": FUNCTIONS}
    call = responses_over_chat.translate_request(asked, dialect=KNOWS_ALL)
    body = completion.body()
    response = call.translate_response(body, response_id=RESPONSE_ID, created_at=CREATED_AT)
    back = answer(translate(QUESTION), response)
    (choice,), (want,) = back["choices"], body["choices"]
    message = {key: value for key, value in choice["message"].items() if value}
    assert message == {key: value for key, value in want["message"].items() if value}
    outcome = map_finish_reason(want["finish_reason"])
    assert outcome is not None
    called = "tool_calls" if want["message"].get("tool_calls") else None
    assert choice["finish_reason"] == finish_reason_to_chat(outcome.status, outcome.reason, called)
    if completion.text:
        assert choice["logprobs"] == (
            {"content": completion.token_logprobs(), "refusal": None} if completion.logprobs else None
        )
    assert back["usage"] == body["usage"]
    again = call.translate_response(back, response_id=RESPONSE_ID, created_at=CREATED_AT)
    assert again == response


def _plain(completion: Completion) -> bool:
    """Whether it says nothing that Responses tells otherwise: no other tools than functions, no bare white space."""
    blank = completion.tool_calls and not completion.text.strip() and completion.text
    calls = all(call.item["type"] == "function_call" and call.arguments.strip() for call in completion.tool_calls)
    functions = all("namespace" not in call.item and not call.losses for call in completion.tool_calls)
    said = (completion.text, completion.refusal, completion.reasoning)
    out_of_tokens = map_finish_reason(completion.finish_reason) is OUT_OF_TOKENS
    full = out_of_tokens and not any(text.strip() for text in said)  # told as a failure: the window was full
    return completion.tagged is None and calls and functions and not blank and not full


@given(completions().filter(_plain))
@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_a_completion_comes_back_as_it_was(completion: Completion) -> None:
    assert_completion_comes_back(completion)


@pytest.mark.slow
@given(completions().filter(_plain))
@settings(max_examples=1000, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_a_thousand_completions_come_back_as_they_were(completion: Completion) -> None:
    assert_completion_comes_back(completion)


@given(completions().filter(_plain), st.integers(0, 2**32))
@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_a_stream_through_two_hops_says_what_it_says_directly(completion: Completion, seed: int) -> None:
    """Chat client → Responses upstream, which is this library over a chat upstream → that one's chunks."""
    asked = {"model": "m", "input": "Hello", "store": False, "tools": FUNCTIONS}
    call = responses_over_chat.translate_request(asked, dialect=KNOWS_ALL)
    chunks = chunks_of(completion, Random(seed))
    told = play_events(translate({**QUESTION, "stream": True}), play_chunks(call, chunks).events)
    message = joined(told.chunks)
    for entry in message.get("tool_calls", ()):
        del entry["index"]
    (choice,) = completion.body()["choices"]
    assert {key: value for key, value in message.items() if value} == {
        key: value for key, value in choice["message"].items() if value
    }


@given(conversations())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_the_items_of_a_turn_begin_with_those_of_the_turn_before(request: JSON) -> None:
    """Law 8: upstreams keep what they have read of a conversation, byte by byte."""
    messages = request["messages"]
    whole = chat_over_responses.translate_request(request, options=OPTIONS).responses_request
    for end, message in enumerate(messages, 1):
        if message["role"] == "user":
            turn = {**request, "messages": messages[:end]}
            told = chat_over_responses.translate_request(turn, options=OPTIONS).responses_request
            assert json.dumps(whole["input"][: len(told["input"])]) == json.dumps(told["input"])
            assert told.get("instructions") == whole.get("instructions")


@given(replies)
def test_a_reply_goes_back_upstream_as_the_items_it_was(reply: Reply) -> None:
    """What a client sends of the reply in its next request is the reply's output: sealed reasoning, texts, calls."""
    message = answer(translate(QUESTION), reply.response())["choices"][0]["message"]
    message = json.loads(json.dumps(message))  # as a client keeps it
    outputs = [
        {"role": "tool", "tool_call_id": call["id"], "content": "done"} for call in message.get("tool_calls", ())
    ]
    message = {key: value for key, value in message.items() if value is not None}
    _, items = map_chat_messages([*QUESTION["messages"], message, *outputs], Losses())
    told = [item for item in items[1:] if not item["type"].endswith("_output")]
    sent = [item.done for item in reply.items]
    calls = [
        {key: value for key, value in item.items() if key not in ("id", "status")} for item in sent if "call_id" in item
    ]
    assert [item for item in told if "call_id" in item] == calls
    sealed = [item for item in sent if "encrypted_content" in item]
    assert {item["id"]: item["encrypted_content"] for item in told if "encrypted_content" in item} == {
        item["id"]: item["encrypted_content"] for item in sealed
    }
    for item in sealed:  # each stands before the call it led to, if it led to one
        place = sent.index(item)
        follower = sent[place + 1] if place + 1 < len(sent) else {}
        if "call_id" in follower:
            behind = told[[entry.get("id") for entry in told].index(item["id"]) + 1]
            assert behind["call_id"] == follower["call_id"]

"""Law 4 for chat chunks: the official SDK reads all that is sent, and rebuilds the same completion from it.

And what is asked of the upstream is a request that the schema of Open Responses allows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.lib.streaming.chat._completions import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ...cases import Case, load_answered
from ...chat_playback import QUESTION, answer, play, play_events, translate, translate_case
from ...open_responses.schema import assert_valid_request
from .replies import Reply, events_of, replies

JSON = dict[str, Any]


@given(replies, st.integers(0, 2**32))
def test_the_sdk_rebuilds_the_completion_of_any_stream(reply: Reply, seed: int) -> None:
    request = {**QUESTION, "stream": True, "stream_options": {"include_usage": True}}
    told = play_events(translate(request), events_of(reply, Random(seed)))
    assert_rebuilt_by_the_sdk(told.chunks, told.completion)


@pytest.mark.parametrize("case", load_answered("chat_over_responses"), ids=str)
def test_the_sdk_reads_all_that_is_sent_of_a_case(case: Case) -> None:
    assert case.upstream is not None
    call = translate_case(case)
    told = play(call, [case.upstream])
    if "error" not in told.completion:
        assert_rebuilt_by_the_sdk(told.chunks, told.completion)
        ChatCompletion.model_validate(answer(call, case.upstream))


def assert_rebuilt_by_the_sdk(chunks: Sequence[JSON], completion: JSON) -> None:
    """Feed the chunks to the SDK's own accumulator; what it gathers must be the completion."""
    ChatCompletion.model_validate(completion)
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    for chunk in chunks:
        parsed = parse(chunk)
        list(state.handle_chunk(parsed))
    built: Any = state.current_completion_snapshot.to_dict(mode="json")
    (choice,), (want,) = built["choices"], completion["choices"]
    message = {key: value for key, value in choice["message"].items() if value}
    message["tool_calls"] = [_call(call) for call in message.get("tool_calls", ())]
    assert message == {"tool_calls": [], **{key: value for key, value in want["message"].items() if value}}
    assert choice["finish_reason"] == want["finish_reason"]
    assert [entry["token"] for entry in (choice["logprobs"] or {"content": []})["content"]] == [
        entry["token"] for entry in (want["logprobs"] or {"content": []})["content"]
    ]
    for key in ("id", "model", "created"):
        assert built[key] == completion[key]
    if "usage" in chunks[-1]:
        assert (built["usage"] or {}) == (completion["usage"] or {})


def _call(call: JSON) -> JSON:
    """A call without what the SDK adds to it."""
    kept = {key: value for key, value in call.items() if key != "index" and value is not None}
    if "function" in kept:
        kept["function"].pop("parsed_arguments", None)
    return kept


def parse(chunk: JSON) -> ChatCompletionChunk:
    """The chunk as the SDK's type, checked strictly, where its client would take anything.

    Of the calls of custom tools its type of chunks knows nothing, though its type of messages does.
    """
    calls = [call for choice in chunk["choices"] for call in choice["delta"].get("tool_calls", ())]
    if any("custom" in call for call in calls):
        return ChatCompletionChunk.construct(**chunk)
    return ChatCompletionChunk.model_validate(chunk)


@pytest.mark.parametrize("case", load_answered("chat_over_responses"), ids=str)
def test_the_schema_allows_what_is_asked_of_the_upstream(case: Case) -> None:
    assert_valid_request(_of_the_standard(translate_case(case).responses_request))


def _of_the_standard(request: JSON) -> JSON:
    """The request without what OpenAI's API has and the standard does not know."""
    request = json.loads(json.dumps(request))
    request["input"] = [item for item in request["input"] if not item["type"].startswith("custom_")]
    for item in request["input"]:
        if item["type"] == "reasoning":  # raw, as servers of open models take it
            item.pop("content", None)
        elif isinstance(item.get("content"), list):
            item["content"] = [part for part in item["content"] if part["type"] != "input_audio"]
    request["tools"] = [tool for tool in request.get("tools", ()) if tool["type"] == "function"]
    if request.get("text", {}).get("format") == {"type": "json_object"}:
        del request["text"]
    if isinstance(choice := request.get("tool_choice"), dict) and "tools" in choice:
        choice["tools"] = [tool for tool in choice["tools"] if tool["type"] == "function"]
    request["include"] = [entry for entry in request.get("include", ()) if entry != "file_search_call.results"]
    return request

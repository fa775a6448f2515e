"""Law 4: all that is sent is valid Open Responses, and OpenAI's SDK rebuilds the same response from it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent

from translator.mapping.failure import ACTED_ON
from translator.responses_over_chat import ReplyOptions, translate_request

from ..cases import Case, load_answered
from ..open_responses import assert_valid_event, assert_valid_response
from ..playback import answer, play, play_chunks, translate
from .completions import Completion, chunks_of, completions
from .requests import requests

JSON = dict[str, Any]

_SDK_EVENTS: dict[str, Any] = {
    get_args(event.model_fields["type"].annotation)[0]: event for event in get_args(get_args(ResponseStreamEvent)[0])
}


@given(requests(), completions(), st.integers(0, 2**32))
def test_every_event_of_any_stream_is_valid(request: JSON, completion: Completion, seed: int) -> None:
    for event in play_chunks(translate(request), chunks_of(completion, Random(seed))).events:
        assert_valid_event(event)


@given(requests(), completions(), st.integers(0, 2**32))
def test_the_sdk_rebuilds_the_final_response_of_any_stream(request: JSON, completion: Completion, seed: int) -> None:
    assert_rebuilt_by_the_sdk(play_chunks(translate(request), chunks_of(completion, Random(seed))).events)


@pytest.mark.parametrize("case", load_answered("responses_over_chat"), ids=str)
def test_all_that_is_sent_of_a_case_is_valid_and_the_sdk_rebuilds_it(case: Case) -> None:
    assert case.upstream is not None
    call = translate(case.request, case.dialect)
    events = play(call, [case.upstream]).events
    for event in events:
        assert_valid_event(event)
    assert_rebuilt_by_the_sdk(events)
    whole = answer(call, case.upstream)
    if "error" not in whole or whole["error"] is None:
        assert_valid_response(whole)
        Response.model_validate(whole)


def test_reasoning_events_can_have_the_names_of_open_responses() -> None:
    request = {"model": "m", "input": "Hello"}
    call = translate_request(request, options=ReplyOptions(reasoning_events="reasoning"))
    events = play_chunks(call, chunks_of(Completion(reasoning="Hm.", tokens=("Hello.",)), Random(0))).events
    kinds = [event["type"] for event in events if "reasoning" in event["type"]]
    assert {*kinds} == {"response.reasoning.delta", "response.reasoning.done"}
    for event in events:
        assert_valid_event(event)


def assert_rebuilt_by_the_sdk(events: Sequence[JSON]) -> None:
    """Feed the events to the SDK's own accumulator; all that it gathers must be the final response."""
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=omit, text_format=omit)
    final = events[-1]["response"]
    texts = {}
    response = None
    for event in events:
        parsed = parse(event)
        if event is events[-1]:
            parsed.response.output = None  # so that the accumulator falls back on what it gathered
        for told in state.handle_event(parsed):
            if told.type in ("response.output_text.delta", "response.function_call_arguments.delta"):
                texts[told.output_index, getattr(told, "content_index", None)] = told.snapshot
            response = getattr(told, "response", response)
    assert response is not None
    assert response.output_text == final["output_text"]
    assert [_sent(item.to_dict(mode="json")) for item in response.output] == final["output"]
    for (output_index, content_index), text in texts.items():
        item = final["output"][output_index]
        assert text == (item["arguments"] if content_index is None else item["content"][content_index]["text"])


def parse(event: JSON) -> Any:
    """The event as the SDK's type, checked strictly, where its client would take anything.

    Of error codes it does not list some that clients act on, which its client hands on.
    """
    response = event.get("response") or {}
    unlisted = bool(response.get("error")) and response["error"]["code"] in ACTED_ON
    if unlisted:
        event = {**event, "response": {**response, "error": {**response["error"], "code": "server_error"}}}
    parsed = _SDK_EVENTS[event["type"]].model_validate(event)
    if unlisted:
        parsed.response.error.code = response["error"]["code"]
    return parsed


def _sent(item: JSON) -> JSON:
    """An item without what the SDK adds to it: what it parsed of the text and the arguments."""
    item.pop("parsed_arguments", None)
    for part in item.get("content", ()):
        part.pop("parsed", None)
    return item

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from openai import APIError, OpenAI
from openai.types.responses import FunctionToolParam, Response, ResponseStreamEvent

from ..servers import PATIENCE, Exchange, ScriptedUpstream, chunk

WEATHER = FunctionToolParam(
    type="function",
    name="get_weather",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    strict=False,
)

ASKED: dict[str, dict[str, Any]] = {
    "text": {"input": "one two three"},
    "nothing": {"input": ""},
    "reasoning": {"input": "Why?", "reasoning": {"effort": "low"}},
    "reasoning and its summary": {"input": "Why?", "reasoning": {"effort": "low", "summary": "auto"}},
    "one call": {"input": "get_weather city=Paris", "tools": [WEATHER]},
    "parallel calls": {"input": "get_weather city=Paris get_weather city=Rome", "tools": [WEATHER]},
    "reasoning and calls": {"input": "get_weather", "tools": [WEATHER], "reasoning": {"effort": "low"}},
    "cut": {"input": "one two three", "max_output_tokens": 2},
    "cut in a call": {"input": "get_weather city=Paris", "tools": [WEATHER], "max_output_tokens": 1},
    "logprobs": {"input": "one two", "include": ["message.output_text.logprobs"], "top_logprobs": 2},
    "json": {"input": "Hi", "text": {"format": {"type": "json_object"}}},
}


def comparable(response: Response) -> dict[str, Any]:
    """A response without its ids and times."""
    told = response.to_dict()
    for name in ("id", "created_at", "completed_at"):
        del told[name]
    output: Any = told["output"]
    for item in output:
        del item["id"]
        item.pop("parsed_arguments", None)
    return told


def final(events: list[ResponseStreamEvent]) -> Response:
    last = events[-1]
    assert last.type in ("response.completed", "response.incomplete")
    return last.response


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_stream_ends_with_what_create_gives(client: OpenAI, asked: dict[str, Any]) -> None:
    with client.responses.create(model="demo", stream=True, **asked) as stream:
        events = list(stream)
    assert comparable(final(events)) == comparable(client.responses.create(model="demo", **asked))


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_the_events_are_in_order_and_open_with_created(client: OpenAI, asked: dict[str, Any]) -> None:
    with client.responses.create(model="demo", stream=True, **asked) as stream:
        events = list(stream)
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    done = [event.item for event in events if event.type == "response.output_item.done"]
    assert [item.to_dict() for item in done] == [item.to_dict() for item in final(events).output]


COMPLETED = {name: asked for name, asked in ASKED.items() if "max_output_tokens" not in asked}


@pytest.mark.parametrize("asked", COMPLETED.values(), ids=COMPLETED)
def test_the_stream_helper_accumulates_the_same_response(client: OpenAI, asked: dict[str, Any]) -> None:
    with client.responses.stream(model="demo", **asked) as stream:
        told = comparable(stream.get_final_response())
    for item in told["output"]:
        for part in item.get("content") or ():
            part.pop("parsed", None)
    assert told == comparable(client.responses.create(model="demo", **asked))


def test_the_stream_helper_reads_a_cut_answer_to_its_end(client: OpenAI) -> None:
    with client.responses.stream(model="demo", input="one two three", max_output_tokens=2) as stream:
        *_, last = stream
    assert last.type == "response.incomplete"
    assert last.response.output_text == "one two"


def test_text_arrives_word_by_word(client: OpenAI) -> None:
    with client.responses.stream(model="demo", input="one two three") as stream:
        texts = [(event.delta, event.snapshot) for event in stream if event.type == "response.output_text.delta"]
    assert texts == [("one", "one"), (" two", "one two"), (" three", "one two three")]


def test_arguments_arrive_in_fragments_that_add_up(client: OpenAI) -> None:
    text = "get_weather city=Paris and get_weather city=Rome"
    with client.responses.stream(model="demo", input=text, tools=[WEATHER]) as stream:
        fragments: dict[int, str] = {}
        done: dict[int, str] = {}
        for event in stream:
            if event.type == "response.function_call_arguments.delta":
                fragments[event.output_index] = fragments.get(event.output_index, "") + event.delta
                assert event.snapshot == fragments[event.output_index]
            elif event.type == "response.function_call_arguments.done":
                done[event.output_index] = event.arguments
    assert fragments == done
    assert [json.loads(arguments) for arguments in done.values()] == [{"city": "Paris"}, {"city": "Rome"}]


def test_losses_and_the_request_id_are_in_the_headers_of_a_stream(client: OpenAI) -> None:
    with client.responses.with_streaming_response.create(
        model="demo", input="Hi", stream=True, include=["file_search_call.results"]
    ) as raw:
        assert raw.headers["x-translator-losses"].startswith("include[0]: ")
        assert raw.headers["x-request-id"].startswith("req_")
        assert raw.headers["content-type"].startswith("text/event-stream")


def test_the_first_events_come_before_the_first_token(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    seen = threading.Event()

    def speak_late(exchange: Exchange) -> None:
        exchange.begin()
        assert seen.wait(PATIENCE)
        exchange.event(chunk("late"))
        exchange.event(chunk(finish="stop"))
        exchange.done()

    upstream.answer(speak_late)
    with scripted.responses.create(model="m", input="Hi", stream=True) as stream:
        kinds = []
        for event in stream:
            kinds.append(event.type)
            if event.type == "response.in_progress":
                seen.set()
    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert kinds[-1] == "response.completed"


def test_a_stream_that_breaks_off_is_an_api_error(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.stream(chunk("half"), done=False)
    deltas = []
    with scripted.responses.create(model="m", input="Hi", stream=True) as stream, pytest.raises(APIError) as caught:
        for event in stream:
            if event.type == "response.output_text.delta":
                deltas.append(event.delta)
    assert deltas == ["half"]
    assert caught.value.code is not None


def test_leaving_a_stream_hangs_up_on_the_upstream(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event(chunk("Hi"))

    upstream.answer(endless)
    with scripted.responses.create(model="m", input="Hi", stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
    upstream.next().wait_closed()

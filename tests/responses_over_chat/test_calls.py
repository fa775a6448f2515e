"""Calls of every kind, told while their arguments come."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from translator.errors import UpstreamError
from translator.responses_over_chat import ReplyOptions, Stream, translate_request

from ..laws.grammar import assert_grammatical

JSON = dict[str, Any]

NOTE = {"type": "custom", "name": "note"}
PATCH = {"type": "apply_patch"}
LIST = {"type": "function", "name": "list"}
OPERATION = json.dumps({"type": "delete_file", "path": "a.py"})


def stream(*tools: JSON, options: ReplyOptions | None = None, **fields: Any) -> Stream:
    request = {"model": "m", "input": "Hello", "tools": list(tools), **fields}
    call = translate_request(request, options=options or ReplyOptions())
    opened = call.stream(response_id="resp_1")
    opened.open()
    return opened


def chunk(name: str = "", arguments: str = "", index: int = 0, **delta: Any) -> JSON:
    if name or arguments:
        function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
        delta["tool_calls"] = [{"index": index, "id": f"call_{index}", "function": function}]
    return {"choices": [{"index": 0, "delta": delta}]}


def end(reason: str = "tool_calls") -> JSON:
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


def kinds(events: list[JSON]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def test_a_freeform_input_is_told_as_it_comes() -> None:
    reply = stream(NOTE)
    assert kinds(reply.receive(chunk("note", '{"inp'))) == ["output_item.added"]
    assert reply.receive(chunk(arguments='ut": "')) == []
    (delta,) = reply.receive(chunk(arguments="Milk\\n\\ud83d"))
    assert (delta["type"], delta["delta"]) == ("response.custom_tool_call_input.delta", "Milk\n")
    (delta,) = reply.receive(chunk(arguments="\\ude00"))
    assert delta["delta"] == "😀"
    assert reply.response["output"][0]["input"] == "Milk\n😀"


def test_a_freeform_call_is_done_when_the_next_item_begins() -> None:
    reply = stream(NOTE, LIST)
    reply.receive(chunk("note", '{"input": "Milk"}'))
    events = reply.receive(chunk("list", "{", 1))
    assert kinds(events)[:3] == ["custom_tool_call_input.done", "output_item.done", "output_item.added"]
    assert events[1]["item"]["status"] == "completed"


def test_a_patch_is_told_when_it_is_whole_and_not_before() -> None:
    reply = stream(PATCH)
    assert reply.receive(chunk("apply_patch", OPERATION[:-1])) == []
    events = reply.receive(chunk(arguments=OPERATION[-1]))
    assert kinds(events) == ["output_item.added", "output_item.done"]
    assert events[1]["item"]["operation"] == {"type": "delete_file", "path": "a.py"}


def test_calls_behind_one_that_is_told_whole_keep_their_order() -> None:
    reply = stream(PATCH, LIST)
    reply.receive(chunk("apply_patch", OPERATION[:9]))
    assert reply.receive(chunk("list", "{}", 1)) == []
    reply.receive(chunk(arguments=OPERATION[9:]))
    reply.receive(end())
    reply.finish()
    assert [item["type"] for item in reply.response["output"]] == ["apply_patch_call", "function_call"]


def test_text_behind_a_patch_is_a_message_of_its_own() -> None:
    reply = stream(PATCH)
    events = [*reply.receive(chunk("apply_patch", OPERATION)), *reply.receive(chunk(content="Done."))]
    assert kinds(events)[1:3] == ["output_item.done", "output_item.added"]
    assert events[2]["item"]["type"] == "message"


def test_a_built_in_tool_counts_as_a_call() -> None:
    reply = stream(PATCH, tool_choice="required", parallel_tool_calls=False)
    reply.receive(chunk("apply_patch", OPERATION))
    reply.receive(chunk("apply_patch", OPERATION, 1))
    reply.receive(end())
    reply.finish()
    assert reply.response["status"] == "completed"
    assert len(reply.response["output"]) == 1
    assert len(reply.losses) == 1


def test_a_tool_nobody_offered_is_called_as_a_function() -> None:
    reply = stream(NOTE)
    events = reply.receive(chunk("apply_patch", OPERATION))
    assert events[0]["item"] | {"id": ""} == {
        "id": "",
        "type": "function_call",
        "status": "in_progress",
        "call_id": "call_0",
        "name": "apply_patch",
        "arguments": "",
    }


def test_a_call_that_waits_when_the_answer_breaks_off_is_told_as_far_as_it_came() -> None:
    reply = stream(PATCH)
    reply.receive(chunk("apply_patch", OPERATION[:9]))
    events = reply.fail(UpstreamError("gone"))
    item = events[-1]["response"]["output"][0]
    assert (item["type"], item["status"], item["arguments"]) == ("function_call", "incomplete", OPERATION[:9])


def test_what_stands_behind_a_cut_call_is_reported_when_the_answer_breaks_off() -> None:
    reply = stream(NOTE, LIST)
    events = reply.receive(chunk("note", '{"input": "Mi'))
    events += reply.receive(chunk("list", "{}", 1)) + reply.fail(UpstreamError("gone"))
    assert [item["status"] for item in events[-1]["response"]["output"]] == ["incomplete"]
    assert len(reply.losses) == 1


# ---- replies that run out of tokens ----


@pytest.mark.parametrize(
    ("name", "arguments", "status"),
    [
        ("list", '{"a": ', "completed"),
        ("list", '{"a": 1}', "completed"),
        ("note", '{"input": "Milk"}', "completed"),
        ("note", '{"input": "Mi', "incomplete"),
        ("note", "Mi", "incomplete"),
        ("apply_patch", OPERATION[:9], "completed"),
    ],
)
def test_only_a_cut_freeform_call_ends_incomplete_where_length_is_to_be_told_as_completed(
    name: str, arguments: str, status: str
) -> None:
    reply = stream(NOTE, LIST, PATCH, options=ReplyOptions(length_status="completed"))
    reply.receive(chunk(name, arguments))
    reply.receive(end("length"))
    events = reply.finish()
    response = events[-1]["response"]
    assert (response["status"], response["output"][-1]["status"]) == (status, status)
    assert any("ran out of tokens" in loss.reason for loss in reply.losses) is (status == "completed")
    assert events[-1]["type"] == f"response.{status}"


def test_a_cut_freeform_call_that_waits_keeps_the_reply_incomplete() -> None:
    reply = stream(NOTE, LIST, options=ReplyOptions(length_status="completed"))
    for received in (chunk("list", '{"a"'), chunk("note", '{"input": "Mi', 1), end("length")):
        reply.receive(received)
    reply.finish()
    assert reply.response["status"] == "incomplete"


def test_text_that_was_cut_is_told_as_completed_where_that_is_asked_for() -> None:
    reply = stream(options=ReplyOptions(length_status="completed"))
    events = reply.receive(chunk(content="Once upon")) + reply.receive(end("length")) + reply.finish()
    response = events[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == ("completed", None)
    assert response["completed_at"] is not None
    assert response["output"][0]["phase"] == "final_answer"


def test_what_a_filter_cut_is_incomplete_in_any_case() -> None:
    reply = stream(options=ReplyOptions(length_status="completed"))
    reply.receive(chunk(content="Once upon"))
    reply.receive(end("content_filter"))
    reply.finish()
    assert reply.response["incomplete_details"] == {"reason": "content_filter"}


# ---- the forms of reasoning ----


@pytest.mark.parametrize(
    ("told", "asked", "summary", "content"),
    [
        ("as_asked", False, 0, 1),
        ("as_asked", True, 1, 1),
        ("raw", True, 0, 1),
        ("summary", False, 1, 0),
        ("both", False, 1, 1),
    ],
)
def test_reasoning_is_told_in_the_forms_the_client_is_to_have(
    told: Any, asked: bool, summary: int, content: int
) -> None:
    reasoning = {"summary": "auto"} if asked else {}
    call = translate_request(
        {"model": "m", "input": "Hello", "reasoning": reasoning}, options=ReplyOptions(reasoning_told=told)
    )
    reply = call.stream(response_id="resp_1")
    events = reply.open()
    for received in (chunk(reasoning_content="Hm"), chunk(reasoning_content="."), chunk(content="Hi"), end("stop")):
        events += reply.receive(received)
    events += reply.finish()
    assert_grammatical(events)
    item = events[-1]["response"]["output"][0]
    assert [part["text"] for part in item["summary"]] == ["Hm."] * summary
    assert [part["text"] for part in item["content"]] == ["Hm."] * content


def test_a_call_of_no_tool_is_left_out_and_reported() -> None:
    reply = stream(LIST)
    reply.receive(chunk(arguments='{"a": 1}'))
    reply.receive(end())
    reply.finish()
    assert reply.response["output"] == []
    assert "called no tool by name" in reply.losses[0].reason


def test_arguments_that_are_cut_short_although_the_upstream_ended_are_reported() -> None:
    reply = stream(LIST)
    reply.receive(chunk("list", '{"a":'))
    reply.receive(end())
    reply.finish()
    assert reply.response["output"][0]["arguments"] == '{"a":'
    assert [loss.reason for loss in reply.losses] == ["the arguments of a call to 'list' are no JSON object"]


def test_an_end_that_nobody_knows_is_taken_for_a_good_one_and_reported() -> None:
    reply = stream()
    reply.receive(chunk(content="Hello"))
    reply.receive(end("weird"))
    reply.finish()
    assert reply.response["status"] == "completed"
    assert "'weird'" in reply.losses[0].reason


NO_INDEX: JSON = {"function": {"name": "list", "arguments": "{}"}}


def signed(number: int) -> JSON:
    said = chunk("list", "{}", number)
    said["choices"][0]["delta"]["tool_calls"][0]["extra_content"] = {"thought_signature": str(number)}
    return said


CITED = {"type": "url_citation", "url_citation": {"url": "https://a", "title": "A", "start_index": 0, "end_index": 1}}


@pytest.mark.parametrize(
    "say",
    [
        lambda number: chunk("list", "{}", number),
        lambda number: chunk("list", '{"a":', number),  # each waits for the first, whose end does not come
        signed,
        lambda number: chunk(tool_calls=[{**NO_INDEX, "id": f"call_{number}"}]),
        lambda number: chunk(refusal="not that, not now and not here "),
        lambda number: chunk(reasoning_details=[{"type": "reasoning.text", "text": "this, or that, or neither " * 20}]),
        lambda number: chunk(content="as it says there, and elsewhere ", annotations=[CITED]),
    ],
    ids=["calls", "waiting calls", "signed calls", "calls without an index", "refusal", "reasoning", "citations"],
)
@pytest.mark.usefixtures("no_collection")
def test_a_long_reply_takes_no_longer_than_it_is_long(say: Callable[[int], JSON]) -> None:
    def spent(count: int) -> float:
        reply = stream(LIST)
        begin = time.process_time()
        for number in range(count):
            reply.receive(say(number))
        reply.receive(end())
        reply.finish()
        assert reply.response["output"]
        return time.process_time() - begin

    assert spent(30_000) < 20 * spent(3_000)

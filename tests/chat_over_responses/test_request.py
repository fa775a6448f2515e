"""What a chat request says that a Responses request cannot."""

from __future__ import annotations

import time
from typing import Any

import pytest
from openai import NOT_GIVEN, omit

from translator import InvalidRequest, chat_over_responses

JSON = dict[str, Any]


def lost(*messages: JSON, **fields: Any) -> list[str]:
    call = chat_over_responses.translate_request({"model": "m", "messages": list(messages), **fields})
    return [loss.path for loss in call.losses]


def test_fields_of_messages_that_responses_cannot_carry_are_reported_and_empty_ones_are_not() -> None:
    citation = {"type": "url_citation", "url_citation": {"url": "https://a.example", "start_index": 0, "end_index": 2}}
    call = chat_over_responses.translate_request(
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": "Hello", "mood": "good"},
                {"role": "assistant", "content": "Hi", "annotations": [citation], "weird": 5},
                {"role": "user", "content": "Again"},
                {"role": "assistant", "content": "Hi", "annotations": [], "refusal": None, "audio": None},
                {"role": "user", "content": "And again"},
            ],
        }
    )
    lost = [loss.path for loss in call.losses]
    assert lost == ["messages[0].mood", "messages[1].annotations", "messages[1].weird"]


def test_what_stands_beside_a_parts_own_field_is_reported() -> None:
    cached: JSON = {"cache_control": {"type": "ephemeral"}}
    image = {"type": "image_url", "image_url": {"url": "https://a.example", "detail": "low", "format": "png"}, **cached}
    sound = {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}, **cached}
    file = {"type": "file", "file": {"file_data": "AA", "filename": "a.pdf"}, "empty": [], **cached}
    question = {"role": "user", "content": [{"type": "text", "text": "What?", **cached}, image, sound, file]}
    said = {"role": "assistant", "content": [{"type": "text", "text": "So.", **cached, "annotations": []}]}
    assert lost(question, said, question) == [
        f"messages[{message}].content[{part}].{key}"
        for message, part, key in (
            *((0, 0, "cache_control"), (0, 1, "cache_control"), (0, 1, "image_url.format")),
            *((0, 2, "cache_control"), (0, 3, "cache_control"), (1, 0, "cache_control")),
            *((2, 0, "cache_control"), (2, 1, "cache_control"), (2, 1, "image_url.format")),
            *((2, 2, "cache_control"), (2, 3, "cache_control")),
        )
    ]


def test_what_stands_beside_a_tool_is_reported() -> None:
    function = {"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}
    custom = {"type": "custom", "custom": {"name": "n"}, "eager": True}
    hosted = {"type": "web_search", "search_context_size": "low"}
    tools = [{"type": "function", "function": {"name": "g"}}, function, custom, hosted]
    assert lost({"role": "user", "content": "Hi"}, tools=tools) == ["tools[1].cache_control", "tools[2].eager"]


def test_a_tools_output_may_name_its_function_again() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    asked: list[JSON] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    output = {"role": "tool", "tool_call_id": "c", "content": "x"}
    assert lost(*asked, {**output, "name": "find"}) == []
    assert lost(*asked, {**output, "name": "lose"}) == ["messages[2].name"]


def test_reasoning_that_is_told_twice_is_reported_where_it_differs() -> None:
    question = {"role": "user", "content": "Hi"}
    said = {"role": "assistant", "content": "Hello.", "reasoning_content": "A greeting."}
    assert lost(question, {**said, "reasoning": "A greeting."}, question) == []
    assert lost(question, {**said, "reasoning": "A wave."}, question) == ["messages[1].reasoning"]


def test_a_role_nobody_knows_is_told_which_there_are() -> None:
    with pytest.raises(InvalidRequest) as caught:
        chat_over_responses.translate_request({"model": "m", "messages": [{"role": "critic", "content": "Hm."}]})
    assert caught.value.param == "messages[0].role"
    for role in ("system", "developer", "user", "assistant", "tool", "function"):
        assert f"'{role}'" in caught.value.message


def test_what_an_sdk_takes_for_no_argument_is_none() -> None:
    call = chat_over_responses.translate_request(
        {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": NOT_GIVEN, "tools": omit}
    )
    assert call.responses_request.keys() == {"model", "input", "store"}


def test_a_limit_below_the_least_there_is_is_raised_and_reported() -> None:
    question = {"role": "user", "content": "Yes or no?"}
    for name in ("max_tokens", "max_completion_tokens"):
        call = chat_over_responses.translate_request({"model": "m", "messages": [question], name: 1})
        assert call.responses_request["max_output_tokens"] == 16
        assert [loss.path for loss in call.losses] == [name]
    assert lost(question, max_tokens=16) == []


def test_what_cannot_be_asked_for_by_include_is_reported_with_its_place() -> None:
    given = ["a", 5, None, {}]
    fields: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    call = chat_over_responses.translate_request({**fields, "include": given})
    assert call.responses_request["include"] == ["a"]
    assert [loss.path for loss in call.losses] == ["include[1]", "include[2]", "include[3]"]
    assert call.losses[0].reason == "it is a number, and no name"


@pytest.mark.parametrize(
    ("name", "beside"), [("include", {"logprobs": True}), ("reasoning", {"reasoning_effort": "low"})]
)
def test_a_field_of_the_other_api_that_cannot_be_joined_with_chats_own_is_reported(name: str, beside: JSON) -> None:
    assert lost({"role": "user", "content": "Hi"}, **{name: "x"}, **beside) == [name]
    call = chat_over_responses.translate_request(
        {"model": "m", "messages": [{"role": "user", "content": "Hi"}], name: "x"}
    )
    assert (call.responses_request[name], call.losses) == ("x", ()), "for the upstream to refuse"


@pytest.mark.parametrize("effort", [{}, 3, ["low"]])
def test_an_effort_that_is_no_word_is_refused(effort: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        lost({"role": "user", "content": "Hi"}, reasoning={"effort": effort})
    assert caught.value.param == "reasoning.effort"


# ---- what a conversation becomes ----


def items_of(*messages: JSON) -> list[JSON]:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}, *messages]}
    items: list[JSON] = chat_over_responses.translate_request(request).responses_request["input"]
    return items[1:]


def test_an_answer_of_nothing_keeps_its_turn() -> None:
    for content in ("", None):
        assert items_of({"role": "assistant", "content": content}, {"role": "user", "content": "Well?"}) == [
            {"type": "message", "role": "assistant", "content": ""},
            {"type": "message", "role": "user", "content": "Well?"},
        ]


def test_a_call_in_both_forms_is_one_call() -> None:
    function = {"name": "find", "arguments": "{}"}
    call = {"id": "c", "type": "function", "function": function}
    said = {"role": "assistant", "content": None, "function_call": function, "tool_calls": [call]}
    items = items_of(said, {"role": "tool", "tool_call_id": "c", "content": "x"})
    assert [(item["type"], item["call_id"]) for item in items] == [
        ("function_call", "c"),
        ("function_call_output", "c"),
    ]


def test_outputs_in_the_deprecated_form_answer_the_calls_of_their_function_in_order() -> None:
    def call(name: str, arguments: str) -> JSON:
        return {"role": "assistant", "content": None, "function_call": {"name": name, "arguments": arguments}}

    def output(name: str, content: str) -> JSON:
        return {"role": "function", "name": name, "content": content}

    items = items_of(
        *(call("find", "1"), call("find", "2"), call("lose", "3")),
        *(output("lose", "c"), output("find", "a"), output("find", "b")),
    )
    said = {item["call_id"]: item["arguments"] for item in items[:3]}
    answered = {said[item["call_id"]]: item["output"] for item in items[3:]}
    assert answered == {"1": "a", "2": "b", "3": "c"}


def test_calls_of_one_id_are_answered_in_their_order() -> None:
    function = {"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    custom = {"id": "c", "type": "custom", "custom": {"name": "note", "input": "Milk"}}
    outputs = [{"role": "tool", "tool_call_id": "c", "content": content} for content in "ab"]
    items = items_of({"role": "assistant", "content": None, "tool_calls": [function, custom]}, *outputs)
    assert [(item["type"], item["output"]) for item in items[2:]] == [
        ("function_call_output", "a"),
        ("custom_tool_call_output", "b"),
    ]


def test_a_schema_that_is_left_out_allows_any_object() -> None:
    format = {"type": "json_schema", "json_schema": {"description": "x"}}
    call = chat_over_responses.translate_request({**EXAMPLE, "response_format": format})
    assert call.responses_request["text"]["format"] == {
        "type": "json_schema",
        "name": "response",
        "description": "x",
        "schema": {"type": "object"},
    }


def test_reasoning_goes_back_from_either_field() -> None:
    for field in ("reasoning", "reasoning_content"):
        thought, _ = items_of({"role": "assistant", "content": "Hello.", field: "A greeting."})
        assert thought["content"] == [{"type": "reasoning_text", "text": "A greeting."}]


def test_what_was_signed_of_a_call_goes_back_with_it() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "sig"}}}
    call = {"id": "c", "index": 0, "type": "function", "function": {"name": "find", "arguments": "{}"}, **signed}
    output = {"role": "tool", "tool_call_id": "c", "content": "x"}
    item, _ = items_of({"role": "assistant", "content": None, "tool_calls": [call]}, output)
    assert item["provider_data"] == signed


def test_the_upstream_has_its_own_name_for_the_model() -> None:
    call = chat_over_responses.translate_request(EXAMPLE, upstream_model="house/model-1")
    assert call.responses_request["model"] == "house/model-1"


EXAMPLE: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


SEALED: JSON = {"type": "reasoning.encrypted", "format": "openai-responses-v1"}
SUMMARY: JSON = {"type": "reasoning.summary", "format": "openai-responses-v1"}


@pytest.mark.parametrize(
    ("details", "items"),
    [
        (
            [{**SUMMARY, "id": None, "summary": "A"}, {**SEALED, "id": "rs_1", "data": "1"}],
            [{"id": "rs_1", "summary": ["A"], "encrypted_content": "1"}],
        ),
        (
            [{**SEALED, "id": None, "data": "1"}, {**SEALED, "data": "2"}],
            [{"summary": [], "encrypted_content": "1"}, {"summary": [], "encrypted_content": "2"}],
        ),
        (
            [
                {**SUMMARY, "summary": "A"},
                {**SUMMARY, "summary": "B"},
                {**SEALED, "data": "1"},
                {**SUMMARY, "summary": None},
                {**SEALED, "data": "2", "id": "rs_2"},
            ],
            [
                {"summary": ["A", "B"], "encrypted_content": "1"},
                {"summary": [""], "encrypted_content": "2", "id": "rs_2"},
            ],
        ),
        (
            [{**SUMMARY, "summary": "A", "id": "rs_1"}, {**SEALED, "data": "2", "id": "rs_2", "call_id": {}}],
            [{"id": "rs_1", "summary": ["A"]}, {"id": "rs_2", "summary": [], "encrypted_content": "2"}],
        ),
    ],
)
def test_details_without_an_id_belong_to_the_item_that_is_sealed_after_them(
    details: list[JSON], items: list[JSON]
) -> None:
    answer = {"role": "assistant", "content": "Yes.", "reasoning_details": details}
    told = items_of({"role": "user", "content": "So?"}, answer, {"role": "user", "content": "Sure?"})
    for item in items:
        item["summary"] = [{"type": "summary_text", "text": text} for text in item["summary"]]
    assert [item for item in told if item["type"] == "reasoning"] == [{"type": "reasoning", **item} for item in items]


@pytest.mark.usefixtures("no_collection")
def test_very_much_reasoning_for_very_many_calls_takes_no_longer_than_they_are_many() -> None:
    def spent(count: int) -> float:
        numbers = range(count)
        details = [{**SEALED, "id": f"rs_{number}", "data": "x", "call_id": f"call_{number}"} for number in numbers]
        function = {"name": "f", "arguments": "{}"}
        calls = [{"id": f"call_{number}", "type": "function", "function": function} for number in numbers]
        said = {"role": "assistant", "content": None, "tool_calls": calls, "reasoning_details": details}
        outputs = [{"role": "tool", "tool_call_id": call["id"], "content": "7"} for call in calls]
        begin = time.process_time()
        items = items_of(said, *outputs)
        assert [item["type"] for item in items[:4]] == ["reasoning", "function_call"] * 2
        return time.process_time() - begin

    assert spent(30_000) < 20 * spent(3_000)  # a search among all of them takes 60 times as long and more


def test_what_led_to_two_calls_of_one_id_is_told_once() -> None:
    function = {"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    detail = {**SEALED, "id": "rs_1", "data": "x", "call_id": "c"}
    said = {"role": "assistant", "content": None, "tool_calls": [function, function], "reasoning_details": [detail]}
    outputs = [{"role": "tool", "tool_call_id": "c", "content": content} for content in "ab"]
    kinds = [item["type"] for item in items_of(said, *outputs)]
    assert kinds == ["reasoning", *["function_call"] * 2, *["function_call_output"] * 2]

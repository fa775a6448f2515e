"""What a chat request says that a Responses request cannot."""

from __future__ import annotations

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

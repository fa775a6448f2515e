from __future__ import annotations

import re
from typing import Any

import pytest

from translator import InvalidRequest, responses_over_chat
from translator.errors import Unsupported
from translator.mapping.tool_kinds import KINDS
from translator.wire import chat
from translator.wire.responses import validate

JSON = dict[str, Any]


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": "m" * 129}, "model", "invalid_value"),
        ({"model": ""}, "model", "invalid_value"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": [5]}, "input[0]", "invalid_type"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role", "invalid_value"),
        ({"input": [{"role": "user"}]}, "input[0].content", "missing_required_parameter"),
        ({"input": [{"role": "user", "content": []}]}, "input[0].content", "invalid_value"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
            "input[0].content[0].text",
            "missing_required_parameter",
        ),
        ({"input": [{"type": "function_call", "call_id": "", "name": "f", "arguments": ""}]}, "input[0].call_id", None),
        ({"temperature": 2.5}, "temperature", "invalid_value"),
        ({"temperature": "1"}, "temperature", "invalid_type"),
        ({"top_p": -0.1}, "top_p", "invalid_value"),
        ({"max_output_tokens": 0}, "max_output_tokens", "invalid_value"),
        ({"metadata": {f"k{n}": "v" for n in range(17)}}, "metadata", "invalid_value"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k", "invalid_value"),
        ({"metadata": {"k": 1}}, "metadata.k", "invalid_type"),
        ({"tool_choice": "any"}, "tool_choice", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "missing_required_parameter"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type", "invalid_value"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema", "missing_required_parameter"),
        ({"prompt_cache_retention": "1h"}, "prompt_cache_retention", "invalid_value"),
    ],
)
def test_a_fault_is_named_with_its_path(fields: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate({"model": "m", "input": "Hi", **fields})
    assert caught.value.param == param
    assert code is None or caught.value.code == code
    assert param in caught.value.message
    assert caught.value.status == 400


ROLES = "'user', 'assistant', 'system' or 'developer'"
CHAT_ROLES = "'system', 'developer', 'user', 'assistant', 'tool' or 'function'"
QUESTION = [{"role": "user", "content": "Hi"}]
FORMATS = "'text', 'json_object' or 'json_schema'"
CHOICES = "'auto', 'none', 'required' or an object that names a tool"


def refused(api: str, fields: dict[str, Any]) -> InvalidRequest:
    asked = {"model": "m", "messages": QUESTION} if api == "chat" else {"model": "m", "input": "Hi"}
    validated = chat.validate if api == "chat" else validate
    with pytest.raises(InvalidRequest) as caught:
        validated({**asked, **fields})
    return caught.value


@pytest.mark.parametrize(
    ("api", "fields", "param", "known"),
    [
        ("responses", {"input": [{"role": "x", "content": "x"}]}, "input[0].role", ROLES),
        ("responses", {"text": {"format": {"type": "xml"}}}, "text.format.type", FORMATS),
        ("responses", {"text": {"format": "text"}}, "text.format", "an object"),
        ("responses", {"tool_choice": "any"}, "tool_choice", CHOICES),
        ("responses", {"tool_choice": 5}, "tool_choice", CHOICES),
        ("chat", {"messages": [{"role": "x", "content": "x"}]}, "messages[0].role", CHAT_ROLES),
        ("chat", {"response_format": {"type": "xml"}}, "response_format.type", FORMATS),
        ("chat", {"response_format": "text"}, "response_format", "an object"),
        ("chat", {"tool_choice": "any"}, "tool_choice", CHOICES),
        ("chat", {"tool_choice": ["auto"]}, "tool_choice", CHOICES),
        ("chat", {"function_call": "any"}, "function_call", "'auto', 'none' or an object that names a function"),
        (
            "chat",
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "type": "x"}]}]},
            "messages[0].tool_calls[0].type",
            "'function' or 'custom'",
        ),
    ],
)
def test_a_value_nobody_knows_is_refused_with_all_that_could_stand_there(
    api: str, fields: dict[str, Any], param: str, known: str
) -> None:
    error = refused(api, fields)
    assert error.param == param
    assert error.message.startswith(f"Invalid '{param}': Input should be {known}, got ")


PARTS = "'input_text', 'output_text', 'text', 'summary_text', 'reasoning_text', 'refusal', 'input_image', 'input_file' "
PATCH = {"type": "apply_patch_call", "call_id": "c", "operation": {"path": "p"}}


@pytest.mark.parametrize(
    ("api", "fields", "param", "known"),
    [
        ("responses", {"input": [{"content": "x"}]}, "input[0].role", ROLES),
        ("responses", {"input": [QUESTION[0], {"role": None, "content": "x"}]}, "input[1].role", ROLES),
        ("responses", {"input": [{"call_id": "c", "output": "x"}]}, "input[0].type", "'message', 'function_call', "),
        ("responses", {"input": [{"role": "user", "content": [{"text": "x"}]}]}, "input[0].content[0].type", PARTS),
        ("responses", {"input": [PATCH]}, "input[0].operation.type", "'create_file', 'update_file' or 'delete_file'"),
        ("responses", {"text": {"format": {"name": "x"}}}, "text.format.type", FORMATS),
        ("responses", {"tools": [{"name": "f"}]}, "tools[0].type", "'namespace', 'function', "),
        (
            "responses",
            {"tools": [{"type": "namespace", "name": "n", "tools": [{"name": "f"}]}]},
            "tools[0].tools[0].type",
            "'function', ",
        ),
        ("chat", {"messages": [{"content": "x"}]}, "messages[0].role", CHAT_ROLES),
        (
            "chat",
            {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
            "messages[0].content[0].type",
            "'text', 'refusal', 'image_url', 'file' or 'input_audio'",
        ),
        ("chat", {"response_format": {}}, "response_format.type", FORMATS),
        ("chat", {"tools": [{"function": {"name": "f"}}]}, "tools[0].type", "'function' or 'custom'"),
        ("chat", {"tool_choice": {"function": {"name": "f"}}}, "tool_choice.type", "'function' or 'custom'"),
    ],
)
def test_what_is_missing_and_could_be_one_of_a_few_words_is_asked_for_with_all_of_them(
    api: str, fields: dict[str, Any], param: str, known: str
) -> None:
    error = refused(api, fields)
    assert (error.param, error.code) == (param, "missing_required_parameter")
    assert error.message.startswith(f"Missing required parameter: '{param}'; it should be {known}")


def test_a_tool_without_a_type_is_asked_for_one_of_all_that_clients_can_run() -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate({"model": "m", "input": "Hi", "tools": [{"name": "f"}]})
    assert set(re.findall("'([a-z_]+)'", caught.value.message)) == {*KINDS, "namespace"}


def test_a_tool_nobody_knows_is_refused_with_all_that_clients_can_run() -> None:
    with pytest.raises(Unsupported) as caught:
        responses_over_chat.translate_request({"model": "m", "input": "Hi", "tools": [{"type": "fn"}]})
    assert caught.value.param == "tools[0]"
    assert all(kind in caught.value.message for kind in (*KINDS, "namespace", "hosted_tools"))


def test_a_fault_is_told_in_a_sentence_of_bounded_length() -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate({"model": "m", "metadata": {"k" * 100_000: "v"}})
    assert len(caught.value.message) < 400


def test_a_key_that_looks_like_a_tag_keeps_its_place_in_the_path() -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate({"model": "m", "metadata": {"<mine>": 1}})
    assert caught.value.param == "metadata.<mine>"


@pytest.mark.parametrize("fields", [{}, {"input": None}, {"input": []}])
def test_a_request_without_input_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        responses_over_chat.translate_request({"model": "m", "instructions": "Be brief.", **fields})
    assert (caught.value.param, caught.value.code) == ("input", "missing_required_parameter")


def test_explicit_nulls_mean_absent_and_unknown_keys_stay() -> None:
    message = {"role": "user", "content": "Hi", "id": None, "extra": 1}
    assert validate({"model": "m", "tools": None, "input": [message], "mine": {"a": None}}) == {
        "model": "m",
        "input": [{"role": "user", "content": "Hi", "extra": 1}],
        "mine": {"a": None},
    }


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(InvalidRequest):
        validate(body)


CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({**CALL, "call_id": ""}, "call_id"),
        ({**CALL, "arguments": 1}, "arguments"),
        ({**CALL, "name": None}, "name"),
        ({"type": "function_call_output", "output": "x"}, "call_id"),
        ({"type": "message", "role": "boss", "content": "x"}, "role"),
        ({"role": ["user"], "content": "x"}, "role"),
        ({"type": "message", "role": "user"}, "content"),
        ({"type": ["message"], "role": "user", "content": 1}, "type"),
    ],
)
def test_a_fault_among_plain_items_keeps_its_place(entry: JSON, where: str) -> None:
    plain: list[JSON] = [{"role": "user", "content": "Hi"}, CALL]
    with pytest.raises(InvalidRequest) as caught:
        validate({"model": "m", "input": [*plain, {"type": "reasoning", "summary": []}, entry, *plain]})
    assert caught.value.param == f"input[3].{where}"


def test_plain_items_and_others_keep_their_order_and_lose_their_nulls() -> None:
    items: list[JSON] = [
        {"role": "user", "content": "Hi", "name": None},
        {**CALL, "id": None},
        CALL,
        {**CALL, "arguments": ""},
        {
            "type": "function_call_output",
            "call_id": "call_1",
            "output": [{"type": "input_text", "text": "x", "odd": None}],
        },
        {"type": "message", "role": "assistant", "content": "So."},
    ]
    bare = [{key: value for key, value in item.items() if value is not None} for item in items]
    bare[4]["output"] = [{"type": "input_text", "text": "x"}]
    assert validate({"model": "m", "input": items}).get("input") == bare


def test_a_message_is_no_item_of_the_other_api() -> None:
    with pytest.raises(InvalidRequest) as caught:
        chat.validate({"model": "m", "messages": [{"role": "user", "content": "Hi"}, CALL]})
    assert caught.value.param == "messages[1].role"

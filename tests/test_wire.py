from __future__ import annotations

from typing import Any

import pytest

from translator import InvalidRequest, responses_over_chat
from translator.wire.responses import validate


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

"""What an upstream says that is no item and no part: it is left out, and that is reported with its place."""

from __future__ import annotations

from typing import Any

import pytest

from translator.conversion.documents import Converter

JSON = dict[str, Any]

WITHOUT_TEXT = "chat has no place for content of the type '{}' without text"


def completed(output: Any) -> tuple[JSON, list[tuple[str, str]]]:
    """The message that is made of a response, and what is reported."""
    response = {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": output}
    converted = Converter("chat").convert(response)
    return converted.document["choices"][0]["message"], [(loss.path, loss.reason) for loss in converted.losses]


def message(*content: Any) -> JSON:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": list(content)}


@pytest.mark.parametrize(
    ("output", "path", "reason"),
    [
        ("x", "output", "it is a string, and no list of items"),
        ({"a": 1}, "output", "it is an object, and no list of items"),
        (["x"], "output[0]", "it is a string, and no item"),
        ([message(), None], "output[1]", "it is null, and no item"),
        ([message(), 5], "output[1]", "it is a number, and no item"),
        ([{}], "output[0]", "the upstream did not say what it is"),
        ([{"id": "x"}], "output[0]", "the upstream did not say what it is"),
        ([{"type": "function_call", "call_id": "c"}], "output[0]", "the upstream did not say what it calls"),
        ([{**message(), "content": 5}], "output[0].content[0]", "it is a number, and no part"),
        ([message(5)], "output[0].content[0]", "it is a number, and no part"),
        ([message({"type": "odd", "x": 1})], "output[0].content[0]", WITHOUT_TEXT.format("odd")),
        ([message({"type": "output_text", "text": 5})], "output[0].content[0]", WITHOUT_TEXT.format("output_text")),
        ([message({"type": "refusal", "refusal": 5})], "output[0].content[0]", WITHOUT_TEXT.format("refusal")),
        ([{"type": "reasoning", "summary": [5]}], "output[0].summary[0]", "it is a number, and no part"),
    ],
)
def test_what_is_neither_an_item_nor_a_part_is_reported(output: Any, path: str, reason: str) -> None:
    told, losses = completed(output)
    assert told == {"role": "assistant", "content": "", "refusal": None}
    assert losses == [(path, reason)]


@pytest.mark.parametrize("content", ["Hello!", ["Hello!"], [{"type": "output_text", "text": "Hello!"}]])
def test_text_that_stands_for_a_part_is_told(content: Any) -> None:
    told, losses = completed([{**message(), "content": content}])
    assert (told["content"], losses) == ("Hello!", [])


@pytest.mark.parametrize("form", ["content", "summary"])
@pytest.mark.parametrize("thought", ["Hm.", ["Hm."]])
def test_so_is_a_thought(form: str, thought: Any) -> None:
    told, losses = completed([{"type": "reasoning", "id": "rs_1", form: thought}, message("Hello!")])
    assert (told["reasoning_content"], told["content"], losses) == ("Hm.", "Hello!", [])


def test_an_empty_part_says_nothing() -> None:
    part: JSON = {"type": "output_text", "text": None, "annotations": [], "logprobs": []}
    assert completed([message(part)])[1] == []

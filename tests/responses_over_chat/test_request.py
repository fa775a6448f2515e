"""What a request says that can be said only once, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from translator.errors import InvalidRequest
from translator.responses_over_chat import Translation, translate_request

JSON = dict[str, Any]


def translate(**fields: Any) -> Translation:
    return translate_request({"model": "m", "input": "Hello", "store": False, **fields}, stored=True)


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"messages": [{"role": "user", "content": "Bye"}]}, "messages"),
        ({"max_tokens": 3, "max_output_tokens": 9}, "max_tokens"),
        ({"response_format": {"type": "text"}, "text": {"format": {"type": "json_object"}}}, "response_format"),
        ({"n": 2}, "n"),
    ],
)
def test_what_the_upstream_can_be_told_once_is_reported_where_it_is_said_twice(fields: JSON, lost: str) -> None:
    call = translate(**fields)
    assert [loss.path for loss in call.losses] == [lost]
    assert call.chat_request.get(lost) != fields[lost]


def test_what_is_said_twice_alike_is_no_loss() -> None:
    call = translate(max_tokens=9, max_output_tokens=9, n=1)
    assert (call.losses, call.chat_request["max_tokens"], call.chat_request["n"]) == ((), 9, 1)


@pytest.mark.parametrize("depth", [400, 5000])
@pytest.mark.parametrize("field", ["extra", "metadata", "tools", "text"])
def test_what_is_nested_too_deeply_is_named(field: str, depth: int) -> None:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    places = {
        "extra": value,
        "metadata": {"a": value},
        "tools": [{"type": "function", "name": "f", "parameters": value}],
        "text": {"format": {"type": "json_schema", "name": "f", "schema": value}},
    }
    with pytest.raises(InvalidRequest) as refused:
        translate(**{field: places[field]})
    assert str(refused.value.param).startswith(field)

"""What an upstream says that is no call and no content: it is left out, and that is reported."""

from __future__ import annotations

from typing import Any

import pytest

from translator.conversion.documents import Converter
from translator.responses_over_chat import Stream, translate_request

JSON = dict[str, Any]

NO_NAME = "the upstream called no tool by name, so the call was left out"
SAYS_NOTHING = "a tool call of the upstream's does not say what is called, so it was left out"
GOOD: JSON = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def no_call(kind: str) -> str:
    return f"a tool call of the upstream's is {kind}, so it was left out"


CALLS = [
    ("abc", no_call("a string")),
    (5, no_call("a number")),
    (True, no_call("a truth value")),
    (["x"], no_call("a string")),
    ([None], no_call("null")),
    ([[GOOD]], no_call("a list")),
    ({"a": 1}, SAYS_NOTHING),
    ([{"function": "f"}], SAYS_NOTHING),
    ([{"function": {"name": 5}}], SAYS_NOTHING),
    ([{"id": "call_1", "type": "function"}], NO_NAME),
    ([{"id": "call_1", "function": "f"}], NO_NAME),
    ([{"id": "call_1", "function": {"arguments": "{}"}}], NO_NAME),
    ([{"id": "call_1", "type": "custom", "custom": "x"}], NO_NAME),
]
"""What stands in the place of calls, and what is reported of it."""

CONTENTS = [
    (5, "the upstream's content is a number, which says nothing here"),
    ({"text": "x"}, "the upstream's content is an object, which says nothing here"),
    ([5], "a part of the upstream's content is a number, so it was left out"),
    ([{"type": "odd", "x": 1}], "a response has no place for content of the type 'odd'"),
]


def completion(**message: Any) -> JSON:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def chunk(finish: str | None = None, **delta: Any) -> JSON:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def stream() -> Stream:
    return translate_request({"model": "m", "input": "Hi", "store": False}).stream(response_id="resp_1")


def said(**message: Any) -> tuple[list[JSON], list[tuple[str, str]]]:
    """The output of a whole completion as it is converted, and what is reported."""
    converted = Converter("responses").convert(completion(**message))
    return converted.document["output"], [(loss.path, loss.reason) for loss in converted.losses]


def streamed(*deltas: JSON) -> tuple[list[JSON], list[tuple[str, str]]]:
    """The same of a stream."""
    reply = stream()
    for delta in deltas:
        reply.receive(chunk(**delta))
    reply.receive(chunk(finish="stop"))
    reply.finish()
    return reply.response["output"], [(loss.path, loss.reason) for loss in reply.losses]


@pytest.mark.parametrize(("calls", "reason"), CALLS, ids=[repr(calls) for calls, _ in CALLS])
def test_what_is_no_call_is_reported(calls: Any, reason: str) -> None:
    assert said(tool_calls=calls) == ([], [("output", reason)])
    assert streamed({"tool_calls": calls}) == ([], [("output", reason)])


@pytest.mark.parametrize("call", ["f", 5, {"name": 5}])
def test_so_is_a_call_in_the_deprecated_form(call: Any) -> None:
    assert said(function_call=call) == ([], [("output", SAYS_NOTHING)])
    assert streamed({"function_call": call}) == ([], [("output", SAYS_NOTHING)])


def test_an_empty_call_is_one_only_in_a_stream_nothing() -> None:
    assert said(tool_calls=[{}]) == ([], [("output", SAYS_NOTHING)])
    for nothing in ({}, {"index": 0}, {"index": 0, "function": {"name": "", "arguments": ""}}):
        assert streamed({"tool_calls": [nothing]}) == ([], [])


def test_the_calls_around_it_are_told() -> None:
    for output, losses in (
        said(tool_calls=["x", GOOD, None]),
        streamed({"tool_calls": ["x", {**GOOD, "index": 0}]}, {"tool_calls": ["y", None]}),
    ):
        assert [item["name"] for item in output] == ["f"]
        assert losses == [("output", no_call("a string")), ("output", no_call("null"))], "each reason once"


def test_what_is_no_function_in_the_middle_of_a_call_is_reported() -> None:
    output, losses = streamed(
        {"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "f", "arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "function": "x"}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
    )
    assert [(item["name"], item["arguments"]) for item in output] == [("f", "{}")]
    assert losses == [("output", SAYS_NOTHING)]


@pytest.mark.parametrize(("content", "reason"), CONTENTS, ids=[repr(content) for content, _ in CONTENTS])
def test_what_is_no_content_is_reported(content: Any, reason: str) -> None:
    assert said(content=content) == ([], [("output", reason)])
    assert streamed({"content": content}, {"content": content}) == ([], [("output", reason)])


ORDINARY: list[JSON] = [
    {"name": "MiniMax AI", "audio_content": ""},
    {"channel": "final", "reasoning": None},
    {"token_id": 9906, "tool_calls": None},
    {"provider_specific_fields": {"refusal": None}, "annotations": [], "function_call": None},
    {"refusal": None, "annotations": None, "audio": None, "tool_calls": [], "reasoning": None},
]
"""What MiniMax, Groq, Together, LiteLLM and vLLM say beside an answer."""


@pytest.mark.parametrize("beside", ORDINARY)
def test_what_says_nothing_beside_an_answer_is_no_loss(beside: JSON) -> None:
    for reply in ([completion(content="Hi", **beside)], [chunk(content="Hi", **beside), chunk("stop")]):
        told = stream()
        for part in reply:
            told.receive(part)
        told.finish()
        assert (told.response["output_text"], list(told.losses)) == ("Hi", [])


def test_what_says_something_beside_an_answer_is_reported_once() -> None:
    told = stream()
    for _ in range(2):
        told.receive(chunk(content="Hi", provider_specific_fields={"citations": [{"title": "A"}]}, mood="good"))
    told.receive(chunk("stop"))
    told.finish()
    assert [loss.path for loss in told.losses] == [
        "choices[0].delta.mood",
        "choices[0].delta.provider_specific_fields",
    ]

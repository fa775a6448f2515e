from __future__ import annotations

from typing import Any

import pytest

from translator.errors import InvalidRequest
from translator.server.demo.request import read

TIME = {"type": "function", "function": {"name": "get_time"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}
HI = {"role": "user", "content": "hi"}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "noon"}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no model": ({"model": None}, "model"),
    "no messages": ({"messages": []}, "messages"),
    "unknown role": ({"messages": [HI, {"role": "robot", "content": "hi"}]}, "messages[1].role"),
    "no content": ({"messages": [{"role": "user"}]}, "messages[0].content"),
    "no content parts": ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
    "unknown part": (
        {"messages": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]},
        "messages[0].content[0].type",
    ),
    "part without its field": (
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        "messages[0].content[0]",
    ),
    "image in a system message": (
        {
            "messages": [
                {
                    "role": "system",
                    "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}],
                }
            ]
        },
        "messages[0].content[0].type",
    ),
    "image that is no URL": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "cat"}}]}]},
        "messages[0].content[0].image_url.url",
    ),
    "result without a call": ({"messages": [HI, RESULT]}, "messages[1].tool_call_id"),
    "result of another call": (
        {"messages": [HI, CALLING, RESULT | {"tool_call_id": "c2"}]},
        "messages[2].tool_call_id",
    ),
    "result given twice": ({"messages": [HI, CALLING, RESULT, RESULT]}, "messages[3].tool_call_id"),
    "call without a result": ({"messages": [HI, CALLING]}, "messages"),
    "message between call and result": ({"messages": [HI, CALLING, HI, RESULT]}, "messages[2]"),
    "call ids twice": (
        {"messages": [HI, CALLING | {"tool_calls": [CALL, CALL]}, RESULT]},
        "messages[1].tool_calls",
    ),
    "empty calls": (
        {"messages": [HI, {"role": "assistant", "content": "x", "tool_calls": []}]},
        "messages[1].tool_calls",
    ),
    "user that calls": ({"messages": [HI | {"tool_calls": [CALL]}, RESULT]}, "messages[0].tool_calls"),
    "empty tools": ({"tools": []}, "tools"),
    "flat tool": ({"tools": [{"type": "function", "name": "f"}]}, "tools[0].function"),
    "hosted tool": ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    "tool name": ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
    "two tools of one name": ({"tools": [TIME, TIME]}, "tools"),
    "choice without tools": ({"tool_choice": "auto"}, "tool_choice"),
    "parallel without tools": ({"parallel_tool_calls": True}, "parallel_tool_calls"),
    "unknown choice": ({"tools": [TIME], "tool_choice": "any"}, "tool_choice"),
    "choice of no tool": (
        {"tools": [TIME], "tool_choice": {"type": "function", "function": {"name": "f"}}},
        "tool_choice",
    ),
    "flat choice": (
        {"tools": [TIME], "tool_choice": {"type": "function", "name": "get_time"}},
        "tool_choice.function",
    ),
    "both limits": ({"max_tokens": 1, "max_completion_tokens": 1}, "max_tokens"),
    "limit of zero": ({"max_tokens": 0}, "max_tokens"),
    "temperature": ({"temperature": 2.5}, "temperature"),
    "stream options without a stream": ({"stream_options": {"include_usage": True}}, "stream_options"),
    "top_logprobs without logprobs": ({"top_logprobs": 2}, "top_logprobs"),
    "effort": ({"reasoning_effort": "enormous"}, "reasoning_effort"),
    "format without a schema": ({"response_format": {"type": "json_schema"}}, "response_format"),
    "flat format": (
        {"response_format": {"type": "json_schema", "name": "x", "schema": {}}},
        "response_format",
    ),
    "format of a faulty schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"properties": []}}}},
        "response_format.json_schema.schema.properties",
    ),
    "tool of a faulty schema": (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"required": ["a", 1]}}}]},
        "tools[0].function.parameters.required[1]",
    ),
    "several choices": ({"n": 2}, "n"),
}


@pytest.mark.parametrize(("change", "param"), REFUSED.values(), ids=REFUSED)
def test_what_a_strict_upstream_refuses_is_refused_with_its_path(change: dict[str, Any], param: str) -> None:
    read({"model": "demo", "messages": [HI]})
    with pytest.raises(InvalidRequest) as caught:
        read({"model": "demo", "messages": [HI], **change})
    assert caught.value.param == param
    assert caught.value.status == 400
    assert caught.value.message.endswith(".")

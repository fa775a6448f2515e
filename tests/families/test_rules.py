"""Each refusal of each family is one that some request would meet, with a body that its upstream could send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .family import families
from .rules import RULES

JSON = dict[str, Any]

LONG_ID = "call_" + "0" * 40
CALL: JSON = {"id": LONG_ID, "type": "function", "function": {"name": "f", "arguments": "not JSON"}}
SCHEMA: JSON = {"$schema": "…", "type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": False}
FUNCTION: JSON = {"name": "f", "parameters": SCHEMA, "strict": True, "examples": []}
REASONING: JSON = {"role": "assistant", "content": "x", "reasoning_content": "hm", "refusal": "no", "name": "a"}

CARELESS: JSON = {
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "a"}]},
        {"role": "developer", "content": "b"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]},
        {"role": "user", "content": [{"type": "file", "file": {}}]},
        {"role": "critic", "content": "?", "mood": "bad"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": LONG_ID, "content": "1"},
        {"role": "user", "content": "c"},
        {"role": "system", "content": "d"},
        REASONING,
        {"role": "assistant", "content": ""},
    ],
    "tools": [{"type": "function", "function": FUNCTION}, {"type": "function", "function": {"name": "g"}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}},
    "reasoning_effort": "ultra-high",
    "thinking": {"type": "enabled"},
    "max_tokens": 10**9,
    "max_completion_tokens": 10**9,
    "stream_options": {},
    "temperature": 0.5,
    "stop": "END",
    "store": False,
    "invented": True,
}
OTHERS: tuple[JSON, ...] = (
    {"messages": [{"role": "user", "content": "a"}], "tools": [], "tool_choice": "required"},
    {"messages": [{"role": "user", "content": "a"}], "response_format": {"type": "json_object"}},
)


@pytest.mark.parametrize("family", families().values(), ids=lambda family: family.name)
def test_a_careless_request_meets_each_refusal(family: Any) -> None:
    for row in family.refuses:
        assert any(RULES[row["rule"]](request, row) not in (None, []) for request in (CARELESS, *OTHERS)), row


@pytest.mark.parametrize("family", families().values(), ids=lambda family: family.name)
def test_a_refusal_is_json_in_which_nothing_is_left_to_be_filled_in(family: Any) -> None:
    refusal = family.refusal(CARELESS)
    assert refusal is not None
    status, body = refusal
    assert 400 <= status <= 500
    json.loads(body)
    assert "$" not in body.replace("$schema", "")

"""Law 6: every request field is accounted for, and what the ledger says is what happens."""

from __future__ import annotations

from typing import Any

import pytest

from translator import Unsupported, chat_over_responses
from translator.chat_over_responses.ledger import LEDGER
from translator.wire import chat

FUNCTION = {"name": "look_up"}
EXAMPLES: dict[str, Any] = {
    "model": "some-model",
    "messages": [{"role": "user", "content": "Hello"}],
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": False},
    "store": True,
    "metadata": {"purpose": "test"},
    "max_completion_tokens": 77,
    "max_tokens": 78,
    "temperature": 0.25,
    "top_p": 0.75,
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "logprobs": True,
    "top_logprobs": 4,
    "user": "user-1",
    "safety_identifier": "safe-1",
    "prompt_cache_key": "key-1",
    "prompt_cache_retention": "24h",
    "service_tier": "flex",
    "reasoning_effort": "low",
    "verbosity": "high",
    "response_format": {"type": "json_object"},
    "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "functions": [FUNCTION],
    "function_call": {"name": "look_up"},
    "web_search_options": {"search_context_size": "low"},
    "n": 2,
    "stop": ["END"],
    "logit_bias": {"50256": -100},
    "seed": 7,
    "prediction": {"type": "content", "content": "Hello"},
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "wav"},
}


def ask(**fields: Any) -> chat_over_responses.Translation:
    return chat_over_responses.translate_request(
        {"model": "some-model", "messages": [{"role": "user", "content": "Hi"}], **fields}
    )


def test_every_field_of_the_wire_model_is_in_the_ledger_and_no_other() -> None:
    assert list(LEDGER) == list(chat.Request.__annotations__)
    assert list(LEDGER) == list(EXAMPLES)


@pytest.mark.parametrize("name", LEDGER)
def test_a_field_meets_the_fate_its_entry_tells(name: str) -> None:
    entry, value = LEDGER[name], EXAMPLES[name]
    if entry.fate == "refused":
        with pytest.raises(Unsupported) as caught:
            ask(**{name: value})
        assert caught.value.param == name
        assert caught.value.status == 400
        return
    call = ask(**{name: value})
    match entry.fate:
        case "carried":
            assert call.responses_request[name] == value
        case "mapped":
            assert entry.responses in call.responses_request
            if name != "model":
                assert call.responses_request != ask().responses_request
        case "applied":
            assert call.responses_request.get(name) == {"include_obfuscation": False}
        case "reported":
            assert any(loss.path == name for loss in call.losses)
            assert name not in call.responses_request


def test_a_field_nobody_knows_is_passed_through() -> None:
    assert ask(top_k=40, min_p=None).responses_request["top_k"] == 40
    assert "min_p" not in ask(min_p=None).responses_request


def test_a_field_that_means_something_else_there_is_reported() -> None:
    call = ask(input="Hello", instructions="x")
    assert [loss.path for loss in call.losses] == ["input"]
    assert call.responses_request["input"] == [{"type": "message", "role": "user", "content": "Hi"}]


def test_what_the_client_did_not_send_is_not_sent_upstream() -> None:
    assert ask().responses_request == {
        "model": "some-model",
        "input": [{"type": "message", "role": "user", "content": "Hi"}],
        "store": False,  # what chat means by saying nothing
    }


def test_a_function_is_not_strict_unless_it_says_so() -> None:
    tools = [{"type": "function", "function": FUNCTION}, {"type": "function", "function": {**FUNCTION, "strict": True}}]
    assert [tool["strict"] for tool in ask(tools=tools).responses_request["tools"]] == [False, True]


@pytest.mark.parametrize(
    ("when", "request_fields", "asked"),
    [
        ("when_thinking", {}, False),
        ("when_thinking", {"reasoning_effort": "low"}, True),
        ("when_thinking", {"reasoning_effort": "none"}, False),
        ("always", {}, True),
        ("never", {"reasoning_effort": "low"}, False),
    ],
)
def test_sealed_reasoning_is_asked_for_as_the_options_say(when: Any, request_fields: Any, asked: bool) -> None:
    options = chat_over_responses.ReplyOptions(sealed_reasoning=when)
    call = chat_over_responses.translate_request({**EXAMPLES_BASE, **request_fields}, options=options)
    assert ("reasoning.encrypted_content" in call.responses_request.get("include", ())) is asked


EXAMPLES_BASE = {"model": "some-model", "messages": EXAMPLES["messages"]}

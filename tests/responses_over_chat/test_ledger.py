"""Law 6: every request field is accounted for, and what the ledger says is what happens."""

from __future__ import annotations

from typing import Any

import pytest

from translator import Unsupported, responses_over_chat
from translator.responses_over_chat.ledger import LEDGER
from translator.wire import responses

EXAMPLES: dict[str, Any] = {
    "model": "some-model",
    "input": "Hello",
    "instructions": "Be brief.",
    "stream": True,
    "stream_options": {"include_obfuscation": True},
    "store": True,
    "previous_response_id": "resp_1",
    "conversation": "conv_1",
    "metadata": {"purpose": "test"},
    "max_output_tokens": 77,
    "max_tool_calls": 3,
    "temperature": 0.25,
    "top_p": 0.75,
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "top_logprobs": 4,
    "user": "user-1",
    "safety_identifier": "safe-1",
    "prompt_cache_key": "key-1",
    "prompt_cache_retention": "24h",
    "service_tier": "flex",
    "reasoning": {"effort": "low"},
    "text": {"format": {"type": "json_object"}},
    "tools": [{"type": "function", "name": "look_up"}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "truncation": "disabled",
    "include": ["message.output_text.logprobs"],
    "background": True,
    "prompt": {"id": "pmpt_1"},
    "client_metadata": {"session": "s"},
}

FOLLOWS: dict[str, dict[str, Any]] = {
    "tool_choice": {"tools": EXAMPLES["tools"]},
    "parallel_tool_calls": {"tools": EXAMPLES["tools"]},
}
"""What must be there for the field to mean something."""


def ask(**fields: Any) -> responses_over_chat.Translation:
    return responses_over_chat.translate_request({"model": "some-model", "input": "Hi", "store": False, **fields})


def test_every_field_of_the_wire_model_is_in_the_ledger_and_no_other() -> None:
    assert list(LEDGER) == list(responses.Request.__annotations__)
    assert list(LEDGER) == list(EXAMPLES)


@pytest.mark.parametrize("name", LEDGER)
def test_a_field_meets_the_fate_its_entry_tells(name: str) -> None:
    entry, value = LEDGER[name], EXAMPLES[name]
    if entry.fate == "kept":
        return  # which takes one who keeps: below
    given = {**FOLLOWS.get(name, {}), name: value}
    if entry.fate == "refused":
        with pytest.raises(Unsupported) as caught:
            ask(**given)
        assert caught.value.param == name
        assert caught.value.status == 400
        return
    call = ask(**given)
    match entry.fate:
        case "carried":
            assert call.chat_request[name] == value
        case "mapped":
            assert entry.chat in call.chat_request
            if name not in ("model", "input"):
                assert call.chat_request != ask(**FOLLOWS.get(name, {})).chat_request
        case "echoed":
            assert entry.chat is None
            assert name not in call.chat_request
            assert call.stream(response_id="resp_1").response[name] == value
        case "applied":
            assert name not in call.chat_request
        case "reported":
            assert any(loss.path.startswith(name) for loss in call.losses)
            assert name not in call.chat_request


@pytest.mark.parametrize("name", [name for name, entry in LEDGER.items() if "Also echoed" in entry.why])
def test_a_field_that_is_also_echoed_stands_in_the_response(name: str) -> None:
    assert ask(**{name: EXAMPLES[name]}).stream(response_id="resp_1").response[name] == EXAMPLES[name]


def test_a_field_nobody_knows_is_passed_through() -> None:
    assert ask(top_k=40, min_p=None).chat_request["top_k"] == 40
    assert "min_p" not in ask(min_p=None).chat_request


def test_what_the_client_did_not_send_is_not_sent_upstream() -> None:
    assert ask(input="Hello").chat_request == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "Hello"}],
    }


@pytest.mark.parametrize("name", ["previous_response_id", "conversation"])
def test_what_a_field_stands_for_is_taken_as_history_and_missed_without(name: str) -> None:
    with pytest.raises(Unsupported) as caught:
        ask(**{name: EXAMPLES[name]})
    assert caught.value.param == name
    past = [{"role": "user", "content": "Before"}, {"role": "assistant", "content": "Indeed."}]
    call = responses_over_chat.translate_request(
        {"model": "some-model", "input": "Hi", "store": False, name: EXAMPLES[name]}, history=past
    )
    assert [message["content"] for message in call.chat_request["messages"]] == ["Before", "Indeed.", "Hi"]


def test_who_keeps_responses_says_so_and_the_response_says_it_too() -> None:
    call = responses_over_chat.translate_request({"model": "m", "input": "Hello"}, stored=True)
    assert not call.losses
    assert call.stream(response_id="resp_1").response["store"] is True


@pytest.mark.parametrize(("said", "lost"), [({}, []), ({"store": False}, []), ({"store": True}, ["store"])])
def test_storing_is_reported_as_a_loss_where_it_is_asked_for_and_never_done(
    said: dict[str, Any], lost: list[str]
) -> None:
    call = responses_over_chat.translate_request({"model": "m", "input": "Hello", **said})
    assert [loss.path for loss in call.losses] == lost
    assert call.stream(response_id="resp_1").response["store"] is False
